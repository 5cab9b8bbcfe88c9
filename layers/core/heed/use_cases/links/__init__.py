"""Making links, and opting out by them."""
