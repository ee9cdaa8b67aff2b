"""The cockpit on a big book: first look, warm look, a change folded in, fifty viewers, memory.

``python -m bench.cockpit [--loans 1000000] [--book FOLDER]``: builds the book in a throw-away folder, or uses the
database in FOLDER (it is brought to the newest schema and gets one event). Alternative in the same run: the same tiles'
sums asked of the database in SQL, one query each, without scope, tables or comparison periods.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
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


def _five(kept: Any, now: datetime) -> list[tuple[str, Any]]:
    """Return the five figures of guides/performance.md §4 over a kept book: each computed, none taken from a result kept."""
    from loanhub.analytics import history, tables
    from loanhub.analytics.book import Window, period
    from loanhub.services._actor import SYSTEM

    book = kept.of(SYSTEM)
    window, _ = period("quarter", now.date())
    always = Window(now.date().replace(year=now.year - 3), now.date())
    return [
        ("funnel", lambda: tables.funnel(book, always, 7)),
        ("overdue by bucket", lambda: tables.ageing(book)),
        ("vintage", lambda: history.vintage(kept.history(("bench",), book), cohorts=24, months=12)),
        ("roll matrix", lambda: history.roll(book, *kept.history(("bench",), book).dates[-2:])),
        ("leaders", lambda: tables.leaders(book, window).head(20)),
    ]


def child(loans: int) -> None:
    """Measure in a process of its own, over the database the environment names."""
    import sqlalchemy as sa

    from loanhub.analytics.book import within
    from loanhub.models import Loan
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
    before = _megabytes()
    lines = []
    keeper = cockpit.keeper()
    anew, book = _took(keeper.rebuild)
    lines.append(("read anew from the database", anew))
    lines.append(("written to the file", _took(keeper.save)[0]))
    fresh = cockpit.Keeper(engine(), Path(os.environ["LOANHUB_DATA_DIR"]) / "book")
    lines.append(("first look: taken from the file", _took(fresh.whole)[0]))
    look = lambda: cockpit.look(SYSTEM, now=now)  # noqa: E731
    five = _five(fresh, now)
    cold = [(f"{name}, cold", _took(work)[0]) for name, work in five]
    lines += cold
    lines.append(("the five, cold", sum(milliseconds for _, milliseconds in cold)))
    warm = [
        (f"{name}, warm, median of 5", sorted(_took(work)[0] for _ in range(5))[2]) for name, work in five
    ]
    lines += warm
    lines.append(("the five, warm", sum(milliseconds for _, milliseconds in warm)))
    lines.append(("whole cockpit, first look", _took(look)[0]))
    lines.append(("whole cockpit, nothing changed, median of 9", sorted(_took(look)[0] for _ in range(9))[4]))
    one = book.loans["id"][book.loans.height // 2]
    folds = []
    for _ in range(9):
        with transaction() as db:
            db.execute(sa.update(Loan).where(Loan.id == one).values(dpd=Loan.dpd + 1))  # type: ignore[arg-type]
            events.record(db, SYSTEM, "payment.posted", now=now, entity="loan", entity_id=one)
        folds.append(_took(keeper.whole)[0])
    lines.append(("one payment folded in, median of 9", sorted(folds)[4]))
    lines.append(("whole cockpit after it", _took(look)[0]))
    owners = book.loans["owner"].drop_nulls().mode()
    owner = owners[0] if len(owners) else 0  # the bulk book belongs to nobody
    lines.append(
        ("a reader's part of it", _took(lambda: within(book, user_id=owner, departments=frozenset()))[0])
    )
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(50):
        look()
    lines.append(("fifty viewers of the whole, one after the other", (time.perf_counter() - started) * 1000))
    first = now.date().replace(day=1).isoformat()
    with reading() as db:
        sql = _took(lambda: [db.execute(sa.text(query), {"first": first} if ":first" in query else {}).all() for query in SQL])[0]  # fmt: skip
    lines.append((f"alternative: {len(SQL)} of its sums in SQL", sql))
    print(f"{engine().dialect.name}, {book.loans.height:,} loans, {book.leads.height:,} leads, {book.payments.height:,} payments; "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    for name, milliseconds in lines:
        print(f"{name:<52}{milliseconds:10.1f} ms   {milliseconds / sql:8.3f} × SQL")
    print(f"memory: {_megabytes():,.0f} MB at the most, {before:,.0f} MB before; {time.process_time() - cpu:.1f} s CPU for the fifty")  # fmt: skip


def main() -> None:
    """Build the book when none is named, and measure in a child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--book", type=Path, help="a data folder with a big book")
    parser.add_argument("--child", action="store_true")
    options = parser.parse_args()
    if options.child:
        child(options.loans)
        return
    folder = options.book or Path(tempfile.mkdtemp(prefix="loanhub-cockpit-"))
    env = {**os.environ, "LOANHUB_DATA_DIR": str(folder), "LOANHUB_DEMO_MODE": "true"}
    if options.book is None:
        subprocess.run([sys.executable, "-m", "loanhub.cli.main", "book", "--loans", str(options.loans)], check=True, env=env)  # fmt: skip
    subprocess.run([sys.executable, "-m", "bench.cockpit", "--child"], check=True, env=env)


if __name__ == "__main__":
    main()
