"""In which order the workbench shows what waits for a person 工作台排序: one rule, by urgency, then by value.

1. Where a line stands (:class:`Band`): a first contact that is over; a promise (a call, a visit, an answer somebody was
   told to expect) that is over; anything else over; what is near its deadline; today; later; without a deadline.
2. In a band the hotter lead first, then the larger amount in steps of ten thousand yuan, then the earlier deadline:
   among what is equally urgent a rep earns most by the warm and large ones, and a difference of a few yuan means nothing.
3. Priority set by a person moves a line within its band, never out of it: a high one comes before all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from loanhub.domain.leads import Temperature

AMOUNT_STEP_FEN = 1_000_000
"""Amounts are compared in steps of ten thousand yuan 万."""
_WARMTH = {Temperature.HIGH.value: 0, Temperature.WATCH.value: 1, Temperature.INVALID.value: 3}
"""Hotter is smaller; what nobody has marked lies between 观望 and 无效."""
_UNKNOWN = 2
PROMISED = frozenset({"follow", "visit", "returned"})
"""Kinds of line somebody outside waits for."""


class Band(IntEnum):
    """How urgent a line is; smaller is more urgent."""

    FIRST_OVER = 0
    PROMISE_OVER = 1
    OVER = 2
    NEAR = 3
    TODAY = 4
    LATER = 5
    OPEN = 6


@dataclass(frozen=True, slots=True)
class Weight:
    """What the order asks of a line; ``state`` is '' in time, 'w' near, 'o' over, in the time that counts for it."""

    kind: str
    state: str
    due_at: datetime | None
    amount_fen: int = 0
    temperature: str = ""
    priority: int = 2


def band(line: Weight, *, tonight: datetime) -> Band:
    """Return how urgent a line is; ``tonight`` is when this day ends in Shanghai."""
    if line.due_at is None:
        return Band.OPEN
    if line.state == "o":
        if line.kind == "first":
            return Band.FIRST_OVER
        return Band.PROMISE_OVER if line.kind in PROMISED else Band.OVER
    if line.state == "w":
        return Band.NEAR
    return Band.TODAY if line.due_at < tonight else Band.LATER


def order(line: Weight, *, tonight: datetime) -> tuple[int, int, int, int, float]:
    """Return the sort key of a line; smaller comes first."""
    return (
        band(line, tonight=tonight).value,
        0 if line.priority == 1 else 1 if line.priority == 2 else 2,
        _WARMTH.get(line.temperature, _UNKNOWN),
        -(line.amount_fen // AMOUNT_STEP_FEN),
        line.due_at.timestamp() if line.due_at is not None else 0.0,
    )
