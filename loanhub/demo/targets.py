"""Targets of this month and the two before: what each person usually disburses, a little more, added up by team."""

from __future__ import annotations

from datetime import datetime, timedelta

from loanhub.domain import formats
from loanhub.services import targets
from loanhub.services._actor import Actor
from loanhub.services.cockpit import keeper

STRETCH_PERCENT = 112
STEP_WAN = 5


def build(manager: Actor, *, now: datetime) -> int:
    """Set targets of disbursement for people, teams and the company; return how many."""
    book = keeper().of(manager)
    today = formats.local(now).date()
    first = today.replace(day=1)
    months = [first]
    for _ in range(2):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    spans = max(1, book.loans["disbursed"].drop_nulls().dt.truncate("1mo").n_unique())
    lent: dict[int, int] = {}
    for owner, fen in book.loans.select("owner", "principal_fen").drop_nulls().iter_rows():
        lent[owner] = lent.get(owner, 0) + fen
    done = 0
    for month in months:
        text = f"{month:%Y-%m}"
        rows = targets.sheet(manager, month=text, measure="disbursed_amount").rows
        whole, team = 0, 0
        by_team: dict[int, int] = {}
        for row in rows:
            if row.level == "department":
                team = row.subject_id
            elif row.level == "user":
                usual = lent.get(row.subject_id, 0) * STRETCH_PERCENT // 100 // spans // 1_000_000
                wan = max(STEP_WAN, -(-usual // STEP_WAN) * STEP_WAN)
                by_team[team] = by_team.get(team, 0) + wan
                whole += wan
                _set(manager, text, "user", row.subject_id, wan, now)
                done += 1
        for department, wan in by_team.items():
            _set(manager, text, "department", department, wan, now)
            done += 1
        _set(manager, text, "company", 0, whole, now)
        done += 1
    return done


def _set(manager: Actor, month: str, level: str, subject_id: int, wan: int, now: datetime) -> None:
    targets.set_target(
        manager, month=month, measure="disbursed_amount", level=level, subject_id=subject_id, text=str(wan),
        expected_version=0, now=now,
    )  # fmt: skip
