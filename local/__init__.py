"""The local stack: the whole of template.yaml on this machine. Never deployed."""
