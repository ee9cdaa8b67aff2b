"""One chunk of a day: what changed is written, hard cases are replayed, broken loans parked; all in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl
import sqlalchemy as sa
import structlog
from sqlmodel import Session, col

from loanhub.analytics.day_end.assess import Assessed
from loanhub.domain.classification import ClassPolicy
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen
from loanhub.domain.repayment.postings import LoanState
from loanhub.models import Application, Customer, Loan
from loanhub.repositories import day_end as repository
from loanhub.repositories.loans import OWING
from loanhub.services import events
from loanhub.services._actor import SYSTEM
from loanhub.services._failpoints import failpoint
from loanhub.services._notices import notify
from loanhub.services.day_end.parked import park, reason_of, resolve
from loanhub.services.loans._day_columns import policy_of
from loanhub.services.loans._shared import open_account
from loanhub.services.loans.refresh import refresh
from loanhub.services.rates.reprice import reprice_loan

log = structlog.get_logger("loanhub.day_end")

Cells = dict[str, list[int]]
"""Sums by ``product|bucket|class``: loans, balance, overdue principal, penalty due, provisions, accrued interest."""


@dataclass
class Written:
    """What a chunk did."""

    loans: int = 0
    changed: int = 0
    replayed: int = 0
    parked: int = 0
    cells: Cells = field(default_factory=dict)


_WRITTEN = {
    "status": "new_status", "bucket": "new_bucket", "dpd": "new_dpd", "five_class": "new_five_class",
    "overdue_principal_fen": "new_overdue_fen", "penalty_due_fen": "new_penalty_due_fen",
    "provision_fen": "new_provision_fen", "accrued_interest_fen": "accrued_fen", "id": "id", "version": "version",
    "seen_status": "status", "seen_bucket": "bucket",
}  # fmt: skip
"""What the repository writes, from the columns of an assessed loan."""


def is_month_end(day: date) -> bool:
    """Return whether the next day is in another month."""
    return (day + timedelta(days=1)).day == 1


def add_cells(into: Cells, more: Cells) -> None:
    """Add sums to sums."""
    for key, values in more.items():
        into[key] = [a + b for a, b in zip(into.get(key, [0] * len(values)), values, strict=True)]


def write(db: Session, part: Assessed, *, as_of: date, now: datetime, known_parked: set[int]) -> Written:
    """Write one part of an assessed book, inside the caller's transaction.

    A loan somebody has posted on since the book was read is replayed instead.
    """
    changed = part.loans.filter("changed")
    moved: set[int] = set()
    if changed.height:
        db.flush()
        moved = repository.write_loans(db, changed.select(**_WRITTEN), as_of=as_of)
    replayed_ids = sorted({*part.loans.filter("exact")["id"].to_list(), *moved})
    charges = part.installments
    if moved:
        changed = changed.filter(~pl.col("id").is_in(list(moved)))
        charges = charges.filter(~pl.col("loan").is_in(list(moved)))
    repository.write_charges(db, charges)
    failpoint("day_end.mid_chunk")
    _tell_overdue(db, changed, now=now)
    parked, kept = _replay(db, replayed_ids, as_of=as_of, now=now, known_parked=known_parked)
    plain = part.loans.filter(~pl.col("id").is_in(replayed_ids))
    done = Written(
        loans=part.loans.height, changed=changed.height, replayed=len(replayed_ids) - parked, parked=parked
    )
    done.cells = _cells_of_frame(plain)
    add_cells(done.cells, _cells_of_loans(kept))
    if is_month_end(as_of):
        _snapshot(db, plain, kept, part.loans, as_of=as_of, now=now)
    return done


def _tell_overdue(db: Session, changed: pl.DataFrame, *, now: datetime) -> None:
    """Record ``loan.overdue`` once for each loan that falls overdue, and tell its owner."""
    fallen = changed.filter(
        (pl.col("new_status") == LoanStatus.OVERDUE.value) & (pl.col("status") != LoanStatus.OVERDUE.value)
    ).sort("id")
    late = {row["id"]: row for row in fallen.select("id", "status", "new_dpd", "new_overdue_fen").to_dicts()}
    ids = list(late)
    for start in range(0, len(ids), 5_000):
        query = (
            sa.select(
                col(Loan.id), col(Loan.number), col(Loan.customer_id), col(Loan.owner_id), col(Application.lead_id),
                col(Customer.name),
            )
            .join(Customer, col(Customer.id) == col(Loan.customer_id))
            .join(Application, col(Application.id) == col(Loan.application_id), isouter=True)
            .where(col(Loan.id).in_(ids[start : start + 5_000]))
            .order_by(col(Loan.id))
        )  # fmt: skip
        entries = []
        for loan_id, number, customer_id, owner_id, lead_id, name in db.execute(query).all():
            dpd, overdue = late[loan_id]["new_dpd"], format_fen(late[loan_id]["new_overdue_fen"])
            entries.append(
                events.Entry(
                    loan_id, f"{number} 逾期 {dpd} 天，逾期本金 {overdue}", {"状态": f"逾期 {dpd} 天"},
                    before={"状态": LoanStatus(late[loan_id]["status"]).label}, customer_id=customer_id, lead_id=lead_id,
                )
            )  # fmt: skip
            notify(
                db, owner_id, title=f"贷款逾期 {dpd} 天", text=f"{name} {number}", link=f"/loans/{loan_id}", kind="overdue",
                entity="loan", entity_id=loan_id, actionable=True, now=now,
            )  # fmt: skip
        events.record_many(db, SYSTEM, "loan.overdue", entries, now=now, entity="loan")


def _replay(
    db: Session, ids: Sequence[int], *, as_of: date, now: datetime, known_parked: set[int]
) -> tuple[int, list[Loan]]:
    """Bring loans on one by one; return how many were parked, and the rows of all of them as they now stand."""
    parked = 0
    kept: list[Loan] = []
    for loan_id in ids:
        try:
            with db.begin_nested():
                loan = db.execute(
                    sa.select(Loan).where(col(Loan.id) == loan_id).with_for_update()
                ).scalar_one()
                reprice_loan(db, loan, as_of, now)
                refresh(db, loan, as_of=as_of, actor=SYSTEM, now=now)
                if loan_id in known_parked:
                    resolve(db, loan_id, SYSTEM, now=now)
                db.flush()
        except Exception as error:
            log.warning("loan_parked", loan_id=loan_id, day=as_of.isoformat(), error=reason_of(error))
            parked += 1
            park(db, loan_id, as_of, error, now=now)
        else:
            kept.append(loan)
    db.flush()
    return parked, kept


def _cells_of_frame(loans: pl.DataFrame) -> Cells:
    """Return the sums of loans that were not replayed: their new values, or those they stand at when ahead."""
    ahead = pl.col("ahead")
    value = {
        name: pl.when(ahead).then(pl.col(name)).otherwise(pl.col(f"new_{name}")).alias(f"at_{name}")
        for name in ("bucket", "five_class", "overdue_fen", "penalty_due_fen", "provision_fen")
    }
    grouped = (
        loans.with_columns(*value.values())
        .group_by("product", "at_bucket", "at_five_class")
        .agg(
            pl.len(), pl.col("outstanding_fen").sum(), pl.col("at_overdue_fen").sum(),
            pl.col("at_penalty_due_fen").sum(), pl.col("at_provision_fen").sum(), pl.col("accrued_fen").sum(),
        )
        .sort("product", "at_bucket", "at_five_class")
    )  # fmt: skip
    return {f"{row[0]}|{row[1]}|{row[2]}": [int(v) for v in row[3:]] for row in grouped.rows()}


def _cells_of_loans(loans: Iterable[Loan]) -> Cells:
    cells: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for loan in loans:
        if loan.status not in OWING:
            continue
        values = (
            1, loan.outstanding_principal_fen, loan.overdue_principal_fen, loan.penalty_due_fen, loan.provision_fen,
            loan.accrued_interest_fen,
        )  # fmt: skip
        key = f"{loan.product_code.replace(',', ' ')}|{loan.bucket}|{loan.five_class}"
        cells[key] = [a + b for a, b in zip(cells[key], values, strict=True)]
    return dict(cells)


def _snapshot(
    db: Session,
    plain: pl.DataFrame,
    replayed: Sequence[Loan],
    every: pl.DataFrame,
    *,
    as_of: date,
    now: datetime,
) -> None:
    """Keep how each open loan stood at the end of the month; one that stands at a later day is replayed for it."""
    here = plain.filter(~pl.col("ahead")).select(
        pl.lit(as_of).alias("day"), "id", "new_status", "outstanding_fen", "new_overdue_fen", "new_dpd", "new_bucket",
        "new_five_class", "new_provision_fen",
    )  # fmt: skip
    rows = [
        (as_of, loan.id, loan.status.value, loan.outstanding_principal_fen, loan.overdue_principal_fen, loan.dpd,
         loan.bucket, loan.five_class, loan.provision_fen)
        for loan in replayed if loan.status in OWING and loan.as_of_date == as_of
    ]  # fmt: skip
    repository.insert_snapshots(db, [*here.rows(), *rows])
    if every.height:
        first, last = int(every["id"].min()), int(every["id"].max())  # type: ignore[arg-type]  # ids of rows there are
        snapshot_ahead(db, as_of, first_id=first, last_id=last, now=now)


def snapshot_ahead(db: Session, as_of: date, *, first_id: int, last_id: int, now: datetime) -> None:
    """Keep how the loans of these ids stood at the end of ``as_of`` that stand at a later day by now."""
    policy, rows = policy_of(db, now=now), []
    for loan in repository.list_ahead(db, as_of=as_of, first_id=first_id, last_id=last_id):
        try:
            state = open_account(db, loan).at(as_of)
        except Exception:  # it stands at a later day, so it is whole today; only its past cannot be told
            log.exception("snapshot_left_out", loan_id=loan.id, day=as_of.isoformat())
            continue
        row = snapshot_row(policy, loan, state, as_of)
        if row is not None:
            rows.append(row)
    repository.insert_snapshots(db, rows)


def snapshot_row(policy: ClassPolicy, loan: Loan, state: LoanState, as_of: date) -> tuple[object, ...] | None:
    """Return a loan's row of a month end from its replayed state; None when it owed nothing any more."""
    if state.settled_date is not None or state.written_off_date is not None:
        return None
    status = LoanStatus.OVERDUE if state.dpd else LoanStatus.GRACE if state.raw_dpd else LoanStatus.ACTIVE
    five_class = policy.class_of(state.dpd, state.class_floor.value, loan.class_floor)
    return (
        as_of, loan.id, status.value, state.outstanding_principal_fen, state.delinquency.overdue_principal_fen, state.dpd,
        state.bucket.value, five_class.value, policy.provision_fen(state.book_principal_fen, five_class),
    )  # fmt: skip
