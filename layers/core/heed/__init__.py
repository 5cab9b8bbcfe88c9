"""Heed handles unsubscribes and e-mail preferences. It stores no e-mail address to do so.

domain/       the rules: pure, no AWS, no clock, no I/O
use_cases/    a file for each use case, or for a few of one topic, and the ports that they need
codec/        the format in which the domain is stored
adapters/     implementations of the ports; the only package that calls AWS
entrypoints/  where requests arrive: HTTP, queues, streams, the command `heed`
config        reads every environment variable, in one place
bootstrap     decides which adapter implements which port
"""
