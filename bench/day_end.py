"""The day-end of a big book: every figure computed, everything written and committed.

``python -m bench.day_end [--loans 1000000] [--book FOLDER]``. Alternatives in the same run on the same file: one pure
SQL UPDATE of the overdue loans alone (days and bucket, nothing else), and the product's replay loan by loan, measured
on a part and scaled.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

REPLAYED = 400


def _run(url: str, day: date) -> None:
    """The child: one business date, alone in its process, so that its memory is its own."""
    from loanhub.services import _transaction, day_end
    from loanhub.services._actor import SYSTEM

    _transaction.configure(_transaction.make_engine(url))
    moment = datetime(day.year, day.month, day.day, 14, tzinfo=UTC)
    seen: list[day_end.Progress] = []
    started, cpu = time.perf_counter(), time.process_time()
    day_end.catch_up(SYSTEM, until=day, clock=lambda: moment, progress=seen.append)
    wall, spent = time.perf_counter() - started, time.process_time() - cpu
    last = next((one for one in reversed(seen) if not one.finished), None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"day-end {day}: {wall:.1f} s, {spent:.1f} s of CPU, {peak:,.0f} MB; "
        + (
            f"{last.loans:,} loans, {last.changed:,} changed, {last.replayed:,} replayed, {last.parked:,} parked"
            if last
            else ""
        )
    )


def _sql_only(path: str, day: date) -> float:
    """Days overdue and bucket of the loans that owe something past due, in one statement, in one commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        """UPDATE loan SET dpd = late.days, bucket = CASE WHEN late.days > 180 THEN 'M7+' WHEN late.days = 0 THEN 'M0'
               ELSE 'M' || ((late.days + 29) / 30) END
           FROM (SELECT loan_id, CAST(julianday(?) - julianday(MIN(due_date)) AS INTEGER) AS days FROM installment
                 WHERE cleared_date IS NULL AND due_date <= ? GROUP BY loan_id) AS late
           WHERE loan.id = late.loan_id""",
        (day.isoformat(), day.isoformat()),
    )
    changed = connection.execute("SELECT changes()").fetchone()[0]
    connection.execute("ROLLBACK")  # the day-end after it must find the book as it was
    print(
        f"alternative: pure SQL, overdue loans only, days and bucket only: {time.perf_counter() - started:.1f} s, {changed:,} loans"
    )
    return time.perf_counter() - started


def _replay(path: str, day: date) -> None:
    """The replay of one loan after the other, without writing, scaled to the open loans."""
    from loanhub.domain.repayment.options import ServicingOptions
    from loanhub.domain.repayment.servicing import replay
    from loanhub.domain.repayment.terms import Terms

    connection = sqlite3.connect(path)
    total = connection.execute(
        "SELECT COUNT(*) FROM loan WHERE status IN ('active', 'grace', 'overdue')"
    ).fetchone()[0]
    rows = connection.execute(
        "SELECT terms, servicing FROM loan WHERE status IN ('active', 'grace', 'overdue') LIMIT ?",
        (REPLAYED,),
    ).fetchall()
    started = time.perf_counter()
    for terms, servicing in rows:
        replay(
            Terms.parse(json.loads(terms)),
            (),
            as_of=day,
            options=ServicingOptions.parse(json.loads(servicing)),
        )
    each = (time.perf_counter() - started) / max(1, len(rows))
    print(
        f"alternative: replay loan by loan, computing only: {each * 1000:.2f} ms a loan, {each * total:,.0f} s for {total:,} (scaled)"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--loans", type=int, default=1_000_000)
    options.add_argument("--book", default="", help="a folder with a book made before (LOANHUB_DATA_DIR)")
    options.add_argument("--child", nargs=2, default=None)
    given = options.parse_args()
    if given.child:
        _run(given.child[0], date.fromisoformat(given.child[1]))
        return
    folder = Path(given.book) if given.book else Path(tempfile.mkdtemp(prefix="loanhub-bench-"))
    path = folder / "loanhub.db"
    if not path.exists():
        environment = {**os.environ, "LOANHUB_DATA_DIR": str(folder), "LOANHUB_DEMO_MODE": "true"}
        environment.pop("LOANHUB_DATABASE_URL", None)
        subprocess.run(
            [sys.executable, "-m", "loanhub.cli.main", "book", "--loans", str(given.loans)],
            env=environment,
            check=True,
        )
    connection = sqlite3.connect(path)
    stands = date.fromisoformat(connection.execute("SELECT MAX(as_of_date) FROM loan").fetchone()[0])
    connection.close()
    print(
        f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {path.stat().st_size / 1e9:.1f} GB file"
    )
    for ahead in (1, 2):
        day = stands + timedelta(days=ahead)
        if ahead == 2:
            _sql_only(str(path), day)
            _replay(str(path), day)
        subprocess.run(
            [sys.executable, "-m", "bench.day_end", "--child", f"sqlite:///{path}", day.isoformat()],
            check=True,
        )


if __name__ == "__main__":
    main()
