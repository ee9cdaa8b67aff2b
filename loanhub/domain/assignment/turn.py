"""Whose turn it is 轮流: a fair sequence by weights that never strays a whole lead from anybody's share.

Source: R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32 (1980): with fixed weights every
prefix of the sequence holds each person within 1 − 1/(2n − 2) of the exact share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import lcm

_FINEST = 10**9


@dataclass(slots=True)
class _Round:
    """Leads given out in turn to the same people, all of one weight; ``order`` holds (owed at the start less taken, negated; place)."""

    people: tuple[int, ...]
    order: list[tuple[int, int]]
    unit: int
    steps: int = 0


@dataclass(slots=True)
class Turn:
    """What each person of a rule is owed, in ``1/scale`` leads, and how many leads the rule has given out.

    Somebody who may not take a lead now (on leave, full) is owed nothing for it: no flood on the day of return.
    """

    scale: int = 1
    owed: dict[int, int] = field(default_factory=dict)
    drawn: int = 0
    _round: _Round | None = field(default=None, repr=False, compare=False)

    def take_evenly(self, people: tuple[int, ...]) -> int:
        """Return the person whose turn it is where all weigh the same: as :meth:`take`, without asking each of them.

        Credited alike, they keep their order among themselves; only the one who takes the lead goes back.
        """
        if len(people) == 1:
            return self.take([(people[0], 1)])
        if self._round is None or self._round.people != people:
            self._settle()
            unit = self._rescale(len(people))
            order = [(-self.owed.get(person, 0), place) for place, person in enumerate(people)]
            heapify(order)
            self._round = _Round(people, order, unit)
        self.drawn += 1
        self._round.steps += 1
        behind, place = self._round.order[0]
        heapreplace(self._round.order, (behind + self.scale, place))
        return people[place]

    def _settle(self) -> None:
        """Write down what everybody of an even round is owed by now."""
        going, self._round = self._round, None
        if going is not None:
            for behind, place in going.order:
                self.owed[going.people[place]] = going.steps * going.unit - behind

    def take(self, weights: Sequence[tuple[int, int]]) -> int:
        """Return the person whose turn it is and count the lead; ``weights`` are (id, weight ≥ 1), never empty.

        Everybody is credited the own share of one lead; of those credited enough, the one who must be served
        soonest takes it. Ties go to the first in the list.
        """
        self._settle()
        total = sum(weight for _, weight in weights)
        unit = self._rescale(total)
        scale, owed = self.scale, self.owed
        self.drawn += 1
        n = len(weights)
        if n == 1:
            return weights[0][0]
        spread = 2 * n - 2
        chosen, best, richest, most = 0, None, 0, None
        for person, weight in weights:
            held = owed.get(person, 0) + weight * unit
            owed[person] = held
            if most is None or held > most:
                richest, most = person, held
            if held * spread >= scale:
                # Steps until the share would be overrun, times the weights' common denominator.
                room = (spread - 1) * scale - spread * held
                if best is None or room * best[1] < best[0] * weight:
                    chosen, best = person, (room, weight)
        person = chosen if best is not None else richest
        owed[person] -= scale
        return person

    def _rescale(self, total: int) -> int:
        """Express what is owed in a unit in which one share of ``total`` is whole; return that share."""
        if self.scale % total:
            finer = lcm(self.scale, total)
            if finer > _FINEST:
                finer = total * max(1, 10**6 // total)
            self.owed = {one: held * finer // self.scale for one, held in self.owed.items() if held}
            self.scale = finer
        return self.scale // total

    def as_json(self) -> dict[str, object]:
        """Return the document to be stored."""
        self._settle()
        owed = {str(one): held for one, held in self.owed.items() if held}
        return {"scale": self.scale, "owed": owed, "drawn": self.drawn}

    @classmethod
    def of_json(cls, raw: Mapping[str, object]) -> Turn:
        """Return what was stored; an empty document is a fresh start."""
        owed = raw.get("owed")
        held = owed.items() if isinstance(owed, Mapping) else ()
        return cls(
            scale=max(1, int(str(raw.get("scale", 1)))),
            owed={int(one): int(number) for one, number in held},
            drawn=int(str(raw.get("drawn", 0))),
        )
