"""Double opt-in: from the form to the confirmed yes, and what happens after it."""
