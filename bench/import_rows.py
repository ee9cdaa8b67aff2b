"""Importing a list: from the uploaded spreadsheet to the last event, through the very use cases of the page.

Rows of five columns with as many names as a real list has, half of whose phones the company knows already; cleaning,
duplicates, owner, number, search tokens and one event each. ``--owner rules`` gives them out in turn to thirty people. Compared in the same run with reading the sheet alone, and with one plain INSERT a row for bare
leads (executemany, nothing checked). Run ``python -m bench.import_rows --rows 10000``; ``--book FOLDER [--url URL]``
imports into a million customers that ``bench.search`` wrote, ``--profile FILE`` keeps a profile.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

HEADERS = ("客户姓名", "联系电话", "意向金额(万)", "城市", "备注")


def sheet(path: Path, rows: int, known: int) -> None:
    """Write the list; the first half has phones the book has (154 and the number of the customer), the rest new ones."""
    from bench.search import _names

    fresh = uuid.uuid4().int % 50_000_000 + 40_000_000
    names = _names(rows, fresh)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("名单")
        page.write_row(0, 0, HEADERS)
        for number in range(rows):
            phone = number + 1 if number < min(known, rows // 2) else fresh + number
            city = ("上海", "苏州")[number % 2]
            page.write_row(
                number + 1, 0, (names[number], f"154{phone:08d}", 10 + number % 90, city, "展会名单")
            )


def rules_for(people: int, now: datetime) -> None:
    """Put one rule in force: everything in turn to so many people of one team."""
    from loanhub.domain.permissions import RoleCode
    from loanhub.services import assignment
    from tests.builders import make_user

    admin = make_user(RoleCode.ADMIN, login=f"bench-{uuid.uuid4().hex[:12]}")
    team = [make_user(RoleCode.SALES, login=f"bench-{uuid.uuid4().hex[:12]}") for _ in range(people)]
    assignment.save_rule(
        admin, expected=assignment.view(admin, now=now).draft_version, name=f"全部 {uuid.uuid4().hex[:6]}", raw_criteria={}, strategy="round_robin",
        hours="any", fallback="next_rule", candidates=[("user", one.user_id, 1) for one in team], now=now,
    )  # fmt: skip
    assignment.publish(admin, expected=assignment.view(admin, now=now).draft_version, now=now)


def timed(name: str, work: Callable[[], Any]) -> Any:
    """Run and print seconds and processor time, that of ended helper processes included."""

    started, before = time.perf_counter(), os.times()
    found = work()
    after = os.times()
    own = after.user + after.system - before.user - before.system
    helper = after.children_user + after.children_system - before.children_user - before.children_system
    print(f"| {name} | {time.perf_counter() - started:.2f} | {own:.2f} | {helper:.2f} |", flush=True)
    return found


def bare(rows: int, folder: Path) -> None:
    """Insert bare leads."""
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, name TEXT, phone TEXT UNIQUE, city TEXT)")
    connection.executemany(
        "INSERT INTO lead VALUES (NULL, '孙立', ?, '上海')", ((str(number),) for number in range(rows))
    )
    connection.commit()
    connection.close()


def main() -> None:
    """Write the sheet, import it, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--book", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--profile", default="")
    parser.add_argument("--owner", choices=("me", "rules"), default="me")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="loanhub-import-"))
    os.environ["LOANHUB_DATA_DIR"], os.environ["LOANHUB_DEMO_MODE"] = chosen.book or str(folder), "true"
    os.environ["LOANHUB_DATABASE_URL"] = chosen.url
    from loanhub import collector
    from loanhub.domain.permissions import RoleCode
    from loanhub.repositories import schema
    from loanhub.services import _transaction, files
    from loanhub.services.imports import prepare, result, run
    from loanhub.settings import prepare_folders, settings
    from tests.builders import make_company, make_user

    now = datetime.now(UTC).replace(microsecond=0)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    if not chosen.book:
        make_company(now)
    actor = make_user(RoleCode.TEAM_LEAD, name="组长", login=f"bench-{uuid.uuid4().hex[:12]}")
    if chosen.owner == "rules":
        rules_for(30, now)
    path = folder / "leads.xlsx"
    sheet(path, chosen.rows, 1_000_000 if chosen.book else 0)
    print(
        f"{_transaction.engine().dialect.name}, {chosen.rows:,} rows, load average {os.getloadavg()[0]:.1f}"
    )
    print("| part | s | CPU s | of its helper |\n| --- | ---: | ---: | ---: |")

    def upload() -> int:
        with path.open("rb") as source:
            stored = files.upload(actor, source=source, file_name=path.name, kind=files.IMPORT_KIND, now=now)
        return prepare.create(actor, file_id=stored.id, now=now)

    batch = timed("upload, read, columns recognized", upload)
    timed(
        "rows cleaned and judged",
        lambda: prepare.set_options(
            actor, batch_id=batch, raw={"owner": chosen.owner, "duplicates": "touch", "consent": True}
        ),
    )

    def bring_in() -> None:
        run.start(actor, batch_id=batch, now=now)
        run.run(actor, batch_id=batch, clock=lambda: datetime.now(UTC))

    collector.spare()  # as the server does
    # Processor time, not the clock: other work on the machine then does not stand in the profile.
    watch = cProfile.Profile(time.process_time) if chosen.profile else None
    if watch is not None:
        watch.enable()
    timed("导入 to the last event", bring_in)
    if watch is not None:
        watch.disable()
        watch.dump_stats(chosen.profile)
    shown = result.show(actor, batch_id=batch, now=now)
    timed(
        "alternative: reading the sheet alone",
        lambda: len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()),
    )
    timed("alternative: bare rows by executemany, nothing checked", lambda: bare(chosen.rows, folder))
    print(f"{shown.created:,} new, {shown.groups['duplicate']:,} known, {shown.groups['refused']:,} refused")


if __name__ == "__main__":
    main()
