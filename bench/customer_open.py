"""Opening customer 360: from the event sent to the head's fields on the wire, over real sockets, alone and with a hundred.

Compared in the same run with the named alternative "everything at once": waiting until timeline, documents, related
parties, scores and tags are there as well before anything is shown, as a page that is one query plan would.

Run ``python -m bench.customer_open [--database postgresql]`` for a small company, or with ``--book FOLDER [--url URL]`` on
a million customers that ``bench.search --data FOLDER [--url URL]`` wrote; each is given a past first. ``--people 100``
connects a hundred, each opening a customer about every five seconds. Drawing in the browser is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._postgres import database
from bench._served import Served, Tab, quantile, served

STATES = "reflex___state____state.loanhub___state____base____session_state."
SESSION = STATES.rstrip(".")
CUSTOMER = f"{STATES}loanhub___state___customer____customer_state"
SECTIONS = f"{STATES}loanhub___state___customer_sections____customer_sections_state"


SECONDS_BETWEEN = 5.0


def seed(people: int, number: int, notes: int, *, book: bool) -> None:
    """Write customers of each person with follow-ups and a related party; print ids and tokens.

    On a book the customers are taken from all over it.
    """
    import sqlalchemy as sa

    from bench._million import grow
    from loanhub.domain.permissions import RoleCode
    from loanhub.repositories import schema
    from loanhub.services import _transaction, auth, customers, interactions
    from loanhub.settings import prepare_folders, settings
    from tests.builders import make_company, make_phone, make_user

    now = datetime.now(UTC).replace(microsecond=0)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    with _transaction.reading() as db:
        known = db.execute(sa.text("SELECT COUNT(*) FROM role")).scalar_one()
    if not known:
        make_company(now)
    whole = grow() if book else 0
    pick, rows = random.Random(uuid.uuid4().int), []
    for _ in range(people):
        actor = make_user(RoleCode.SALES, name="员工甲", login=f"bench-{uuid.uuid4().hex[:12]}")
        ids = [pick.randrange(1, whole + 1) for _ in range(number)] if whole else []
        with _transaction.transaction() as db:
            db.execute(
                sa.text("UPDATE customer SET owner_id = :me WHERE id = :id"),
                [{"me": actor.user_id, "id": i} for i in ids],
            ) if ids else None
        for place in range(number):
            if not whole:
                made = customers.create(
                    actor, {"name": "张建国", "phone": make_phone(), "city": "苏州"}, now=now
                )
                ids.append(made)
            customers.relate(actor, customer_id=ids[place], kind="spouse", name="李小娟", now=now)
            for _ in range(notes):
                interactions.record(
                    actor, kind="call", text="说了方案和利率，下周再谈", customer_id=ids[place], now=now
                )
        session = auth.open_session_for(actor.user_id, ip="127.0.0.1", user_agent="bench", now=now)
        rows.append({"ids": ids, "token": session.token})
    print(json.dumps({"people": rows, "customers": whole}))


async def person(
    product: Served, row: dict[str, Any], rounds: int, pause: float
) -> tuple[list[float], list[float]]:
    """Open customers one after the other in one tab; return milliseconds to the head, and to everything."""
    ids: list[int] = row["ids"]
    tab = Tab(product, row["token"], path=f"/customers/{ids[0]}")
    await tab.open(f"{SESSION}.enter")
    await asyncio.sleep(random.uniform(0, pause))
    heads, wholes = [], []
    for turn in range(rounds):
        wanted = ids[turn % len(ids)]
        tab.path = f"/customers/{wanted}"
        tab.vars.pop(SECTIONS, None)
        tab.vars.pop(CUSTOMER, None)
        sent = time.perf_counter()
        await tab.send(f"{CUSTOMER}.load")

        def head_there(wanted: int = wanted) -> bool:
            head: dict[str, Any] = tab.value(CUSTOMER, "head", {}) or {}
            return head.get("id") == wanted

        await tab.until(head_there)
        heads.append((time.perf_counter() - sent) * 1000)
        await tab.until(lambda: bool((tab.value(SECTIONS, "layers", {}) or {}).get("lifecycle")))
        wholes.append((time.perf_counter() - sent) * 1000)
        await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
    await tab.close()
    return heads, wholes


async def openings(product: Served, rounds: int) -> tuple[list[float], list[float], float]:
    """Let everybody open customers; return all times, and the server's processor seconds."""
    people = product.seeded["people"]
    alone = len(people) == 1
    await person(product, people[0], 5, 0.1)
    before = product.cpu_seconds()
    found = await asyncio.gather(
        *(person(product, row, rounds, 0.1 if alone else SECONDS_BETWEEN) for row in people)
    )
    heads = [one for times, _ in found for one in times]
    return heads, [one for _, times in found for one in times], product.cpu_seconds() - before


def line(name: str, taken: list[float]) -> str:
    """Return one row of the table."""
    return f"| {name} | {len(taken)} | {quantile(taken, 0.5):.1f} | {quantile(taken, 0.95):.1f} | {max(taken):.1f} |"


def main() -> None:
    """Seed, serve, open, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--customers", type=int, default=20, help="customers a person opens")
    parser.add_argument("--notes", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=100, help="openings a person makes")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--book", default="", help="the data folder of a million customers")
    parser.add_argument("--url", default="", help="the database of the book, when it is not in the folder")
    chosen = parser.parse_args()
    if chosen.seed:
        seed(chosen.people, chosen.customers, chosen.notes, book=bool(chosen.book))
        return
    command = [
        "-m", "bench.customer_open", "--seed", f"--people={chosen.people}", f"--customers={chosen.customers}",
        f"--notes={chosen.notes}", f"--book={chosen.book}",
    ]  # fmt: skip
    folder = Path(chosen.book) if chosen.book else None
    with (
        database("sqlite" if chosen.book else chosen.database) as url,
        served(command, database_url=chosen.url or url, folder=folder) as product,
    ):
        if chosen.book:
            product.settle()
        heads, wholes, cpu = asyncio.run(openings(product, chosen.rounds))
        whole = product.seeded["customers"]
    kind = "postgresql" if chosen.url or chosen.database == "postgresql" else "sqlite"
    print(
        f"{kind}, {whole or 'a few'} customers, {chosen.people} connected, load average {os.getloadavg()[0]:.1f}"
    )
    print(f"server CPU {cpu / len(heads) * 1000:.1f} ms an opening, everything included")
    print("| opening a customer | rounds | p50 ms | p95 ms | worst |\n| --- | ---: | ---: | ---: | ---: |")
    print(line("the head's fields (what the page waits for)", heads))
    print(line("alternative: everything at once", wholes))


if __name__ == "__main__":
    sys.exit(main())
