"""Mail that people and programs send to Heed: what it is, whose request it is, and what it requests."""
