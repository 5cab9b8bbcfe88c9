"""Stops the garbage collector during the cold start. Each function imports this module first.

A cold start creates about a hundred thousand objects that live as long as the process. The collector would
scan them repeatedly and free nothing, which takes a tenth of the cold start. The first request starts the
collector again (`heed.entrypoints.observability.observed`).
"""

from __future__ import annotations

import gc

gc.disable()


def finish_cold_start() -> None:
    """Starts the garbage collector again.

    The collector ignores all objects that exist now, since they live as long as the process. A second call
    changes nothing.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
