"""How often Python's garbage collector looks through the process 垃圾回收: rarely, for almost all of ours is freed without it."""

from __future__ import annotations

import gc

YOUNG = 50_000
"""New objects between two looks at the young ones. At the usual 700 a list of 100,000 rows, all of them still needed, had the
collector at work for 7 to 10 % of its import (docs/performance.md)."""
MIDDLE, OLD = 20, 50
"""How many looks at the young ones come before one at the middle ones, and of those before one at all."""


def spare() -> None:
    """Take what there is out of the collector's rounds for good, and let it look less often at what comes.

    For a process that has imported its modules and goes on for long. A full round of an idle server looked at 630,000
    objects for 0.3 s, and nobody was answered meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
