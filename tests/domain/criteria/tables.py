"""Tables for the records of :mod:`tests.domain.criteria.cases`, with the column types of the real models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Session

from loanhub.models._columns import ExactDecimal, JsonType, UtcDateTime
from tests.domain.criteria.cases import CATALOGUE, PLAIN


class Base(DeclarativeBase):
    """Kept apart from the models' own metadata."""


class Thing(Base):
    """A record with a column of every kind."""

    __tablename__ = "test_thing"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String(200), nullable=False)
    amount_fen = sa.Column(sa.BigInteger)
    count = sa.Column(sa.Integer)
    share_rate = sa.Column(ExactDecimal)
    due_date = sa.Column(sa.Date)
    seen_at = sa.Column(UtcDateTime)
    state = sa.Column(sa.String(20), nullable=False)
    tags = sa.Column(JsonType, nullable=False)
    open = sa.Column(sa.Boolean)
    owner_id = sa.Column(sa.Integer)
    department_id = sa.Column(sa.Integer)
    city = sa.Column(sa.String(60), nullable=False)
    grade = sa.Column(sa.Integer)
    custom = sa.Column(JsonType, nullable=False)


class Part(Base):
    """A related record."""

    __tablename__ = "test_part"
    id = sa.Column(sa.Integer, primary_key=True)
    thing_id = sa.Column(sa.Integer, sa.ForeignKey("test_thing.id"), index=True)
    period = sa.Column(sa.Integer)
    paid_fen = sa.Column(sa.BigInteger)
    due_date = sa.Column(sa.Date)
    state = sa.Column(sa.String(20), nullable=False)
    custom = sa.Column(JsonType, nullable=False)


MODELS = {"thing": Thing, "part": Part}


def store(db: Session, records: Iterable[dict[str, Any]]) -> None:
    """Add the records with the ids 1, 2, 3 …"""
    part_id = 0
    for thing_id, record in enumerate(records, start=1):
        custom = {}
        for key, kind in PLAIN:
            value = record[f"my_{key}"]
            # A key that was never filled in is absent; one that was emptied is null.
            if value is not None or thing_id % 2:
                custom[f"my_{key}"] = CATALOGUE.get("thing", f"my_{key}").kind_object.to_json(value)
            assert kind
        db.add(Thing(id=thing_id, custom=custom, **{key: record[key] for key, _ in PLAIN}))
        db.flush()
        for part in record["parts"]:
            part_id += 1
            own = {key: value for key, value in part.items() if key != "note"}
            db.add(Part(id=part_id, thing_id=thing_id, custom={"note": part["note"]}, **own))
    db.flush()
