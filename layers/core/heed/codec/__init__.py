"""Items of the table `Preferences` as values of the domain, and back: for the adapters and for its stream."""
