"""Rank of a card in a column: base-62 fractional index, compared bytewise, so that one move writes one row.

A rank is a fraction in base 62 without its "0.": digits 0–9 A–Z a–z in ASCII order, never ending in the
lowest digit (so something always fits in front). Appending and prepending go by a fixed step and keep ranks
short; inserting takes the middle and grows by about a digit in six at one spot.
Source: kanban.md §6; the midpoint method of rocicorp/fractional-indexing.
"""

from __future__ import annotations

import re

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REBALANCE_LENGTH = 24

_BASE = len(DIGITS)
_WIDTH = 5
_STEP = _BASE**2
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_RANK = re.compile(r"[0-9A-Za-z]*[1-9A-Za-z]")


def is_rank(text: str) -> bool:
    """Return whether ``text`` is a rank: base-62 digits, at least one, the last not 0."""
    return _RANK.fullmatch(text) is not None


def between(before: str | None, after: str | None) -> str:
    """Return a rank strictly between two neighbours; None is an open end.

    Raises:
        ValueError: a neighbour is not a rank, or they are not in order.
    """
    for rank in (before, after):
        if rank is not None and not is_rank(rank):
            raise ValueError(f"not a rank: {rank!r}")
    if before is not None and after is not None:
        if before >= after:
            raise ValueError(f"not in order: {before!r}, {after!r}")
        return _middle(before, after)
    if before is not None:
        return _stepped(before, _STEP) or _middle(before, None)
    if after is not None:
        return _stepped(after, -_STEP) or _middle("", after)
    return DIGITS[_BASE // 2]


def spread(count: int) -> list[str]:
    """Return ``count`` short ranks in order, evenly apart: what a column is rebalanced to."""
    width = 1
    while _BASE**width <= count * _BASE:
        width += 1
    room = _BASE**width
    return [_written((index + 1) * room // (count + 1), width) for index in range(count)]


def needs_rebalance(rank: str) -> bool:
    """Return whether a rank has grown so long that its column should be spread again."""
    return len(rank) > REBALANCE_LENGTH


def _written(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, _BASE)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits)).rstrip("0")


def _stepped(rank: str, step: int) -> str:
    """Return the rank one step up or down from the first digits of ``rank``, "" where the room ends."""
    value = 0
    for digit in rank[:_WIDTH].ljust(_WIDTH, "0"):
        value = value * _BASE + _VALUE[digit]
    value += step
    return _written(value, _WIDTH) if 0 < value < _BASE**_WIDTH else ""


def _middle(low: str, high: str | None) -> str:
    """Return the shortest rank about half way between ``low`` ("" is 0) and ``high`` (None is 1)."""
    prefix: list[str] = []
    position = 0
    while True:
        floor = _VALUE[low[position]] if position < len(low) else 0
        ceiling = _BASE if high is None else _VALUE[high[position]]
        if ceiling - floor > 1:
            return "".join(prefix) + DIGITS[(floor + ceiling) // 2]
        if ceiling - floor == 1:
            if high is not None and position + 1 < len(high):
                return "".join(prefix) + DIGITS[ceiling]
            high = None
        prefix.append(DIGITS[floor])
        position += 1
