"""Entry points: HTTP requests, queue messages, stream records and the command line."""
