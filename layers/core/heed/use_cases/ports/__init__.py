"""The ports: what the use cases need from outside, as protocols that the adapters implement."""
