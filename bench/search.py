"""Global search over a million customers: what a keystroke costs at the server.

Writes customers with invented names and their search tokens straight into a throw-away database (SQLite, and PostgreSQL
when ``--url`` names an empty one), then asks what people ask: one and two characters, whole names, pinyin whole and half
typed, initials, phone tails, whole phones, numbers, firms; as a person who sees everything and as a representative who
sees her own. Compared in the same run with the obvious query, ``name LIKE '%…%'`` with the same scope and limit.

Run ``python -m bench.search --customers 1000000``.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

OWNERS = 300
CHUNK = 50_000


def _names(count: int, seed: int) -> list[str]:
    from loanhub.demo.people import COMPOUND, FEMALE, MALE, SURNAMES

    pick = random.Random(seed)
    surnames, given = [*SURNAMES, *COMPOUND], MALE + FEMALE
    return [
        pick.choice(surnames) + "".join(pick.choice(given) for _ in range(pick.choices((1, 2), (15, 85))[0]))
        for _ in range(count)
    ]


def fill(count: int, seed: int = 1) -> list[str]:
    """Write the customers and their tokens; return their names."""
    from loanhub.demo._raw_rows import catch_up_sequences, write
    from loanhub.domain.names import number_tokens, search_tokens
    from loanhub.models import Customer, Department, SearchToken, User
    from loanhub.models.encryption import blind_index, blind_index_tail, encrypt
    from loanhub.services._transaction import engine

    now, names = datetime(2026, 5, 20, 4, tzinfo=UTC), _names(count, seed)
    with engine().execution_options(writes=True).connect() as connection:
        with connection.begin():
            one = pl.DataFrame({"id": [1]})
            write(connection, Department, one, {"name": "总部", "path": "1/", "created_at": now})
            users = pl.DataFrame(
                {"id": range(1, OWNERS + 1), "login": [f"u{n}" for n in range(1, OWNERS + 1)]}
            )
            write(
                connection,
                User,
                users,
                {"name": "员工", "department_id": 1, "created_at": now, "password_hash": ""},
            )
        tokens: dict[str, list[str]] = {}
        kept: list[tuple[str, int]] = []
        for start in range(0, count, CHUNK):
            ids = range(start + 1, min(start + CHUNK, count) + 1)
            phones = [f"+86154{n:08d}" for n in ids]
            indexes = [blind_index("phone", phone) for phone in phones]
            tails = [blind_index_tail("phone", phone) for phone in phones]
            frame = pl.DataFrame(
                {
                    "id": ids, "number": [f"C{20200101 + n // 1000}{n % 1000:03d}" for n in ids],
                    "name": names[start : start + len(ids)], "phone_index": indexes,
                    "phone": [encrypt(phone, place="customer.phone") for phone in phones],
                    "phone_tail_index": tails, "owner_id": [n % OWNERS + 1 for n in ids],
                }
            )  # fmt: skip
            with connection.begin():
                write(
                    connection,
                    Customer,
                    frame,
                    {"created_at": now, "updated_at": now, "department_id": 1, "city": "上海"},
                )
            for row_id, name, number, index, tail in zip(
                ids, frame["name"], frame["number"], indexes, tails, strict=True
            ):
                if name not in tokens:
                    tokens[name] = sorted(search_tokens(name))
                kept += [(token, row_id) for token in tokens[name]]
                kept += [(token, row_id) for token in number_tokens(number)]
                kept += [(f"#{index}"[:80], row_id), (f"#{tail}"[:80], row_id)]
        everything = pl.DataFrame(kept, schema={"token": pl.String, "entity_id": pl.Int64}, orient="row")
        kept.clear()
        everything = everything.unique().sort("token", "entity_id")
        print(f"· {len(everything):,} tokens", flush=True)
        for start in range(0, len(everything), 1_000_000):
            with connection.begin():
                write(connection, SearchToken, everything[start : start + 1_000_000], {"entity": "customer"})
        with connection.begin():
            catch_up_sequences(connection, [Customer])
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ANALYZE customer")
                connection.exec_driver_sql("ANALYZE search_token")
    return names


def questions(names: Sequence[str], count: int, seed: int = 2) -> dict[str, list[str]]:
    """Return what is asked, by kind."""
    from loanhub.domain.names import full_pinyin, initials

    pick = random.Random(seed)
    some = [pick.choice(names) for _ in range(count)]
    return {
        "one character": [name[0] for name in some],
        "two characters": [name[:2] for name in some],
        "whole name": some,
        "pinyin": [full_pinyin(name) for name in some],
        "pinyin, half": [full_pinyin(name)[: max(2, len(full_pinyin(name)) // 2)] for name in some],
        "initials": [initials(name) for name in some],
        "phone tail": [f"{pick.randrange(10_000):04d}" for _ in some],
        "whole phone": [f"154{pick.randrange(1, len(names)):08d}" for _ in some],
        "number": [f"C{20200101 + pick.randrange(len(names)) // 1000}" for _ in some],
        "nothing": ["赵钱孙李周", "zzzzz", "qx zzq"],
    }


def measure(ask: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Return the milliseconds of each question."""
    times = []
    for text in texts:
        started = time.perf_counter()
        ask(text)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _row(label: str, times: Sequence[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"| {label} | {statistics.median(times):.1f} | {p95:.1f} | {max(times):.1f} |"


def main() -> None:
    """Fill, ask, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--url", default="")
    parser.add_argument("--data", default="")
    chosen = parser.parse_args()
    home = Path(chosen.data) if chosen.data else Path(tempfile.mkdtemp(prefix="loanhub-search-"))
    os.environ["LOANHUB_DATA_DIR"], os.environ["LOANHUB_DEMO_MODE"] = str(home), "true"
    if chosen.url:
        os.environ["LOANHUB_DATABASE_URL"] = chosen.url
    from loanhub.domain.permissions import Permission, Scope
    from loanhub.models import Customer
    from loanhub.repositories.schema import upgrade
    from loanhub.services import search
    from loanhub.services._actor import Actor
    from loanhub.services._transaction import engine, reading
    from loanhub.settings import prepare_folders, settings

    prepare_folders(settings())
    upgrade(engine())
    with engine().connect() as connection:
        there = int(connection.execute(sa.text("SELECT COUNT(*) FROM customer")).scalar_one())
    started = time.monotonic()
    names = _names(chosen.customers, 1) if there >= chosen.customers else fill(chosen.customers)
    print(
        f"· {chosen.customers:,} customers on {engine().dialect.name}, {time.monotonic() - started:.0f} s",
        flush=True,
    )
    rights = frozenset({Permission.SEARCH_USE, Permission.CUSTOMERS_READ, Permission.CUSTOMERS_REVEAL})
    everything = Actor(1, "风控", frozenset({"credit"}), rights, Scope.ALL)
    own = Actor(2, "客户经理", frozenset({"sales"}), rights, Scope.OWN)

    def like(text: str) -> Any:
        with reading() as db:
            column: Any = Customer.name
            return db.execute(sa.select(Customer.id, column).where(column.like(f"%{text}%")).limit(8)).all()

    asked = questions(names, chosen.questions)
    print("| question | p50 ms | p95 ms | worst |\n| --- | ---: | ---: | ---: |")
    for label, actor in (("everything", everything), ("own", own)):
        every: list[float] = []
        for kind, texts in asked.items():
            times = measure(lambda text, actor=actor: search.find(actor, text), texts)  # type: ignore[misc]
            every += times
            print(_row(f"{kind}, {label}", times), flush=True)
        print(_row(f"**all, {label}**", every), flush=True)
    alternative = measure(
        like, [text for kind in ("two characters", "whole name", "nothing") for text in asked[kind]]
    )
    print(_row("alternative: LIKE '%…%' on the name, no scope, unranked", alternative))


if __name__ == "__main__":
    main()
