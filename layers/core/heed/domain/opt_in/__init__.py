"""Double opt-in: the confirmation mail, the caps on it, and what a confirmation means."""
