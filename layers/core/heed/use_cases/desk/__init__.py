"""The use cases of the desk alone: the sign-in, and what an agent records and takes back."""
