"""Who a recipient is: one spelling for each mailbox, and the id that is derived from it."""
