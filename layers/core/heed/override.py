"""Marks a method that implements one of a port. Python has `typing.override` only from 3.12 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method):  # noqa: ANN001, ANN201, D103 - see above
        return method


__all__ = ["override"]
