"""Lanes of a board 泳道: the same columns once for each person, product or channel.

A lane groups cards, nothing more: dropping a card into another lane would have to change what the lane stands for,
and a board changes stages only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access
from loanhub.models import Product
from loanhub.repositories import board_lanes as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services.boards.entities._entity import CardEntity, LaneBy, owner_facts, sum_text

NOBODY, REST = "-", "~"
"""The lane of cards without a value, and that of the many small ones together."""
LANES_SHOWN = 20
CARDS_PER_COLUMN = 40
"""With lanes, a column shows about so many cards at first, shared out among them."""


@dataclass(frozen=True)
class Lanes:
    """The lanes of a board as they stand now.

    ``shown`` are what the page draws (key, label, count, count_text, amount_text, why), ``counts`` the cards by
    column and lane, ``element`` the SQL expression of a card's lane.
    """

    by: LaneBy
    column: str
    element: Any
    shown: list[dict[str, Any]]
    counts: dict[str, dict[str, int]]
    kept: frozenset[str]

    @property
    def limit(self) -> int:
        """Return how many cards each lane of a column shows at first."""
        return max(2, CARDS_PER_COLUMN // max(1, len(self.shown)))

    def value_of(self, key: str) -> str:
        """Return what :attr:`element` holds for the cards of a lane."""
        return "" if key == NOBODY else key

    def key_of(self, row: Any) -> str:
        """Return the lane a record stands in."""
        key = _text(getattr(row, self.column))
        return key if key in self.kept else REST


def offered(db: Session, actor: Actor, kind: CardEntity) -> list[LaneBy]:
    """Return the lanes this reader may choose: those whose field may be read."""
    known, rights = catalogue.current(db), catalogue.rights_of(actor)
    return [
        by
        for by in kind.lanes
        if actor.is_system or access(known.get(kind.code, by.key), rights) >= Access.READ
    ]


def lanes_of(
    db: Session,
    actor: Actor,
    kind: CardEntity,
    code: str,
    condition: sa.ColumnElement[bool],
    *,
    now: datetime,
) -> Lanes | None:
    """Return the lanes of the cards under ``condition``; None when no such lanes are offered."""
    by = next((one for one in offered(db, actor, kind) if one.code == code), None)
    if by is None:
        return None
    name = catalogue.current(db).get(kind.code, by.key).column
    column = getattr(kind.model, name)
    figures = repository.lane_figures(db, kind.model, kind.stage_code(), column, kind.amount(), condition)
    whole: dict[str, list[int]] = {}
    for value, _, count, amount in figures:
        one = whole.setdefault(_text(value), [0, 0])
        one[0] += count
        one[1] += amount
    labels = _labels(db, kind, by, [value for value, *_ in figures])
    keys = sorted(whole, key=lambda key: (key == NOBODY, -whole[key][0], labels.get(key, key)))
    kept, rest = keys[:LANES_SHOWN], keys[LANES_SHOWN:]
    shown = [_lane(by, key, labels.get(key, key), *whole[key], kind=kind) for key in kept]
    if rest:
        count, amount = (sum(whole[key][place] for key in rest) for place in (0, 1))
        shown.append(_lane(by, REST, f"其余 {len(rest)} 组", count, amount, kind=kind))
    counts: dict[str, dict[str, int]] = {}
    for value, stage, count, _ in figures:
        cells, key = counts.setdefault(stage, {}), _text(value)
        key = key if key in kept else REST
        cells[key] = cells.get(key, 0) + count
    values = [value for value, *_ in figures if value not in (None, "") and _text(value) in rest]
    element: Any = sa.func.coalesce(sa.cast(column, sa.String), "")
    if values:
        element = sa.case((column.in_(values), REST), else_=element)
    return Lanes(by, name, element, shown, counts, frozenset(kept))


def _lane(by: LaneBy, key: str, label: str, count: int, amount: int, *, kind: CardEntity) -> dict[str, Any]:
    return {
        "key": key,
        "label": label,
        "count": count,
        "count_text": formats.count(count),
        "amount_text": "" if kind.code == "task" else sum_text(amount),
        "why": by.why,
    }


def _labels(db: Session, kind: CardEntity, by: LaneBy, values: Sequence[Any]) -> dict[str, str]:
    options = catalogue.current(db).get(kind.code, by.key).options(catalogue.sources(db))
    labels = {str(code): label for code, label in options} | {NOBODY: by.nobody}
    if by.code == "owner":
        labels |= {str(key): name for key, name in owner_facts(db, values).items()}
    if by.code == "product":
        labels = {key: _with_lender(label, lender) for key, label, lender in _lenders(db)} | {
            NOBODY: by.nobody
        }
    return labels


def _lenders(db: Session) -> list[tuple[str, str, str]]:
    query = sa.select(col(Product.code), col(Product.label), col(Product.lender)).order_by(
        col(Product.revision)
    )
    return [(str(code), str(label), str(lender)) for code, label, lender in db.execute(query).all()]


def _with_lender(label: str, lender: str) -> str:
    return f"{label} · {lender}" if lender else label


def _text(value: Any) -> str:
    text = "" if value is None else str(getattr(value, "value", value))
    return text or NOBODY
