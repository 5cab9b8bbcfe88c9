"""The local stack: runs the whole template.yaml on this machine. It is never deployed."""
