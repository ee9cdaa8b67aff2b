"""The cockpit on a big book: first look, warm look, a change folded in, fifty viewers, memory.

``python -m bench.cockpit [--loans 1000000] [--book FOLDER] [--anew]``: builds the book in a throw-away folder, or uses
the database in FOLDER (it is brought to the newest schema and gets some events). One process reads the book from the
database and writes the file (``--anew`` does so where FOLDER has one already), another serves from the file, so that each
memory is that of one book. Alternative in the same run: the same tiles' sums asked of the database in SQL, one query
each, without scope, tables or comparison periods.

The big book has loans and month ends only. Lines that end in ``with leads`` are of the same book with as many leads,
applications and customers, and twice as many moves, laid over it in memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SQL = (
    "SELECT COUNT(*) FROM lead WHERE created_at >= :first",
    "SELECT COALESCE(SUM(principal_fen), 0) FROM loan WHERE mode = 'own' AND disbursed_date >= :first",
    "SELECT COUNT(*) FROM application WHERE decided_at >= :first",
    "SELECT bucket, COUNT(*), SUM(outstanding_principal_fen) FROM loan WHERE mode = 'own' GROUP BY bucket",
    "SELECT owner_id, SUM(principal_fen) FROM loan WHERE disbursed_date >= :first GROUP BY owner_id ORDER BY 2 DESC LIMIT 8",
    "SELECT substr(disbursed_date, 1, 7), SUM(principal_fen) FROM loan GROUP BY 1",
)


def _took(work: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return (time.perf_counter() - started) * 1000, found


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _five(kept: Any, book: Any, now: datetime) -> list[tuple[str, Any]]:
    """Return the five figures of the performance guide's §4 over a kept book: each computed, none taken from a result kept.

    Kept are the month ends added up, which change once a month, and which leads were lent to.
    """
    from loanhub.analytics import history, tables
    from loanhub.analytics.book import Window, period

    window, _ = period("quarter", now.date())
    always = Window(now.date().replace(year=now.year - 3), now.date())
    return [
        ("funnel", lambda: tables.funnel(book, always, 7)),
        ("overdue by bucket", lambda: tables.ageing(book)),
        ("vintage", lambda: history.vintage(kept.history(("bench",), book), cohorts=24, months=12)),
        ("roll matrix", lambda: history.roll(book, *kept.history(("bench",), book).dates[-2:])),
        ("leaders", lambda: tables.leaders(book, window).head(20)),
    ]


def _with_leads(book: Any, today: date) -> Any:
    """Return the book with a lead, an application and a customer a loan, spread over two years, and two moves a lead."""
    import polars as pl

    from loanhub.analytics.book import SCHEMAS

    ids = pl.int_range(1, book.loans.height + 1, eager=True)

    def spread(count: int, shift: int = 0) -> pl.Series:
        return (ids + shift) * 2_654_435_761 % 1_000_003 * count // 1_000_003

    def one_of(*codes: str) -> pl.Series:
        return spread(len(codes)).replace_strict(dict(enumerate(codes)), return_dtype=pl.String)

    day = (pl.Series([today]).cast(pl.Int32)[0] - spread(700)).cast(pl.Int32).cast(pl.Date)
    common = {
        "id": ids, "created": day, "owner": spread(200) + 1, "department": spread(12) + 1, "manager": spread(200) + 1,
        "channel": one_of("douyin", "baidu", "wechat", "partner", "visit", "referral"), "city": one_of("杭州", "上海", "宁波"),
        "product": one_of("a", "b", "c"), "lead": ids,
    }  # fmt: skip
    made = {
        "leads": common | {
            "stage": spread(7), "reached": spread(7), "cost_fen": spread(20_000), "valid": spread(10) > 1,
            "contacted": spread(10) > 2, "status": one_of("contacted", "new", "lost", "invalid"), "reason": one_of("", "price"),
            "assigned": spread(10) > 0, "assigned_on": day, "assigned_at": day.cast(pl.Int64) * 86_400,
            "contacted_at": day.cast(pl.Int64) * 86_400 + spread(20_000),
        },
        "customers": common,
        "applications": common | {
            "submitted": day, "decided": day, "approved": spread(10) > 2, "rejected": spread(10) <= 2, "grade": spread(4) + 1,
            "amount_fen": spread(9_000_000), "approved_fen": spread(9_000_000), "minutes": spread(6_000),
        },
    }  # fmt: skip
    frames = {
        name: pl.DataFrame({key: columns[key] for key in SCHEMAS[name]}).cast(SCHEMAS[name])
        for name, columns in made.items()
    }
    move = {
        "lead": ids,
        "stage": spread(6),
        "to": spread(6) + 1,
        "moved": day,
        "stayed_seconds": spread(99_999),
    }
    frames["moves"] = pl.concat(pl.DataFrame({"id": ids * 2 + turn, **move}) for turn in (0, 1)).cast(SCHEMAS["moves"])  # fmt: skip
    frames["loans"] = book.loans.with_columns(lead=ids.shuffle(seed=1), owner=spread(200) + 1)
    return book.having(frames)


def read_anew() -> None:
    """Bring the database to what the measurement needs, read the book from it and write the file, alone in a process."""
    import sqlalchemy as sa

    from loanhub.repositories.schema import upgrade
    from loanhub.services import cockpit, events
    from loanhub.services._actor import SYSTEM
    from loanhub.services._transaction import engine, reading, transaction

    upgrade(engine())
    now = datetime.now(UTC)
    with transaction() as db:
        events.record(db, SYSTEM, "demo.built", now=now, summary="bench")
    with reading() as db:
        has_months = db.execute(sa.text("SELECT 1 FROM loan_snapshot LIMIT 1")).first() is not None
    if not has_months:
        from loanhub.demo._bulk_months import write_months

        with engine().execution_options(writes=True).connect() as connection:
            wrote, count = _took(lambda: write_months(connection, before=now.date()))
        print(f"{count:,} month ends written in {wrote / 1000:.0f} s")
    before, keeper = _megabytes(), cockpit.keeper()
    print(f"read anew from the database {_took(keeper.rebuild)[0]:,.0f} ms, written to the file {_took(keeper.save)[0]:,.0f} ms; "
          f"memory {_megabytes():,.0f} MB at the most, {before:,.0f} MB before; load average {os.getloadavg()[0]:.1f}")  # fmt: skip


def serve() -> None:
    """Measure what viewers wait for, from the file, in a process of its own."""
    import sqlalchemy as sa

    from loanhub.analytics.book import within
    from loanhub.models import Loan
    from loanhub.services import cockpit, events
    from loanhub.services._actor import SYSTEM
    from loanhub.services._transaction import engine, reading, transaction

    now, before = datetime.now(UTC), _megabytes()
    lines: list[tuple[str, float]] = []
    keeper = cockpit.keeper()
    taken, book = _took(keeper.whole)
    lines.append(("first look: taken from the file", taken))
    look = lambda: cockpit.look(SYSTEM, now=now)  # noqa: E731
    lines += _five_lines(_five(keeper, book, now), "")
    lines.append(("whole cockpit, first look", _took(look)[0]))
    lines.append(("whole cockpit, nothing changed, median of 9", sorted(_took(look)[0] for _ in range(9))[4]))
    one = book.loans["id"][book.loans.height // 2]
    folds, after = [], []
    for _ in range(9):
        with transaction() as db:
            db.execute(sa.update(Loan).where(Loan.id == one).values(dpd=Loan.dpd + 1))  # type: ignore[arg-type]
            events.record(db, SYSTEM, "payment.posted", now=now, entity="loan", entity_id=one)
        folds.append(_took(keeper.whole)[0])
        after.append(_took(look)[0])
    lines.append(("one payment folded in, median of 9", sorted(folds)[4]))
    lines.append(("whole cockpit after it, median of 9", sorted(after)[4]))
    owners = book.loans["owner"].drop_nulls().mode()
    owner = owners[0] if len(owners) else 0  # the bulk book belongs to nobody
    part = _took(lambda: within(book, user_id=owner, departments=frozenset()))[0]
    lines.append(("a reader's part of it", part))
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(50):
        look()
    lines.append(("fifty viewers of the whole, one after the other", (time.perf_counter() - started) * 1000))
    cpu = time.process_time() - cpu
    peak = _megabytes()
    keeper._book = _with_leads(book, now.date())
    lines += _five_lines(_five(keeper, keeper._book, now), ", with leads")
    looks = []
    for _ in range(5):
        keeper._book, keeper.version = (
            keeper._book.having({"loans": keeper._book.loans.clone()}),
            keeper.version + 1,
        )
        looks.append(_took(look)[0])
    lines.append(("whole cockpit after a change, median of 5, with leads", sorted(looks)[2]))
    first = now.date().replace(day=1).isoformat()
    with reading() as db:
        sql = _took(lambda: [db.execute(sa.text(query), {"first": first} if ":first" in query else {}).all() for query in SQL])[0]  # fmt: skip
    lines.append((f"alternative: {len(SQL)} of its sums in SQL", sql))
    print(f"{engine().dialect.name}, {book.loans.height:,} loans, {book.snapshots.height:,} month ends, {book.payments.height:,} payments; "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    for name, milliseconds in lines:
        print(f"{name:<58}{milliseconds:10.1f} ms   {milliseconds / sql:8.3f} × SQL")
    print(f"memory: {peak:,.0f} MB at the most, {_megabytes():,.0f} with leads, {before:,.0f} MB before; {cpu:.1f} s CPU for the fifty")  # fmt: skip


def _five_lines(five: list[tuple[str, Any]], note: str) -> list[tuple[str, float]]:
    cold = [(f"{name}, cold{note}", _took(work)[0]) for name, work in five]
    warm = [(f"{name}, warm, median of 5{note}", sorted(_took(work)[0] for _ in range(5))[2]) for name, work in five]  # fmt: skip
    return [
        *cold, (f"the five, cold{note}", sum(took for _, took in cold)),
        *warm, (f"the five, warm{note}", sum(took for _, took in warm)),
    ]  # fmt: skip


def main() -> None:
    """Build the book when none is named, and measure in a child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--book", type=Path, help="a data folder with a big book")
    parser.add_argument(
        "--anew", action="store_true", help="read the book from the database though a file is there"
    )
    parser.add_argument("--child", choices=("anew", "serve"))
    options = parser.parse_args()
    if options.child:
        (read_anew if options.child == "anew" else serve)()
        return
    folder = options.book or Path(tempfile.mkdtemp(prefix="loanhub-cockpit-"))
    env = {**os.environ, "LOANHUB_DATA_DIR": str(folder), "LOANHUB_DEMO_MODE": "true"}
    if options.book is None:
        subprocess.run([sys.executable, "-m", "loanhub.cli.main", "book", "--loans", str(options.loans)], check=True, env=env)  # fmt: skip
    steps = ["serve"] if not options.anew and (folder / "book" / "book.json").exists() else ["anew", "serve"]
    for step in steps:
        subprocess.run([sys.executable, "-m", "bench.cockpit", "--child", step], check=True, env=env)


if __name__ == "__main__":
    main()
