"""The type of an instant. A duration stays an `int`, so that the two are not mixed up."""

from __future__ import annotations

from typing import NewType

Millis = NewType("Millis", int)
"""An instant: milliseconds in UTC since 1970-01-01T00:00:00Z."""
