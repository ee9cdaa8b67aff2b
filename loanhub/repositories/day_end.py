"""Reading the book for the day-end and writing what a day changed, in bulk, on both databases.

Rows leave the database as one text per batch and are parsed by Polars: no Python object is made for a row
(docs/performance.md has the routes that were measured). What is read comes as independent readers, so that the
caller can run them side by side.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import DayEndRun, Loan, LoanSnapshot, ParkedLoan
from loanhub.repositories.loans import OWING

BATCH_ROWS = 1_000_000
"""Row ids of installments read by one statement: the text of a batch stays below some 80 MB."""
BATCH_LOANS = 250_000
"""Row ids of loans read by one statement: nearly every row counts, so a batch is smaller."""
SEPARATOR = "\x1f"
"""Stands for the commas of a stored text while it travels as one field of a line."""
_OWING_CODES = ", ".join(f"'{status.value}'" for status in OWING)

_LOANS = {
    "id": "id", "version": "version", "status": "status", "product": "replace(product_code, ',', ' ')",
    "outstanding_fen": "outstanding_principal_fen", "overdue_fen": "overdue_principal_fen",
    "suspense_fen": "suspense_fen", "dpd": "dpd", "bucket": "bucket", "five_class": "five_class",
    "class_floor": "class_floor", "events_floor": "events_floor", "penalty_due_fen": "penalty_due_fen",
    "provision_fen": "provision_fen", "next_due": "next_due_date", "next_reprice": "next_reprice_date",
    "as_of": "as_of_date", "servicing": "CASE WHEN next_due_date <= :day THEN replace(CAST(servicing AS TEXT), ',', :separator) END",
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


class Installments(NamedTuple):
    """What a day reads of installments: those whose period holds it, and those due and not cleared."""

    current: pl.DataFrame
    due: pl.DataFrame


LoanReader = Callable[[Session], pl.DataFrame]
InstallmentReader = Callable[[Session], Installments]
"""Reads one part of a table. The parts are independent: each may be read in a session of its own, side by side."""


def _parse(text: bytes, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return lines as a frame; what cannot be read as its type is null."""
    if not text:
        return pl.DataFrame(schema=dict(schema))
    raw = {name: pl.String if kind == pl.Date else kind for name, kind in schema.items()}
    frame = pl.read_csv(
        text, has_header=False, schema=raw, quote_char=None, ignore_errors=True, truncate_ragged_lines=True
    )
    days = [name for name, kind in schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(days).str.to_date("%Y-%m-%d", strict=False))


def _is_sqlite(db: Session) -> bool:
    return bool(db.get_bind().dialect.name == "sqlite")


def _sqlite_texts(
    db: Session, wanted: Sequence[tuple[Mapping[str, str], str]], source: str, values: Mapping[str, Any]
) -> list[bytes]:
    """Return the lines of several selections (columns, condition) of one source, read in one pass."""
    sums = []
    for columns, condition in wanted:
        shape = ",".join("%s" for _ in columns)
        line = f"printf('{shape}', {', '.join(columns.values())})"
        sums.append(f"group_concat({line}, char(10)) FILTER (WHERE {condition})")
    query = f"SELECT {', '.join(sums)} FROM {source}"  # noqa: S608 - our own names
    return [str(text).encode() if text else b"" for text in db.execute(sa.text(query), dict(values)).one()]


def _postgresql_text(
    db: Session, columns: Mapping[str, str], source: str, values: Mapping[str, Any]
) -> bytes:
    query = f"COPY (SELECT {', '.join(columns.values())} FROM {source}) TO STDOUT (FORMAT text, DELIMITER ',', NULL '')"  # noqa: S608
    for name, value in values.items():  # COPY takes no parameters; these are numbers, days and a sign of ours
        query = query.replace(f":{name}", str(value) if isinstance(value, int) else f"'{value}'")
    raw: Any = db.connection().connection.driver_connection
    buffer = io.BytesIO()
    with raw.cursor() as cursor, cursor.copy(query) as copied:
        for part in copied:
            buffer.write(part)
    return buffer.getvalue()


def _ranges(db: Session, table: str, step: int) -> Iterator[tuple[int, int]]:
    """Return (first, last) row ids that cover a table; the whole of it at once on PostgreSQL, which streams."""
    last = int(db.execute(sa.text(f"SELECT COALESCE(MAX(id), 0) FROM {table}")).scalar_one())  # noqa: S608
    step = step if _is_sqlite(db) else max(1, last)
    for first in range(1, last + 1, step):
        yield first, min(last, first + step - 1)


def loan_readers(
    db: Session, schema: Mapping[str, Any], *, first_id: int, last_id: int, as_of: date
) -> list[LoanReader]:
    """Return the readers of the open loans of these ids (both ends included), as ``analytics.day_end.columns.LOANS``."""
    return [
        partial(_read_loans, schema=schema, first=max(first, first_id), last=min(last, last_id), as_of=as_of)
        for first, last in _ranges(db, "loan", BATCH_LOANS)
        if last >= first_id and first <= last_id
    ]


def _read_loans(
    db: Session, *, schema: Mapping[str, Any], first: int, last: int, as_of: date
) -> pl.DataFrame:
    values = {"first": first, "last": last, "day": as_of, "separator": SEPARATOR}
    source = f"loan WHERE id BETWEEN :first AND :last AND status IN ({_OWING_CODES})"
    if _is_sqlite(db):
        text = _sqlite_texts(db, [(_LOANS, "TRUE")], source, values)[0]
    else:
        text = _postgresql_text(db, _LOANS, source, values)
    codes = pl.col("bucket", "five_class", "class_floor", "events_floor", "product")
    return _parse(text, schema).with_columns(codes.fill_null(""))


def installment_readers(
    db: Session, current: Mapping[str, Any], due: Mapping[str, Any], *, as_of: date
) -> list[InstallmentReader]:
    """Return the readers of the installments a day can change, as ``analytics.day_end.columns.CURRENT`` and ``DUE``.

    SQLite reads the whole table once, in the order of its rows, for both: by an index it would be read in the order of
    the days, a page a row. PostgreSQL reads each in a session of its own.
    """
    if _is_sqlite(db):
        return [
            partial(_read_both, current=current, due=due, first=first, last=last, as_of=as_of)
            for first, last in _ranges(db, "installment", BATCH_ROWS)
        ]
    return [
        partial(_read_one, current=current, due=due, as_of=as_of, wanted=one) for one in ("current", "due")
    ]


_IS_CURRENT = "start_date <= :day AND due_date > :day"
_IS_DUE = "cleared_date IS NULL AND due_date <= :day"


def _read_both(
    db: Session, *, current: Mapping[str, Any], due: Mapping[str, Any], first: int, last: int, as_of: date
) -> Installments:
    source = f"installment NOT INDEXED WHERE id BETWEEN :first AND :last AND (({_IS_CURRENT}) OR ({_IS_DUE}))"
    wanted = [(_CURRENT, "due_date > :day"), (_DUE, "due_date <= :day")]
    texts = _sqlite_texts(db, wanted, source, {"first": first, "last": last, "day": as_of})
    return Installments(_parse(texts[0], current), _parse(texts[1], due))


def _read_one(
    db: Session, *, current: Mapping[str, Any], due: Mapping[str, Any], as_of: date, wanted: str
) -> Installments:
    columns, condition = (_CURRENT, _IS_CURRENT) if wanted == "current" else (_DUE, _IS_DUE)
    text = _postgresql_text(db, columns, f"installment WHERE {condition}", {"day": as_of})
    empty = Installments(pl.DataFrame(schema=dict(current)), pl.DataFrame(schema=dict(due)))
    if wanted == "current":
        return empty._replace(current=_parse(text, current))
    return empty._replace(due=_parse(text, due))


LOAN_VALUES = {
    "status": "text", "bucket": "text", "dpd": "bigint", "five_class": "text", "overdue_principal_fen": "bigint",
    "penalty_due_fen": "bigint", "provision_fen": "bigint", "accrued_interest_fen": "bigint",
}  # fmt: skip
"""The columns of a loan the day-end writes, with their types on PostgreSQL; the day is written beside them."""
LOAN_SEEN = {"id": "bigint", "version": "bigint", "seen_status": "text", "seen_bucket": "text"}
"""Which loan it is, and as what it was read."""
_INDEXED = ("status", "bucket")


def write_loans(db: Session, rows: pl.DataFrame, *, as_of: date) -> set[int]:
    """Write the end of a day into loans, columns as ``LOAN_VALUES`` and ``LOAN_SEEN``; return those left alone.

    A loan is left alone when somebody has posted on it, or brought it further, since it was read. Most loans keep their
    status and bucket; these columns are indexed, so they are only written where they change.
    """
    stays = (pl.col("status") == pl.col("seen_status")) & (pl.col("bucket") == pl.col("seen_bucket"))
    written = 0
    for part, names in (
        (rows.filter(stays), [name for name in LOAN_VALUES if name not in _INDEXED]),
        (rows.filter(~stays), list(LOAN_VALUES)),
    ):
        if part.height:
            given = part.select(*LOAN_VALUES, *LOAN_SEEN, pl.lit(as_of).dt.to_string().alias("day"))
            types = {**LOAN_VALUES, **LOAN_SEEN, "day": "date"}
            guard = (
                "loan.version = {version} AND loan.status = {seen_status} AND loan.bucket = {seen_bucket}"
                " AND (loan.as_of_date IS NULL OR loan.as_of_date <= {day})"
            )
            written += _write(db, "loan", {**{n: n for n in names}, "as_of_date": "day"}, given, types, guard)
    return set() if written == rows.height else _left_alone(db, rows, as_of)


def _left_alone(db: Session, rows: pl.DataFrame, as_of: date) -> set[int]:
    """Return the loans that do not stand as they were to be written."""
    meant = {one: tuple(more) for one, *more in rows.select("id", "version", "status", "bucket").rows()}
    moved: set[int] = set()
    ids = list(meant)
    for start in range(0, len(ids), 5_000):
        query = sa.select(
            col(Loan.id), col(Loan.version), col(Loan.status), col(Loan.bucket), col(Loan.as_of_date)
        ).where(col(Loan.id).in_(ids[start : start + 5_000]))
        for loan_id, version, status, bucket, day in db.execute(query).all():
            if (version, status.value, bucket) != meant[loan_id] or day != as_of:
                moved.add(int(loan_id))
    return moved


def write_charges(db: Session, rows: pl.DataFrame) -> None:
    """Write the columns id and ``penalty_due_fen`` into installments."""
    if rows.height:
        types = {"id": "bigint", "penalty_due_fen": "bigint"}
        _write(db, "installment", {"penalty_due_fen": "penalty_due_fen"}, rows.select(*types), types, "TRUE")


def _write(
    db: Session,
    table: str,
    pairs: Mapping[str, str],
    rows: pl.DataFrame,
    types: Mapping[str, str],
    guard: str,
) -> int:
    """Set columns (name: column of ``rows``) where id and guard hold; return how many rows were written."""
    raw: Any = db.connection().connection.driver_connection
    if _is_sqlite(db):
        mark = {name: f"?{place}" for place, name in enumerate(rows.columns, 1)}
        update = ", ".join(f"{name} = {mark[given]}" for name, given in pairs.items())
        query = f"UPDATE {table} SET {update} WHERE id = {mark['id']} AND {guard.format(**mark)}"  # noqa: S608 - our own names
        return int(raw.executemany(query, rows.rows()).rowcount)
    update = ", ".join(f"{name} = given.{given}" for name, given in pairs.items())
    arrays = ", ".join(f"%s::{types[name]}[]" for name in rows.columns)
    checked = guard.format(**{name: f"given.{name}" for name in rows.columns})
    query = (
        f"UPDATE {table} SET {update} FROM unnest({arrays}) AS given({', '.join(rows.columns)})"  # noqa: S608 - our own names
        f" WHERE {table}.id = given.id AND {checked}"
    )
    with raw.cursor() as cursor:
        cursor.execute(query, [column.to_list() for column in rows.get_columns()])
        return int(cursor.rowcount)


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
