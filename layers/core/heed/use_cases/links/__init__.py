"""Creates links, and opts people out by them."""
