"""Mail that people and programs send to Heed: what it is, and whose request it is."""
