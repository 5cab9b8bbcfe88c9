"""What a person may choose, what is on record of it, and what follows: may this be sent?"""
