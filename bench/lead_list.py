"""A page of a list of a million leads, filtered and sorted by every field the catalogue offers, through ``lists.page``.

Run ``python -m bench.lead_list --book FOLDER [--url URL]`` on a book that ``bench.search`` and ``bench._million`` wrote.
For each field: the first page of fifty sorted by it, and the first page filtered by a value it has, counted to 10,000 as
the page is (docs/decisions/0015); the exact figures that follow are measured apart. The alternative in
the same run: ``SELECT … ORDER BY id DESC LIMIT 50`` with neither filter, total nor sums.
"""

from __future__ import annotations

import argparse
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bench._served import quantile

TARGET = 300


def timed(work: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return the best of so many milliseconds, by the clock and of the processor."""
    clock, spent = [], []
    for _ in range(times):
        started, before = time.perf_counter(), time.process_time()
        work()
        clock.append((time.perf_counter() - started) * 1000)
        spent.append((time.process_time() - before) * 1000)
    return min(clock), min(spent)


def main() -> None:
    """Measure each field and print a table, the slowest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--book", required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--times", type=int, default=2)
    chosen = parser.parse_args()
    os.environ["LOANHUB_DATA_DIR"], os.environ["LOANHUB_DATABASE_URL"] = chosen.book, chosen.url
    from loanhub.domain.catalogue import BUILTIN
    from loanhub.domain.errors import LoanHubError
    from loanhub.domain.permissions import RoleCode
    from loanhub.models import Lead
    from loanhub.services import _transaction, lists
    from loanhub.services._transaction import reading
    from tests.builders import make_user

    now = datetime.now(UTC)
    reader = make_user(RoleCode.MANAGER, name="经理", login=f"bench-{uuid.uuid4().hex[:12]}", team="总部")
    with reading() as db:
        total = db.execute(sa.select(sa.func.count()).select_from(Lead)).scalar_one()
        plain = sa.select(Lead).order_by(sa.desc(Lead.id)).limit(50)
        print(f"{_transaction.engine().dialect.name}, {total:,} leads, load average {os.getloadavg()[0]:.1f}")
        bare = timed(lambda: db.execute(plain).scalars().all(), chosen.times)
        some = db.execute(plain.limit(1)).scalar_one()
    print(f"alternative, newest fifty, nothing else: {bare[0]:.0f} ms, {bare[1]:.0f} of processor")
    found: list[tuple[float, float, str]] = []

    def measure(name: str, **asked: Any) -> None:
        try:
            clock, spent = timed(
                lambda: lists.page(reader, "lead", near=True, now=now, **asked), chosen.times
            )
        except LoanHubError:
            return  # a field that is not sorted or filtered by, such as an encrypted one
        found.append((clock, spent, name))
        print(f"· {name}: {clock:.0f} ms, {spent:.0f} of processor", flush=True)

    measure("newest first, no filter")
    for name, asked in (
        ("", {}),
        (" of most", {"raw_criteria": {"field": "status", "op": "ne", "value": "lost"}}),
    ):
        first = timed(lambda asked=asked: lists.totals(reader, "lead", now=now, **asked), 1)
        again = timed(lambda asked=asked: lists.totals(reader, "lead", now=now, **asked), 1)
        print(
            f"exact figures{name} after the page: {first[0]:.0f} ms, {first[1]:.0f} of processor; kept {again[0]:.1f} ms"
        )
    for spec in BUILTIN.fields("lead"):
        measure(f"sorted by {spec.label}", sort=spec.key)
        measure(f"sorted by {spec.label}, page 1,000", sort=spec.key, offset=50_000)
        value = getattr(some, spec.column, None) if spec.column else None
        if value not in (None, "", []) and not spec.encrypted:
            shown = spec.kind_object.to_json(value)
            operator = "eq" if spec.kind not in ("choice", "user", "department") else "in"
            wanted = shown if operator == "eq" else [shown]
            measure(f"{spec.label} as the newest lead's", raw_criteria={"field": spec.key, "op": operator, "value": wanted})  # fmt: skip
    print("| the slowest | ms | CPU ms |\n| --- | ---: | ---: |")
    for clock, spent, name in sorted(found, reverse=True)[:30]:
        print(f"| {name} | {clock:.0f} | {spent:.0f} |")
    times = [clock for clock, _, _ in found]
    print(
        f"{len(found)} pages: p50 {quantile(times, 0.5):.0f}, p95 {quantile(times, 0.95):.0f} ms, "
        f"{sum(clock <= TARGET for clock in times)} within {TARGET}"
    )


if __name__ == "__main__":
    main()
