"""The identity of a recipient: one spelling of each mailbox, and the id computed from it."""
