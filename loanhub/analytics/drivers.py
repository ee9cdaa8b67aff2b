"""What moved a number 归因: the change taken apart by one dimension, so that the parts add up to it exactly.

Source: docs/algorithms/drivers.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from loanhub.analytics.measures import Group, How

Key = tuple[object, ...]


@dataclass(frozen=True)
class Driver:
    """What one group added to the change; of a rate, how much by its own rate and how much by its weight."""

    key: Key
    total: Fraction
    by_rate: Fraction
    by_weight: Fraction


def drivers(now: Sequence[Group], then: Sequence[Group], how: How) -> list[Driver]:
    """Return what each group added to the change of a sum or a share, the largest first in either direction.

    A sum changes by the sum of its groups' changes. For a share R = Σnᵢ / Σdᵢ with weights wᵢ = dᵢ / Σd and rates
    rᵢ = nᵢ / dᵢ, group i adds (rᵢ′ − rᵢ)(wᵢ′ + wᵢ)/2 by its rate and (wᵢ′ − wᵢ)((rᵢ′ + rᵢ)/2 − (R′ + R)/2) by its
    weight; these sum to R′ − R exactly. A group without records in one period takes the rate of the other.
    Empty when a share is undefined in either period.
    """
    before, after = {one.keys: one for one in then}, {one.keys: one for one in now}
    keys = list(dict.fromkeys([*after, *before]))
    found = _of_share(keys, before, after) if how is How.SHARE else _of_sum(keys, before, after)
    return sorted(found, key=lambda one: (-abs(one.total), [str(part) for part in one.key]))


def _of_sum(keys: Sequence[Key], before: Mapping[Key, Group], after: Mapping[Key, Group]) -> list[Driver]:
    zero = Fraction(0)
    return [
        Driver(
            key,
            Fraction((after[key].total if key in after else 0) - (before[key].total if key in before else 0)),
            zero,
            zero,
        )
        for key in keys
    ]


def _of_share(keys: Sequence[Key], before: Mapping[Key, Group], after: Mapping[Key, Group]) -> list[Driver]:
    whole_before = sum(one.base or 0 for one in before.values())
    whole_after = sum(one.base or 0 for one in after.values())
    if not whole_before or not whole_after:
        return []
    rate_before = Fraction(sum(one.total for one in before.values()), whole_before)
    rate_after = Fraction(sum(one.total for one in after.values()), whole_after)
    level = (rate_before + rate_after) / 2
    found = []
    for key in keys:
        old, new = before.get(key), after.get(key)
        old_base, new_base = (old.base or 0) if old else 0, (new.base or 0) if new else 0
        if not old_base and not new_base:
            continue
        old_rate = Fraction(old.total, old_base) if old and old_base else None
        new_rate = Fraction(new.total, new_base) if new and new_base else None
        first, second = (
            (old_rate if old_rate is not None else new_rate),
            (new_rate if new_rate is not None else old_rate),
        )
        assert first is not None and second is not None
        w0, w1 = Fraction(old_base, whole_before), Fraction(new_base, whole_after)
        by_rate = (second - first) * (w1 + w0) / 2
        by_weight = (w1 - w0) * ((second + first) / 2 - level)
        found.append(Driver(key, by_rate + by_weight, by_rate, by_weight))
    return found


def main_drivers(found: Sequence[Driver], change: Fraction, *, least: Fraction, most: int) -> list[Driver]:
    """Return the fewest groups, ``most`` at the most, that together made at least the share ``least`` of the change.

    The largest first, all in the direction the number went; empty when even ``most`` of them did not make that much.
    """
    same = sorted(
        (one for one in found if change and one.total and (one.total > 0) == (change > 0)),
        key=lambda one: -abs(one.total),
    )
    made = Fraction(0)
    for count, one in enumerate(same[:most], start=1):
        made += one.total
        if abs(made) >= abs(change) * least:
            return same[:count]
    return []


def is_general(found: Sequence[Driver], change: Fraction, *, least: Fraction) -> bool:
    """Return whether at least the share ``least`` of the groups that moved it moved it the way it went."""
    moved = [one for one in found if one.total]
    same = [one for one in moved if change and (one.total > 0) == (change > 0)]
    return bool(moved) and len(same) >= least * len(moved)
