"""The use cases of the desk that no other entry point has."""
