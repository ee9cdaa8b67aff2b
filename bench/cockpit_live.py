"""A payment posted on one screen until a manager's open cockpit shows it, over real sockets against the served product.

A colleague of finance posts payments on pages of loans as the page does (check, confirm); the manager's cockpit is told,
reads what its reader may see again, at most once a second, and is sent what changed. Measured from the confirmation sent
to the cockpit's new amount collected. Two seconds are asked for.

Run ``python -m bench.cockpit_live [--rounds 20] [--watchers 0 1 50] [--folder FOLDER]``: a demo company in a throw-away folder,
or in FOLDER.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._served import Served, Tab, figures, served
from loanhub.domain.calendar import shanghai_date

COLLECTED = "collected_amount"
PAUSE_SECONDS = 1.3
"""Longer than the second that a cockpit is spared."""


def seed(wanted: int) -> None:
    """Build the demo company where there is none; print loans that owe and the sessions of finance and a manager."""
    import sqlalchemy as sa
    from sqlmodel import col

    from loanhub.demo import build as demo
    from loanhub.domain.permissions import RoleCode
    from loanhub.models import Loan, Role, User, UserRole
    from loanhub.repositories import schema
    from loanhub.services import _transaction, auth
    from loanhub.services._transaction import reading
    from loanhub.settings import prepare_folders, settings

    now = datetime.now(UTC)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    if not demo.exists():
        demo.build(customers=60, months=8, now=now, progress=lambda line: None)

    def of(role: RoleCode) -> int:
        query = sa.select(col(UserRole.user_id)).join(Role, col(Role.id) == col(UserRole.role_id))
        query = query.join(User, col(User.id) == col(UserRole.user_id)).where(col(User.active))
        return int(db.execute(query.where(col(Role.code) == role.value)).scalars().first() or 0)

    with reading() as db:
        owing = col(Loan.mode) == "own", col(Loan.status).in_(("active", "overdue"))
        ids = list(db.execute(sa.select(col(Loan.id)).where(*owing).limit(wanted)).scalars())
        people = {"finance": of(RoleCode.FINANCE), "manager": of(RoleCode.MANAGER)}
    tokens = {
        name: auth.open_session_for(user, ip="127.0.0.1", user_agent="bench", now=now).token
        for name, user in people.items()
    }
    print(json.dumps({"loans": ids, **tokens}))


async def confirmed(product: Served, names: dict[str, str], loan: int, amount: int) -> Tab:
    """Return the page of a loan with a payment of so many yuan that only has to be posted."""
    desk, state = Tab(product, product.seeded["finance"], path=f"/loans/{loan}"), names["loan"]
    await desk.open(f"{names['session']}.enter", f"{state}.load")
    await desk.until(lambda: desk.value(state, "pay_key", "") != "", seconds=60)
    form = {
        "amount": f"{amount}.00", "value_date": shanghai_date(datetime.now(UTC)).isoformat(), "method": "transfer",
        "payer": "测", "bank_transaction_id": uuid.uuid4().hex[:20],
    }  # fmt: skip
    await desk.send(f"{state}.check_payment", form=form)
    await desk.until(lambda: desk.value(state, "confirming", False), seconds=60)
    return desk


@dataclass
class Shown:
    """What was measured with so many cockpits open: until the last of them showed a payment, and the server's processor time."""

    watchers: int
    arrived: list[float]
    processor: list[float]


async def follow(product: Served, names: dict[str, str], rounds: int, watchers: int) -> Shown:
    """Return the milliseconds until every open cockpit showed each payment, and those of the server's processor for it."""
    cockpits = [Tab(product, product.seeded["manager"], path="/cockpit") for _ in range(watchers)]

    def collected(cockpit: Tab) -> str:
        tiles: list[dict[str, Any]] = cockpit.value(names["cockpit"], "second", [])
        return next((str(one["full"]) for one in tiles if one["code"] == COLLECTED), "")

    async def shows_other_than(cockpit: Tab, before: str) -> None:
        await cockpit.until(lambda: collected(cockpit) != before, seconds=60)

    for one in cockpits:
        await one.open(f"{names['session']}.enter", f"{names['cockpit']}.load")
        await shows_other_than(one, "")
    found = Shown(watchers, [], [])
    for number in range(rounds):
        loans = product.seeded["loans"]
        desk = await confirmed(product, names, loans[number % len(loans)], 11 + number)
        await asyncio.sleep(PAUSE_SECONDS)
        before = collected(cockpits[0]) if cockpits else ""
        used, sent = product.cpu_seconds(), time.perf_counter()
        await desk.send(f"{names['loan']}.post")
        await asyncio.gather(*[shows_other_than(one, before) for one in cockpits])
        found.arrived.append((time.perf_counter() - sent) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)
        found.processor.append((product.cpu_seconds() - used) * 1000)
        await desk.close()
    for one in cockpits:
        await one.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--watchers", type=int, nargs="+", default=[1], help="0 is what a payment costs unwatched"
    )
    parser.add_argument(
        "--folder", type=Path, help="the data folder of a demo company, which gets the payments"
    )
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    if options.seed:
        seed(options.seed)
        return
    from loanhub.state._base import SessionState
    from loanhub.state.cockpit import CockpitState
    from loanhub.state.loan_detail import LoanState

    names = {
        "session": SessionState.get_full_name(), "cockpit": CockpitState.get_full_name(), "loan": LoanState.get_full_name(),
    }  # fmt: skip
    line = ["-m", "bench.cockpit_live", "--seed", str(options.rounds)]
    with served(line, folder=options.folder) as product:
        product.settle()
        for watchers in options.watchers:
            found = asyncio.run(follow(product, names, options.rounds, watchers))
            print(
                f"sqlite, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {watchers} cockpits open"
            )
            if watchers:
                print(figures("the last of them shows the payment", found.arrived))
            print(figures("the server's processor for it", found.processor))


if __name__ == "__main__":
    main()
