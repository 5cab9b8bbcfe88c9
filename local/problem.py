"""What stops the local stack from running, in words for the person who started it."""

from __future__ import annotations


class LocalProblem(Exception):
    """Something is missing or in the way: what it is, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
