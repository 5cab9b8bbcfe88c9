"""Heed: keeps a company's word about e-mail, and keeps no e-mail address to do it.

domain/    the rules: pure, no AWS, no clock, no I/O
actions/   one use case a file: rules and ports
adapters/  what serves the ports; alone imports boto3
edge/      what the Lambda border shares: HTTP, API keys, logs, problems, pages
cli/       the `heed` command
settings   every environment variable, read in one place
wiring     which adapter serves which port
"""
