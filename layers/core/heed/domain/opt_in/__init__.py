"""Double opt-in: the confirmation mail, its caps, and the meaning of a confirmation."""
