"""The decorator `override`, which marks a method that implements a method of a port.

Python provides `typing.override` from version 3.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method):  # noqa: ANN001, ANN201, D103 - the module's docstring describes it
        return method


__all__ = ["override"]
