"""The ports: protocols for all that the use cases need from outside. The adapters implement them."""
