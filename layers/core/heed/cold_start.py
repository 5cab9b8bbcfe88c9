"""What each function imports first: while it starts, the garbage collector rests.

Starting makes a hundred thousand objects that live as long as the process. The collector would walk
them again and again and find nothing: a tenth of the start. The first request ends the rest, whichever
function it comes to (`heed.entrypoints.observability.observed`).
"""

from __future__ import annotations

import gc

gc.disable()


def finish_cold_start() -> None:
    """What was made so far is for good, and never walked again; the collector goes on from here.

    It does so once: a second call changes nothing.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
