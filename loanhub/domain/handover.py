"""Dividing a leaver's work 离职交接: who of several receivers gets which record.

What belongs together stays together when records follow their customer; the rest is divided so that every record goes
to exactly one receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from loanhub.domain.choice import Choice


class Split(Choice):
    """How the records of a kind are divided 分法."""

    FOLLOW = "follow", "跟着客户走"
    COUNT = "count", "按数量平分"
    AMOUNT = "amount", "按金额平分"
    CITY = "city", "同一城市归一人"
    DEPARTMENT = "department", "留在原部门"
    KEEP = "keep", "不交接"


@dataclass(frozen=True, slots=True)
class Item:
    """A record to be handed over; ``party`` names whom it belongs to, ``customer:7``, '' for nobody."""

    id: int
    amount_fen: int = 0
    city: str = ""
    department_id: int | None = None
    party: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who takes over."""

    id: int
    department_id: int | None = None


def divide(
    items: Sequence[Item],
    receivers: Sequence[Receiver],
    split: Split,
    *,
    followed: Mapping[str, int] | None = None,
) -> dict[int, int]:
    """Return the receiver of each item, {item id: receiver id}; every item has one, unless the split is ``KEEP``.

    COUNT: in turn, so that counts differ by one at most. AMOUNT: the largest first, each to the one with the least in
    fen so far. CITY: a city as a whole, the largest first, to the one with the fewest. DEPARTMENT: to receivers of the
    record's own department in turn, to all where there is none. FOLLOW: to whoever takes the party over, ``followed``;
    the rest in turn. Ties go to the receiver named first, so the same question has the same answer.
    """
    if split is Split.KEEP or not receivers:
        return {}
    ordered = sorted(items, key=lambda one: one.id)
    if split is Split.FOLLOW:
        known = followed or {}
        found = {one.id: known[one.party] for one in ordered if one.party in known}
        rest = [one for one in ordered if one.id not in found]
        return found | divide(rest, receivers, Split.COUNT)
    if split is Split.AMOUNT:
        by_amount = sorted(ordered, key=lambda one: (-one.amount_fen, one.id))
        return _spread([[one] for one in by_amount], receivers, lambda one: one.amount_fen)
    if split is Split.CITY:
        cities: dict[str, list[Item]] = {}
        for one in ordered:
            cities.setdefault(one.city, []).append(one)
        return _spread(sorted(cities.values(), key=lambda group: -len(group)), receivers, lambda _: 1)
    if split is Split.DEPARTMENT:
        homes = {one.department_id for one in receivers}
        found = {}
        for home in sorted({one.department_id for one in ordered}, key=lambda key: key or 0):
            near = [one for one in receivers if one.department_id == home] if home in homes else receivers
            found |= divide([one for one in ordered if one.department_id == home], near, Split.COUNT)
        return found
    return {one.id: receivers[place % len(receivers)].id for place, one in enumerate(ordered)}


def _spread(
    groups: Sequence[Sequence[Item]], receivers: Sequence[Receiver], weight: Callable[[Item], int]
) -> dict[int, int]:
    loads = {one.id: (0, 0) for one in receivers}
    found: dict[int, int] = {}
    for group in groups:
        least = min(receivers, key=lambda one: loads[one.id])
        total, number = loads[least.id]
        loads[least.id] = (total + sum(weight(one) for one in group), number + len(group))
        found |= {one.id: least.id for one in group}
    return found
