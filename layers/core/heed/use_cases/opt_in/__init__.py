"""Double opt-in: from the request in the form to the confirmed opt-in, and the steps after it."""
