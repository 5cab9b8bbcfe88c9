"""Mail through SES, the events that SES sends, and its suppression list."""
