"""Opening customer 360: from the event sent to the head's fields on the wire, over real sockets, and the services alone.

Compared in the same run with the named alternative "everything at once": waiting until timeline, documents, related
parties, scores and tags are there as well before anything is shown, as a page that is one query plan would.

Run ``python -m bench.customer_open``; it builds the front end when needed. Drawing in the browser is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from bench._served import Served, Tab, quantile, served

STATES = "reflex___state____state.loanhub___state____base____session_state."
SESSION = STATES.rstrip(".")
CUSTOMER = f"{STATES}loanhub___state___customer____customer_state"
SECTIONS = f"{STATES}loanhub___state___customer_sections____customer_sections_state"


def seed(number: int, notes: int) -> None:
    """Write customers of one person, each with follow-ups and a related party; print ids and a token."""
    from loanhub.domain.permissions import RoleCode
    from loanhub.repositories import schema
    from loanhub.services import _transaction, auth, customers, interactions
    from loanhub.settings import prepare_folders, settings
    from tests.builders import make_company, make_phone, make_user

    now = datetime.now(UTC).replace(microsecond=0)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    make_company(now)
    actor = make_user(RoleCode.SALES, name="员工甲")
    ids = []
    for _ in range(number):
        made = customers.create(actor, {"name": "张建国", "phone": make_phone(), "city": "苏州"}, now=now)
        customers.relate(actor, customer_id=made, kind="spouse", name="李小娟", now=now)
        for _ in range(notes):
            interactions.record(
                actor, kind="call", text="说了方案和利率，下周再谈", customer_id=made, now=now
            )
        ids.append(made)
    session = auth.open_session_for(actor.user_id, ip="127.0.0.1", user_agent="bench", now=now)
    print(json.dumps({"ids": ids, "token": session.token}))


async def openings(product: Served, rounds: int) -> tuple[list[float], list[float]]:
    """Open customers one after the other in one tab; return milliseconds to the head, and to everything."""
    ids: list[int] = product.seeded["ids"]
    tab = Tab(product, product.seeded["token"], path=f"/customers/{ids[0]}")
    await tab.open(f"{SESSION}.enter")
    heads, wholes = [], []
    for turn in range(rounds + 5):
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
        await asyncio.sleep(0.1)
    await tab.close()
    return heads[5:], wholes[5:]


def line(name: str, taken: list[float]) -> str:
    """Return one row of the table."""
    return f"| {name} | {len(taken)} | {quantile(taken, 0.5):.1f} | {quantile(taken, 0.95):.1f} | {max(taken):.1f} |"


def main() -> None:
    """Seed, serve, open, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--customers", type=int, default=40)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=100)
    chosen = parser.parse_args()
    if chosen.seed:
        seed(chosen.customers, chosen.notes)
        return
    command = [
        "-m",
        "bench.customer_open",
        "--seed",
        f"--customers={chosen.customers}",
        f"--notes={chosen.notes}",
    ]
    with served(command) as product:
        heads, wholes = asyncio.run(openings(product, chosen.rounds))
    print("| opening a customer | rounds | p50 ms | p95 ms | worst |\n| --- | ---: | ---: | ---: | ---: |")
    print(line("the head's fields (what the page waits for)", heads))
    print(line("alternative: everything at once", wholes))


if __name__ == "__main__":
    sys.exit(main())
