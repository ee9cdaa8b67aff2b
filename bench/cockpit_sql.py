"""The cockpit's five figures beside DuckDB and PostgreSQL, on the same rows in the same run.

``python -m bench.cockpit_sql --book FOLDER``: takes the kept book of the database in FOLDER with as many leads as loans laid over it
(``bench.cockpit``), copies leads, loans and month ends into DuckDB (in memory) and into a throw-away PostgreSQL (with the index on
month ends that its questions want), asks each the same five questions, and compares the answers before it prints. DuckDB is no
dependency of the product: ``pip install duckdb`` first; without it that column is left out. The product also makes the lists behind
the figures addressable and keeps the month ends added up, which is why it is given twice: with nothing kept, and as a viewer meets it.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

import polars as pl

from bench._postgres import postgres

ROUNDS = 7
TABLES = ("leads", "loans", "snapshots")
Ask = Callable[[str], list[tuple[Any, ...]]]


def questions(
    always: tuple[date, date], quarter: tuple[date, date], ends: tuple[date, date]
) -> dict[str, str]:
    """Return the five figures as SQL both databases read; spans are from the first day to before the second."""
    reached = ", ".join(f"COUNT(*) FILTER (WHERE reached >= {stage})" for stage in range(7))
    first, last = quarter
    return {
        "funnel": f"SELECT {reached} FROM leads WHERE created >= '{always[0]}' AND created < '{always[1]}'",
        "overdue by bucket": "SELECT bucket, SUM(outstanding_fen), COUNT(*) FROM loans WHERE open GROUP BY bucket",
        "vintage": (
            "SELECT CAST(date_trunc('month', l.disbursed) AS DATE), s.date, SUM(s.balance_fen) FROM snapshots s"
            " JOIN loans l ON l.id = s.loan WHERE s.bucket >= 2 GROUP BY 1, 2"
        ),
        "roll matrix": (
            "SELECT a.bucket, b.bucket, COUNT(*), SUM(a.balance_fen)"
            f" FROM (SELECT loan, bucket, balance_fen FROM snapshots WHERE date = '{ends[0]}') a"
            f" LEFT JOIN (SELECT loan, bucket FROM snapshots WHERE date = '{ends[1]}') b ON b.loan = a.loan GROUP BY 1, 2"
        ),
        "leaders": (
            "WITH lent AS (SELECT owner, SUM(principal_fen) AS fen, COUNT(*) AS loans FROM loans"
            f" WHERE disbursed >= '{first}' AND disbursed < '{last}' AND owner IS NOT NULL GROUP BY owner),"
            " worked AS (SELECT d.owner, COUNT(*) AS leads, COUNT(w.lead) AS won FROM leads d"
            " LEFT JOIN (SELECT DISTINCT lead FROM loans WHERE lead IS NOT NULL) w ON w.lead = d.id"
            f" WHERE d.created >= '{first}' AND d.created < '{last}' AND d.owner IS NOT NULL GROUP BY d.owner)"
            " SELECT COALESCE(lent.owner, worked.owner), COALESCE(fen, 0), COALESCE(loans, 0), COALESCE(leads, 0), COALESCE(won, 0)"
            " FROM lent FULL JOIN worked ON worked.owner = lent.owner ORDER BY 2 DESC, 3 DESC, 1 LIMIT 20"
        ),
    }  # fmt: skip


def _took(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return (time.perf_counter() - started) * 1000, found


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return the first time and the middle of the next in milliseconds, and what was found."""
    first, found = _took(work)
    return first, median(_took(work)[0] for _ in range(ROUNDS)), found


def _duckdb(frames: dict[str, pl.DataFrame]) -> Ask | None:
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except ImportError:
        return None
    connection = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in frames.items():
            frame.write_parquet(f"{folder}/{name}")
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet('{folder}/{name}')")
    return lambda query: connection.execute(query).fetchall()  # type: ignore[no-any-return]


_TYPES = {
    pl.Date: "date",
    pl.String: "text",
    pl.Boolean: "boolean",
    pl.Int8: "smallint",
    pl.Float64: "double precision",
}


def _fill(cursor: Any, frames: dict[str, pl.DataFrame]) -> None:
    for name, frame in frames.items():
        columns = ", ".join(
            f'"{key}" {_TYPES.get(type(kind), "bigint")}' for key, kind in frame.schema.items()
        )
        cursor.execute(f"CREATE TABLE {name} ({columns})")
        text = io.BytesIO()
        frame.write_csv(text, include_header=False)
        with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)") as copied:
            copied.write(text.getbuffer())
    cursor.execute("CREATE INDEX ON snapshots (date, loan)")
    cursor.execute("VACUUM ANALYZE")


def _plain(rows: Any) -> list[tuple[Any, ...]]:
    """Return rows to compare: sums as whole numbers, in one order."""
    return sorted(
        (tuple(int(one) if one is not None and not isinstance(one, (str, date)) else one for one in row) for row in rows),
        key=repr,
    )  # fmt: skip


def check(asked: Ask, five: dict[str, Any], names: dict[str, str]) -> None:
    """Refuse to print figures of questions that were not answered alike."""
    assert list(asked(names["funnel"])[0]) == [step.count for step in five["funnel"]]
    open_fen = sum(int(row[1]) for row in asked(names["overdue by bucket"]))
    assert open_fen == five["overdue by bucket"]["balance_fen"].sum()
    late = {(row[0], row[1]): int(row[2]) for row in asked(names["vintage"])}
    shown = [fen for cohort in five["vintage"] for fen in cohort.bad_fen if fen]
    assert set(shown) <= set(late.values()) and shown
    rolled = sum(int(row[3]) for row in asked(names["roll matrix"]))
    assert rolled == sum(row.balance_fen for row in five["roll matrix"].values())
    assert [int(row[1]) for row in asked(names["leaders"])] == five["leaders"]["amount_fen"].to_list()


def run() -> None:
    """Measure and print."""
    from bench.cockpit import _five, _with_leads
    from loanhub.analytics.book import Window, period
    from loanhub.services import cockpit

    now, keeper = datetime.now(UTC), cockpit.keeper()
    book = _with_leads(keeper.whole(), now.date())
    window, _ = period("quarter", now.date())
    always = Window(now.date().replace(year=now.year - 3), now.date())
    five = dict(_five(keeper, book, now))
    anew, _ = _took(lambda: [work() for work in five.values()])
    ours = {name: timed(work) for name, work in five.items()}
    found = {name: one[2] for name, one in ours.items()}
    dates = keeper.history(("bench",), book).dates[-2:]
    names = questions((always.first, always.end), (window.first, window.end), (dates[0], dates[1]))
    frames = {name: getattr(book, name) for name in TABLES}
    columns: dict[str, dict[str, tuple[float, float, Any]]] = {}
    if (duck := _duckdb(frames)) is not None:
        check(duck, found, names)
        columns["DuckDB"] = {name: timed(lambda q=query: duck(q)) for name, query in names.items()}
    with postgres() as url:
        import psycopg

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.cursor()
            _fill(cursor, frames)

            def ask(query: str) -> list[tuple[Any, ...]]:
                return cursor.execute(query).fetchall()

            check(ask, found, names)
            columns["PostgreSQL"] = {name: timed(lambda q=query: ask(q)) for name, query in names.items()}
            for name, one in columns.get("DuckDB", {}).items():
                assert _plain(one[2]) == _plain(columns["PostgreSQL"][name][2]), name
    print(f"{book.loans.height:,} loans, {book.snapshots.height:,} month ends, {book.leads.height:,} leads; "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; middle of {ROUNDS}")  # fmt: skip
    print(f"{'milliseconds':<20}{'kept book':>12}" + "".join(f"{name:>14}" for name in columns))
    for name, one in ours.items():
        print(
            f"{name:<20}{one[1]:>12.1f}" + "".join(f"{column[name][1]:>14.1f}" for column in columns.values())
        )
    sums = [sum(one[1] for one in column.values()) for column in columns.values()]
    print(
        f"{'all five':<20}{sum(one[1] for one in ours.values()):>12.1f}"
        + "".join(f"{one:>14.1f}" for one in sums)
    )
    print(f"all five with nothing kept, month ends added up anew: {anew:,.1f} ms")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--book", required=True, help="the data folder of a big book")
    chosen = parser.parse_args()
    os.environ["LOANHUB_DATA_DIR"] = chosen.book
    run()


if __name__ == "__main__":
    main()
