"""The rules of 查重 in force, read once a transaction."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.domain.duplicates import Rules
from loanhub.services import parameters


def rules_of(db: Session, *, now: datetime) -> Rules:
    """Return the rules in force at ``now``."""
    kept: Rules | None = db.info.get("duplicate_rules")
    if kept is None:
        kept = db.info["duplicate_rules"] = Rules.parse(parameters.get(db, "duplicates", now=now))
    return kept
