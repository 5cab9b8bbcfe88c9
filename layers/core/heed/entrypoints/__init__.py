"""Where requests, messages and commands come in: HTTP, queues, streams and the command line."""
