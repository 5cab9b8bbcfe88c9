"""Heed: keeps a company's word about e-mail, and keeps no e-mail address to do it.

domain/       the rules: pure, no AWS, no clock, no I/O
use_cases/    one use case a file, and the ports that they need
adapters/     what implements the ports; alone imports boto3
entrypoints/  where requests come in: HTTP, queues, streams, the command `heed`
config        every environment variable, read in one place
bootstrap     which adapter implements which port
"""
