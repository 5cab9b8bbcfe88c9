"""Links to the pages: their tokens, and the changes that a press of a link may make."""
