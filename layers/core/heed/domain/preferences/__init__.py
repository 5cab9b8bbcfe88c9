"""The choices that a person has, the record of them, and the decision: may this mail be sent?"""
