"""Use cases: each file says what happens, in the words of the domain and its ports."""
