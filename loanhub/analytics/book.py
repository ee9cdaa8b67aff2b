"""What the measures compute on: narrow frames and a window of days.

The frames hold the whole company; :func:`within` keeps what one reader may see.

Instants are cut to days in Asia/Shanghai by the loader, so that a measure never meets a time zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import polars as pl

from loanhub.analytics._dense import looked_up
from loanhub.domain.first_response import DEFAULT_RESPONSE, ResponseRules

LEADS = {
    "id": pl.Int64, "created": pl.Date, "stage": pl.Int64, "reached": pl.Int64, "channel": pl.String,
    "owner": pl.Int64, "cost_fen": pl.Int64, "valid": pl.Boolean, "contacted": pl.Boolean, "city": pl.String,
    "department": pl.Int64, "product": pl.String, "status": pl.String, "reason": pl.String, "assigned": pl.Boolean,
    "assigned_on": pl.Date, "assigned_at": pl.Int64, "contacted_at": pl.Int64,
}  # fmt: skip
CUSTOMERS = {
    "id": pl.Int64, "created": pl.Date, "owner": pl.Int64, "department": pl.Int64, "manager": pl.Int64,
    "channel": pl.String, "city": pl.String,
}  # fmt: skip
APPLICATIONS = {
    "id": pl.Int64, "lead": pl.Int64, "submitted": pl.Date, "decided": pl.Date, "approved": pl.Boolean,
    "rejected": pl.Boolean, "amount_fen": pl.Int64, "minutes": pl.Int64, "owner": pl.Int64, "product": pl.String,
    "department": pl.Int64, "approved_fen": pl.Int64, "grade": pl.Int64, "channel": pl.String,
}  # fmt: skip
LOANS = {
    "id": pl.Int64, "lead": pl.Int64, "disbursed": pl.Date, "principal_fen": pl.Int64, "outstanding_fen": pl.Int64,
    "dpd": pl.Int64, "bucket": pl.String, "owner": pl.Int64, "product": pl.String, "channel": pl.String,
    "open": pl.Boolean, "city": pl.String, "department": pl.Int64, "customer": pl.Int64, "overdue_fen": pl.Int64,
    "five_class": pl.String, "provision_fen": pl.Int64, "suspense_fen": pl.Int64, "written_off": pl.Date,
    "written_off_fen": pl.Int64, "grade": pl.Int64, "first_due": pl.Date, "first_cleared": pl.Date,
}  # fmt: skip
PAYMENTS = {
    "id": pl.Int64, "loan": pl.Int64, "value_date": pl.Date, "amount_fen": pl.Int64, "revenue_fen": pl.Int64,
    "recovery": pl.Boolean,
}  # fmt: skip
MOVES = {
    "id": pl.Int64, "lead": pl.Int64, "stage": pl.Int64, "to": pl.Int64, "moved": pl.Date, "stayed_seconds": pl.Int64,
}  # fmt: skip
CASES = {
    "id": pl.Int64, "loan": pl.Int64, "opened": pl.Date, "closed": pl.Date, "owner": pl.Int64, "department": pl.Int64,
}  # fmt: skip
PROMISES = {
    "id": pl.Int64, "case": pl.Int64, "judged": pl.Date, "kept": pl.Boolean, "amount_fen": pl.Int64,
}  # fmt: skip
CONTACTS = {"id": pl.Int64, "case": pl.Int64, "at": pl.Date, "by": pl.Int64}
FOLLOW_UPS = {
    "id": pl.Int64, "lead": pl.Int64, "customer": pl.Int64, "at": pl.Date, "by": pl.Int64, "owner": pl.Int64,
    "department": pl.Int64,
}  # fmt: skip
TASKS = {
    "id": pl.Int64, "lead": pl.Int64, "customer": pl.Int64, "due": pl.Date, "owner": pl.Int64, "department": pl.Int64,
}  # fmt: skip
STAFF = {"id": pl.Int64, "department": pl.Int64, "joined": pl.Date, "left": pl.Date}
SNAPSHOTS = {"date": pl.Date, "loan": pl.Int64, "bucket": pl.Int8, "balance_fen": pl.Int64}
SCHEMAS: dict[str, dict[str, Any]] = {
    "leads": LEADS, "customers": CUSTOMERS, "applications": APPLICATIONS, "loans": LOANS, "payments": PAYMENTS,
    "moves": MOVES, "cases": CASES, "promises": PROMISES, "contacts": CONTACTS, "follow_ups": FOLLOW_UPS,
    "tasks": TASKS, "staff": STAFF, "snapshots": SNAPSHOTS,
}  # fmt: skip
FOLLOWS = {"payments": ("loan", "loans"), "snapshots": ("loan", "loans"), "moves": ("lead", "leads"),
           "promises": ("case", "cases"), "contacts": ("case", "cases"), "follow_ups": ("lead", "leads")}  # fmt: skip
"""Frames whose rows belong to a row of another: the column that names it, and the frame it is in."""
BELONGING = ("leads", "customers", "applications", "loans", "cases", "follow_ups", "tasks")
"""Frames whose rows say themselves whose they are."""
GROWING = "snapshots"
"""History that is only added to, a month end at a time."""
PIECES, NEWEST = 48, 20_000
"""A frame of more pieces has its newest rows joined into one, which costs less than the whole."""
Shared = TypeVar("Shared")


@dataclass(frozen=True)
class Window:
    """Days from ``first`` (inclusive) to ``end`` (exclusive)."""

    first: date
    end: date

    def holds(self, column: str) -> pl.Expr:
        """Return the expression that keeps rows whose day lies inside."""
        return (pl.col(column) >= self.first) & (pl.col(column) < self.end)

    @property
    def days(self) -> int:
        """Return how many days it spans."""
        return (self.end - self.first).days


def period(code: str, today: date) -> tuple[Window, Window]:
    """Return the window of 今日, 本周, 本月, 本季, 本年 up to today, and the same stretch of the period before 环比.

    The comparison ends after as many days as have passed, so that a month half over is held against half a
    month 上月同期. Unknown codes mean the month.
    """
    end = today + timedelta(days=1)
    if code == "day":
        first, before = today, today - timedelta(days=1)
    elif code == "week":
        first = today - timedelta(days=today.weekday())
        before = first - timedelta(days=7)
    elif code == "quarter":
        first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        last = first - timedelta(days=1)
        before = date(last.year, (last.month - 1) // 3 * 3 + 1, 1)
    elif code == "year":
        first, before = date(today.year, 1, 1), date(today.year - 1, 1, 1)
    else:
        first = today.replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
    return Window(first, end), Window(before, min(before + (end - first), first))


def year_before(window: Window) -> Window:
    """Return the same days a year earlier 同比; 29 February is held against the 28th."""

    def earlier(day: date) -> date:
        try:
            return day.replace(year=day.year - 1)
        except ValueError:
            return day.replace(year=day.year - 1, day=28)

    return Window(earlier(window.first), earlier(window.end - timedelta(days=1)) + timedelta(days=1))


def stretches(code: str, today: date, count: int) -> list[Window]:
    """Return the last ``count`` days, weeks or months (also for the quarter), oldest first, the running one last."""
    if code == "day":
        return [
            Window(today - timedelta(days=back), today - timedelta(days=back - 1))
            for back in range(count - 1, -1, -1)
        ]
    if code == "week":
        monday = today - timedelta(days=today.weekday())
        starts = [monday - timedelta(days=7 * back) for back in range(count - 1, -1, -1)]
        return [Window(first, first + timedelta(days=7)) for first in starts]
    firsts = months_back(today, count)
    return [
        Window(first, end)
        for first, end in zip(firsts, [*firsts[1:], today + timedelta(days=1)], strict=True)
    ]


def months_back(today: date, count: int) -> list[date]:
    """Return the first days of the last ``count`` months, oldest first, this month last."""
    firsts = [today.replace(day=1)]
    while len(firsts) < count:
        firsts.append((firsts[-1] - timedelta(days=1)).replace(day=1))
    return firsts[::-1]


@dataclass(frozen=True)
class Book:
    """The frames: of the whole company, or of one reader after :func:`within`.

    leads: a row a lead; ``stage`` is the number of its stage now (0 first), ``reached`` the furthest ever; ``reason``
    why it was lost or invalid.
    applications: those ever submitted; ``minutes``, whole ones, from submission to decision, null while open. loans: own,
    disbursed, balances as of the last posting; ``open`` is false once settled or written off; ``first_cleared`` null
    while the first installment is unpaid. payments: money that came and stands, neither reversed ones nor reversals;
    ``revenue_fen`` is its part that is fees, interest, penalty and compound interest, ``recovery`` one after a write-off.
    moves: a stage left, and after how long. promises: those judged, kept or broken. staff: representatives, ``left``
    null while they are here. follow_ups: of a lead or a customer, notes left out; ``owner`` and ``department`` are the
    record's, ``by`` who did it. tasks: those still to be done that have a day. snapshots: loans owing at the end of each month, ``bucket`` by number, M0 is 0.
    """

    leads: pl.DataFrame
    customers: pl.DataFrame
    applications: pl.DataFrame
    loans: pl.DataFrame
    payments: pl.DataFrame
    moves: pl.DataFrame
    cases: pl.DataFrame
    promises: pl.DataFrame
    contacts: pl.DataFrame
    follow_ups: pl.DataFrame
    tasks: pl.DataFrame
    staff: pl.DataFrame
    snapshots: pl.DataFrame
    today: date | None = field(default=None, init=False)
    """The day deadlines are held against; without it the last of the window."""
    response: ResponseRules = field(default=DEFAULT_RESPONSE, init=False)
    """How soon a new lead is to be contacted."""
    _shared: dict[str, tuple[tuple[str, ...], object]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def shared(self, name: str, of: tuple[str, ...], make: Callable[[], Shared]) -> Shared:
        """Return what several figures need alike, made once as long as the frames it is made of stay the same.

        of: their names. Made twice when two threads ask at once, which harms nothing.
        """
        found = self._shared.get(name)
        if found is None:
            found = self._shared[name] = (of, make())
        return found[1]  # type: ignore[return-value]

    def having(self, frames: Mapping[str, pl.DataFrame]) -> Book:
        """Return a book with these frames instead; what was made of the others alone is taken over."""
        book = Book(**{name: frames.get(name, getattr(self, name)) for name in SCHEMAS})
        book._read_as(self.today, self.response)
        for name, (of, made) in list(self._shared.items()):
            if all(getattr(self, one) is getattr(book, one) for one in of):
                book._shared[name] = (of, made)
        return book

    def as_of(self, today: date, response: ResponseRules) -> Book:
        """Return the same book, read on a day under the rules of the first response in force."""
        found = Book(**{name: getattr(self, name) for name in SCHEMAS})
        object.__setattr__(found, "_shared", self._shared)
        found._read_as(today, response)
        return found

    def _read_as(self, today: date | None, response: ResponseRules) -> None:
        object.__setattr__(self, "today", today)
        object.__setattr__(self, "response", response)


def today_of(book: Book, window: Window) -> date:
    """Return the day deadlines are held against."""
    return book.today or window.end - timedelta(days=1)


def empty() -> Book:
    """Return a book without rows."""
    return Book(**{name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()})


def fold(book: Book, name: str, fresh: pl.DataFrame, *, key: str, ids: Sequence[int]) -> Book:
    """Return the book with the rows of these ids replaced by ``fresh``; ids that came back with no row are gone.

    key: the column the ids name: ``id``, for loans also ``customer``, or that of :data:`FOLLOWS`.
    """
    kept: pl.DataFrame = getattr(book, name).filter(~pl.col(key).is_in(list(ids)) | pl.col(key).is_null())
    return book.having({name: _joined_up(kept.vstack(fresh.select(kept.columns)))})


def _joined_up(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame in few pieces: every change adds one, and each costs a little with every reading."""
    if frame.n_chunks() <= PIECES:
        return frame
    newest = frame.tail(NEWEST).rechunk()
    joined = frame.head(max(frame.height - NEWEST, 0)).vstack(newest)
    return joined if joined.n_chunks() <= PIECES else joined.rechunk()


def within(
    book: Book, *, user_id: int, departments: frozenset[int], before: tuple[Book, Book] | None = None
) -> Book:
    """Return what a reader of these departments may see, besides all that is the reader's own.

    The same rule as ``repositories.scope.visible_to``; rows that belong to another follow it. before: the whole and the
    reader's part of an earlier time, whose month ends are taken over when they must be the same.
    """
    mine = pl.col("owner") == user_id
    staff = pl.col("id") == user_id
    if departments:
        inside = pl.col("department").is_in(sorted(departments))
        mine, staff = mine | inside, staff | inside
    kept = {
        name: getattr(book, name).filter(
            mine | (pl.col("manager") == user_id) if name == "customers" else mine
        )
        for name in BELONGING
    }
    kept["staff"] = book.staff.filter(staff)
    same: dict[str, pl.DataFrame] = {}
    if before and before[0].snapshots is book.snapshots and before[1].loans["id"].equals(kept["loans"]["id"]):
        same["snapshots"] = before[1].snapshots
    return Book(**kept, **_following(book, kept, same))


def narrowed(book: Book, *, departments: frozenset[int] | None = None, product: str = "") -> Book:
    """Return the part of some departments, and of one product: leads, applications and loans of it, and what follows.

    Customers and staff belong to no product and are left out of its figures.
    """
    found = {name: getattr(book, name) for name in SCHEMAS if name not in FOLLOWS or name in BELONGING}
    if departments is not None:
        inside = pl.col("department").is_in(sorted(departments))
        found = {name: frame.filter(inside) for name, frame in found.items()}
    if product:
        found = {
            name: frame.filter(pl.col("product") == product) if "product" in frame.columns else frame
            for name, frame in found.items()
        }
        found["cases"] = found["cases"].join(found["loans"].select(loan="id"), on="loan", how="semi")
        for name in ("follow_ups", "tasks"):
            found[name] = _belonging(found[name], "lead", found["leads"]["id"])
    return Book(**found, **_following(book, found))


def following(book: Book, name: str, kept: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the rows that belong to the kept rows of a frame, by the name of theirs."""
    return {
        child: _belonging(getattr(book, child), key, kept["id"])
        for child, (key, parent) in FOLLOWS.items()
        if parent == name
    }


def _belonging(frame: pl.DataFrame, key: str, ids: pl.Series) -> pl.DataFrame:
    return frame.filter(looked_up(frame[key].fill_null(0), ids, pl.repeat(True, len(ids), eager=True), False))


def _following(
    book: Book, kept: Mapping[str, pl.DataFrame], known: Mapping[str, pl.DataFrame] | None = None
) -> dict[str, pl.DataFrame]:
    found = dict(known or {})
    for name, (key, other) in FOLLOWS.items():
        if name in found or name in kept:
            continue
        mine: pl.DataFrame = getattr(book, name)
        whole: pl.DataFrame = getattr(book, other)
        same = kept[other].height == whole.height
        found[name] = mine if same else _belonging(mine, key, kept[other]["id"])
    return found


def differing(one: Book, other: Book) -> list[str]:
    """Return the names of the frames that do not hold the same rows, in whatever order."""

    def ordered(book: Book, name: str) -> pl.DataFrame:
        return getattr(book, name).sort(["date", "loan"] if name == GROWING else "id")  # type: ignore[no-any-return]

    return [name for name in SCHEMAS if not ordered(one, name).equals(ordered(other, name))]
