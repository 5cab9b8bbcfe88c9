"""Links to the pages: what a token says, and what a press of a link may change."""
