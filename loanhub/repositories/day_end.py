"""Reading the book for the day-end and writing what a day changed, in bulk, on both databases.

Rows leave the database as one text per batch and are parsed by Polars: no Python object is made for a row
(docs/performance.md has the routes that were measured).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import DayEndRun, Loan, LoanSnapshot, ParkedLoan
from loanhub.repositories.loans import OWING

BATCH_ROWS = 1_000_000
"""Row ids read by one statement: the text of a batch stays below some 80 MB."""
_OWING_CODES = ", ".join(f"'{status.value}'" for status in OWING)

_LOANS = {
    "id": "id", "version": "version", "status": "status", "product": "replace(product_code, ',', ' ')",
    "outstanding_fen": "outstanding_principal_fen", "overdue_fen": "overdue_principal_fen",
    "suspense_fen": "suspense_fen", "dpd": "dpd", "bucket": "bucket", "five_class": "five_class",
    "class_floor": "class_floor", "events_floor": "events_floor", "penalty_due_fen": "penalty_due_fen",
    "provision_fen": "provision_fen", "next_due": "next_due_date", "next_reprice": "next_reprice_date",
    "as_of": "as_of_date",
}  # fmt: skip
_CURRENT = {
    "loan": "loan_id", "period": "period", "opening_fen": "opening_fen", "interest_fen": "interest_fen",
    "start": "start_date", "due": "due_date", "rate": "accrual_rate", "base": "accrual_base",
}  # fmt: skip
_DUE = {
    "id": "id", "loan": "loan_id", "period": "period", "due": "due_date",
    "principal_fen": "principal_fen - paid_principal_fen - waived_principal_fen",
    "interest_fen": "interest_fen - paid_interest_fen - waived_interest_fen",
    "fee_fen": "fee_fen - paid_fee_fen - waived_fee_fen", "penalty_due_fen": "penalty_due_fen",
    "since": "penalty_from_date", "penalty_fixed_fen": "penalty_fixed_fen", "compound_fixed_fen": "compound_fixed_fen",
    "last_free": "last_free_day", "rate": "penalty_rate",
}  # fmt: skip


def _frame(
    db: Session, columns: Mapping[str, str], schema: Mapping[str, Any], source: str, **values: Any
) -> pl.DataFrame:
    """Return the rows of ``FROM source`` as a frame; what cannot be read as its type is null."""
    if db.get_bind().dialect.name == "sqlite":
        text = _sqlite_text(db, columns, source, values)
    else:
        text = _postgresql_text(db, columns, source, values)
    if not text:
        return pl.DataFrame(schema=dict(schema))
    raw = {name: pl.String if kind == pl.Date else kind for name, kind in schema.items()}
    frame = pl.read_csv(
        text, has_header=False, schema=raw, quote_char=None, ignore_errors=True, truncate_ragged_lines=True
    )
    days = [name for name, kind in schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(days).str.to_date("%Y-%m-%d", strict=False))


def _sqlite_text(db: Session, columns: Mapping[str, str], source: str, values: Mapping[str, Any]) -> bytes:
    shape = ",".join("%s" for _ in columns)
    line = f"printf('{shape}', {', '.join(columns.values())})"
    query = f"SELECT group_concat({line}, char(10)) FROM {source}"  # noqa: S608 - our own names
    found = db.execute(sa.text(query), dict(values)).scalar_one()
    return str(found).encode() if found else b""


def _postgresql_text(
    db: Session, columns: Mapping[str, str], source: str, values: Mapping[str, Any]
) -> bytes:
    for name, value in values.items():  # COPY takes no parameters; these are numbers and days of ours
        source = source.replace(f":{name}", f"'{value}'" if isinstance(value, date) else str(int(value)))
    raw: Any = db.connection().connection.driver_connection
    buffer = io.BytesIO()
    query = f"COPY (SELECT {', '.join(columns.values())} FROM {source}) TO STDOUT (FORMAT text, DELIMITER ',', NULL '')"  # noqa: S608
    with raw.cursor() as cursor, cursor.copy(query) as copied:
        for part in copied:
            buffer.write(part)
    return buffer.getvalue()


def _ranges(db: Session, table: str) -> Iterator[tuple[int, int]]:
    """Return (first, last) row ids that cover a table; the whole of it at once on PostgreSQL, which streams."""
    last = int(db.execute(sa.text(f"SELECT COALESCE(MAX(id), 0) FROM {table}")).scalar_one())  # noqa: S608
    step = BATCH_ROWS if db.get_bind().dialect.name == "sqlite" else max(1, last)
    for first in range(1, last + 1, step):
        yield first, min(last, first + step - 1)


def _all(frames: list[pl.DataFrame], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict(schema))


def open_loans(db: Session, schema: Mapping[str, Any], *, first_id: int, last_id: int) -> pl.DataFrame:
    """Return the open loans of these ids (both ends included) by id, as ``analytics.day_end.columns.LOANS``."""
    frames = [
        _frame(
            db, _LOANS, schema, f"loan WHERE id BETWEEN :first AND :last AND status IN ({_OWING_CODES})",
            first=max(first, first_id), last=min(last, last_id),
        )
        for first, last in _ranges(db, "loan") if last >= first_id and first <= last_id
    ]  # fmt: skip
    return (
        _all(frames, schema)
        .sort("id")
        .with_columns(pl.col("bucket", "five_class", "class_floor", "events_floor", "product").fill_null(""))
    )


def current_installments(db: Session, schema: Mapping[str, Any], *, as_of: date) -> pl.DataFrame:
    """Return the installments whose period holds ``as_of``: started by it, due after it.

    The whole table is read in the order of its rows: by an index it would be read in the order of the days.
    """
    hint = "NOT INDEXED" if db.get_bind().dialect.name == "sqlite" else ""
    source = (
        f"installment {hint} WHERE id BETWEEN :first AND :last AND start_date <= :day AND due_date > :day"
    )
    frames = [
        _frame(db, _CURRENT, schema, source, first=first, last=last, day=as_of)
        for first, last in _ranges(db, "installment")
    ]
    return _all(frames, schema)


def due_installments(db: Session, schema: Mapping[str, Any], *, as_of: date) -> pl.DataFrame:
    """Return the installments due by ``as_of`` and not cleared."""
    source = "installment WHERE cleared_date IS NULL AND due_date <= :day"
    return _frame(db, _DUE, schema, source, day=as_of)


def servicing_of(db: Session, loan_ids: Sequence[int]) -> list[tuple[int, str]]:
    """Return how loans are serviced, as the text that is stored: few differ, so whoever parses keeps what it parsed."""
    found: list[tuple[int, str]] = []
    stored = sa.cast(sa.type_coerce(col(Loan.servicing), sa.Text), sa.Text)
    if db.get_bind().dialect.name != "sqlite":
        stored = sa.cast(col(Loan.servicing), sa.Text)
    for part in _parts(loan_ids):
        query = sa.select(col(Loan.id), stored).where(col(Loan.id).in_(part))
        found.extend((int(loan_id), str(options)) for loan_id, options in db.execute(query).all())
    return found


def _parts(ids: Sequence[int], size: int = 5_000) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def moved_loans(db: Session, versions: Mapping[int, int], *, as_of: date) -> set[int]:
    """Lock loans and return those somebody has posted on, or brought further, since their version was read."""
    moved: set[int] = set()
    for part in _parts(list(versions)):
        query = sa.select(col(Loan.id), col(Loan.version), col(Loan.as_of_date)).where(col(Loan.id).in_(part))
        for loan_id, version, day in db.execute(query.with_for_update()).all():
            if version != versions[loan_id] or (day is not None and day > as_of):
                moved.add(int(loan_id))
    return moved


LOAN_VALUES = (
    "status", "dpd", "bucket", "five_class", "overdue_principal_fen", "penalty_due_fen", "provision_fen",
    "accrued_interest_fen", "as_of_date",
)  # fmt: skip
"""The columns of a loan the day-end writes, in the order of the rows given to :func:`write_loans`."""


def write_loans(db: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write the values of ``LOAN_VALUES`` into loans; each row ends with the loan's id."""
    _write(db, "loan", LOAN_VALUES, rows)


def write_charges(db: Session, rows: Sequence[tuple[int, int]]) -> None:
    """Write (penalty_due_fen, id) into installments."""
    _write(db, "installment", ("penalty_due_fen",), rows)


_ARRAYS = {"status": "text", "bucket": "text", "five_class": "text", "as_of_date": "date"}


def _write(db: Session, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    raw: Any = db.connection().connection.driver_connection
    if db.get_bind().dialect.name == "sqlite":
        pairs = ", ".join(f"{name} = ?" for name in names)
        given = [tuple(v.isoformat() if isinstance(v, date) else v for v in row) for row in rows]
        raw.executemany(f"UPDATE {table} SET {pairs} WHERE id = ?", given)  # noqa: S608 - our own names
        return
    pairs = ", ".join(f"{name} = given.{name}" for name in names)
    arrays = ", ".join(f"%s::{_ARRAYS.get(name, 'bigint')}[]" for name in (*names, "id"))
    fields = ", ".join((*names, "id"))
    with raw.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {pairs} FROM unnest({arrays}) AS given({fields}) WHERE {table}.id = given.id",  # noqa: S608
            [list(column) for column in zip(*rows, strict=True)],
        )


def insert_snapshots(db: Session, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append month-end snapshots: (date, loan, status, outstanding, overdue, dpd, bucket, class, provision).

    One that is there stays as it is.
    """
    names = (
        "snapshot_date", "loan_id", "status", "outstanding_principal_fen", "overdue_principal_fen", "dpd", "bucket",
        "five_class", "provision_fen",
    )  # fmt: skip
    if not rows:
        return
    raw: Any = db.connection().connection.driver_connection
    into = f"INSERT INTO {LoanSnapshot.__tablename__} ({', '.join(names)})"
    if db.get_bind().dialect.name == "sqlite":
        marks = ", ".join("?" for _ in names)
        given = [(row[0].isoformat(), *row[1:]) for row in rows]
        raw.executemany(f"{into} VALUES ({marks}) ON CONFLICT DO NOTHING", given)
        return
    kinds = ("date", "bigint", "text", "bigint", "bigint", "int", "text", "text", "bigint")
    arrays = ", ".join(f"%s::{kind}[]" for kind in kinds)
    with raw.cursor() as cursor:
        cursor.execute(
            f"{into} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING",  # noqa: S608 - our own names
            [list(column) for column in zip(*rows, strict=True)],
        )


def list_ahead(db: Session, *, as_of: date, first_id: int, last_id: int) -> list[Loan]:
    """Return the loans of these ids that stand at a later day than ``as_of`` and had been disbursed by it."""
    query = sa.select(Loan).where(
        col(Loan.id).between(first_id, last_id),
        col(Loan.as_of_date) > as_of,
        col(Loan.disbursed_date) <= as_of,
        sa.or_(col(Loan.settled_date).is_(None), col(Loan.settled_date) > as_of),
    )
    return list(db.execute(query).scalars())


def last_loan_id(db: Session) -> int:
    """Return the highest id of a loan, 0 when there is none."""
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Loan.id)), 0))).scalar_one())


# Runs -----------------------------------------------------------------------------------------------


def find_run(db: Session, day: date, *, for_update: bool = False) -> DayEndRun | None:
    """Return the run of a business date, or None."""
    query = sa.select(DayEndRun).where(col(DayEndRun.business_date) == day)
    return db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()


def last_finished(db: Session, *, before: date | None = None) -> DayEndRun | None:
    """Return the newest finished run (before a day), or None."""
    query = sa.select(DayEndRun).where(col(DayEndRun.status) == "finished")
    if before is not None:
        query = query.where(col(DayEndRun.business_date) < before)
    return db.execute(query.order_by(col(DayEndRun.business_date).desc()).limit(1)).scalar_one_or_none()


def list_unfinished(db: Session) -> list[DayEndRun]:
    """Return the runs that were begun and not finished, oldest day first."""
    query = sa.select(DayEndRun).where(col(DayEndRun.status) != "finished")
    return list(db.execute(query.order_by(col(DayEndRun.business_date))).scalars())


def list_runs(db: Session, *, limit: int) -> list[DayEndRun]:
    """Return the newest runs, newest day first."""
    query = sa.select(DayEndRun).order_by(col(DayEndRun.business_date).desc()).limit(limit)
    return list(db.execute(query).scalars())


def list_parked(db: Session) -> list[tuple[ParkedLoan, Loan]]:
    """Return the loans that wait to be mended, oldest first."""
    query = (
        sa.select(ParkedLoan, Loan)
        .join(Loan, col(Loan.id) == col(ParkedLoan.loan_id))
        .where(col(ParkedLoan.resolved_at).is_(None))
        .order_by(col(ParkedLoan.id))
    )
    return [(parked, loan) for parked, loan in db.execute(query).all()]


def parked_loan_ids(db: Session) -> list[int]:
    """Return the ids of the loans that wait to be mended."""
    query = sa.select(col(ParkedLoan.loan_id)).where(col(ParkedLoan.resolved_at).is_(None)).distinct()
    return [int(found) for found in db.execute(query).scalars()]


def list_parked_of(db: Session, loan_id: int) -> list[ParkedLoan]:
    """Return the open entries of one loan."""
    query = sa.select(ParkedLoan).where(
        col(ParkedLoan.loan_id) == loan_id, col(ParkedLoan.resolved_at).is_(None)
    )
    return list(db.execute(query.order_by(col(ParkedLoan.id))).scalars())


def count_open(db: Session) -> int:
    """Return how many loans are open."""
    query = sa.select(sa.func.count()).select_from(Loan).where(col(Loan.status).in_(OWING))
    return int(db.execute(query).scalar_one())
