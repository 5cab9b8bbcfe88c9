"""Use cases about cases: mails about which a person has to decide."""
