"""Moving a card: from the event sent to the confirmation received, over real sockets against the served product.

Each move passes session, guard, scope and gate, and writes the card, the stage log, the event and the idempotency
key in one committed transaction (SQLite with WAL and synchronous=FULL, or a PostgreSQL of its own with fsync on).
Three loads: one user in a closed loop, twenty in a closed loop, a hundred at human pace; and the memory a session takes.

Compared in the same run with two alternatives: the service called in this process without Reflex, and a bare
Starlette route under the same server (granian) that does a like SQL transaction on SQLite with the same PRAGMAs but
checks nothing and tells nobody, with one and with twenty users.

Run ``python -m bench.card_move [--database postgresql]``; it builds the front end when needed. Docs: docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench._postgres import database
from bench._served import (
    ROOT,
    Served,
    Tab,
    cpu_seconds,
    environment,
    figures,
    free_port,
    quantile,
    served,
    wait_for,
)

STAGES = ("lead", "intent")
SECONDS_BETWEEN = 10.0
"""Human pace: how often one person moves a card, on average."""
PER_TEAM = 9


def seed(people: int, cards: int) -> None:
    """Write teams of nine sales people and a leader, and cards in the first column; print tokens and cards."""
    from loanhub.domain.permissions import RoleCode
    from loanhub.models import Department
    from loanhub.repositories import schema
    from loanhub.services import _transaction, auth, leads
    from loanhub.services._transaction import transaction
    from loanhub.settings import prepare_folders, settings
    from tests.builders import department, make_company, make_phone, make_user

    now = datetime.now(UTC).replace(microsecond=0)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    make_company(now)
    rows: list[dict[str, Any]] = []
    for number in range(people):
        team = f"第{number // (PER_TEAM + 1) + 1}组"
        if number % (PER_TEAM + 1) == 0:
            with transaction() as db:
                branch = department(db, "上海分公司")
                new = Department(name=team, kind="team", parent_id=branch.id, city="上海")
                db.add(new)
                db.flush()
                new.path = f"{branch.path}{new.id}/"
        role = RoleCode.TEAM_LEAD if number % (PER_TEAM + 1) == PER_TEAM else RoleCode.SALES
        actor = make_user(role, name=f"员工{number}", team=team)
        owned = [
            leads.create(
                actor, {"name": "孙立", "phone": make_phone(), "amount_fen": "40万"}, now=now
            ).lead_id
            for _ in range(cards)
        ]
        session = auth.open_session_for(actor.user_id, ip="127.0.0.1", user_agent="bench", now=now)
        rows.append({"user_id": actor.user_id, "cards": owned, "token": session.token})
    print(json.dumps({"people": rows}))


class Person:
    """Somebody at the board: one tab, some cards of one's own."""

    def __init__(self, product: Served, row: dict[str, Any]) -> None:
        self.tab = Tab(product, row["token"])
        self.cards = row.setdefault("places", {int(card): (0, 1) for card in row["cards"]})
        """Card → (number of the column it is in, its version); kept with the row, over several visits."""
        self.number = 0

    async def open(self) -> None:
        """Open the board as a browser does and wait until its cards are there."""
        await self.tab.open(f"{SESSION}.enter", f"{BOARD}.load")
        await self.tab.until(lambda: len(self.tab.value(COLUMNS, "columns", [])) > 0)

    async def move(self) -> float:
        """Move one card to the other column; return the milliseconds until the answer."""
        card = random.choice(list(self.cards))
        place, card_version = self.cards[card]
        source, target = STAGES[place], STAGES[1 - place]
        self.number += 1
        sent = time.perf_counter()
        await self.tab.send(
            f"{BOARD}.move",
            payload={"n": self.number, "id": str(card), "from": source, "to": target, "after": None, "before": None,
                     "ver": card_version, "key": uuid.uuid4().hex},
        )  # fmt: skip
        await self.tab.until(lambda: self.tab.value(OPTIMISM, "acked", 0) >= self.number)
        taken = (time.perf_counter() - sent) * 1000
        shown = self.tab.value(COLUMNS, "order", {})
        if str(card) not in shown.get(target, []):
            raise SystemExit(f"the move was refused: card {card} is not in {target}")
        self.cards[card] = (1 - place, card_version + 1)
        return taken


Measured = tuple[list[float], float]
"""Milliseconds of each move, and the server's processor seconds for all of them."""


async def alone(product: Served, row: dict[str, Any], moves: int) -> Measured:
    """One user, one move after the other."""
    person = Person(product, row)
    await person.open()
    await asyncio.sleep(0.5)
    for _ in range(20):
        await person.move()
    before = product.cpu_seconds()
    taken = [await person.move() for _ in range(moves)]
    spent = product.cpu_seconds() - before
    await person.tab.close()
    return taken, spent


async def closed_loop(product: Served, rows: list[dict[str, Any]], moves: int) -> Measured:
    """Everybody moves one card after the other without a pause, each with one request in flight."""
    people = [Person(product, row) for row in rows]
    for person in people:
        await person.open()
    await asyncio.sleep(6)
    await asyncio.gather(*(person.move() for person in people))
    taken: list[float] = []
    before = product.cpu_seconds()

    async def work(person: Person) -> None:
        for _ in range(moves):
            taken.append(await person.move())

    started = time.monotonic()
    await asyncio.gather(*(work(person) for person in people))
    print(f"· {len(people)} in a closed loop: {len(taken) / (time.monotonic() - started):.0f} moves a second")
    spent = product.cpu_seconds() - before
    await asyncio.gather(*(person.tab.close() for person in people))
    return taken, spent


async def together(product: Served, rows: list[dict[str, Any]], seconds: float) -> tuple[Measured, float]:
    """Everybody connected and watching, each moving now and then; also the memory a connected session takes."""
    empty = product.memory_bytes()
    people = [Person(product, row) for row in rows]
    for person in people:
        await person.open()
    await asyncio.sleep(6)
    taken: list[float] = []
    before = product.cpu_seconds()
    until = time.monotonic() + seconds

    async def work(person: Person) -> None:
        await asyncio.sleep(random.uniform(0, SECONDS_BETWEEN))
        while time.monotonic() < until:
            taken.append(await person.move())
            await asyncio.sleep(random.uniform(0.5, 1.5) * SECONDS_BETWEEN)

    await asyncio.gather(*(work(person) for person in people))
    spent = product.cpu_seconds() - before
    session = (product.memory_bytes() - empty) / len(people)
    await asyncio.gather(*(person.tab.close() for person in people))
    return (taken, spent), session


def service_alone(user_id: int, moves: int) -> list[float]:
    """Call the use case in this process: the same rights, gate, rows and commit, without Reflex and socket."""
    from loanhub.services import auth, boards, leads

    actor = auth.actor_for_user(user_id)
    phone = f"1549{uuid.uuid4().int % 10_000_000:07d}"
    card = leads.create(actor, {"name": "孙立", "phone": phone}, now=datetime.now(UTC)).lead_id or 0
    taken = []
    for number in range(moves + 20):
        sent = time.perf_counter()
        boards.move(
            actor, lead_id=card, to=STAGES[(number + 1) % 2], expected_version=number + 1, key=uuid.uuid4().hex,
            now=datetime.now(UTC),
        )  # fmt: skip
        taken.append((time.perf_counter() - sent) * 1000)
    return taken[20:]


BARE_TABLES = """
CREATE TABLE lead (id INTEGER PRIMARY KEY, stage TEXT, rank TEXT, version INTEGER);
CREATE TABLE stage_move (id INTEGER PRIMARY KEY, lead_id INTEGER, source TEXT, target TEXT, at TEXT);
CREATE TABLE event (id INTEGER PRIMARY KEY, lead_id INTEGER, type TEXT, before TEXT, after TEXT, at TEXT);
CREATE TABLE idempotency_key (key TEXT PRIMARY KEY, at TEXT);
"""


def bare() -> Any:
    """Return the Starlette app of the alternative: one route, one SQL transaction (granian calls this factory)."""
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    connection = sqlite3.connect(os.environ["BARE_DATABASE"], isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    lock = threading.Lock()

    def write(body: dict[str, Any]) -> int:
        with lock:
            return _write(body, datetime.now(UTC).isoformat())

    def _write(body: dict[str, Any], at: str) -> int:
        cursor = connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        found = cursor.execute("SELECT stage, version FROM lead WHERE id=?", (body["id"],)).fetchone()
        cursor.execute("UPDATE lead SET stage=?, version=version+1 WHERE id=?", (body["to"], body["id"]))
        cursor.execute("INSERT INTO stage_move VALUES (NULL,?,?,?,?)", (body["id"], found[0], body["to"], at))
        cursor.execute(
            "INSERT INTO event VALUES (NULL,?,?,?,?,?)", (body["id"], "moved", found[0], body["to"], at)
        )
        cursor.execute("INSERT INTO idempotency_key VALUES (?,?)", (body["key"], at))
        cursor.execute("COMMIT")
        return int(found[1]) + 1

    async def move(request: Request) -> JSONResponse:
        return JSONResponse({"version": await run_in_threadpool(write, await request.json())})

    return Starlette(routes=[Route("/move", move, methods=["POST"])])


async def _post(url: str, moves: int, card: int) -> list[float]:
    import httpx

    taken = []
    async with httpx.AsyncClient(base_url=url) as client:
        for number in range(moves + 20):
            body = {"id": card, "to": STAGES[(number + 1) % 2], "key": uuid.uuid4().hex}
            sent = time.perf_counter()
            (await client.post("/move", json=body)).raise_for_status()
            taken.append((time.perf_counter() - sent) * 1000)
    return taken[20:]


def bare_route(moves: int, crowd: int) -> tuple[Measured, list[float]]:
    """Post to the bare route over kept connections: alone, then ``crowd`` users in a closed loop."""
    folder = Path(tempfile.mkdtemp(prefix="loanhub-bare-"))
    database = sqlite3.connect(folder / "bare.db")
    database.executescript(BARE_TABLES)
    database.executemany("INSERT INTO lead VALUES (?,'lead','V',1)", [(n,) for n in range(1, crowd + 2)])
    database.commit()
    database.close()
    port = free_port()
    granian = str(Path(sys.executable).with_name("granian"))
    server = subprocess.Popen(
        [granian, "--interface", "asgi", "--factory", "--port", str(port), "--log-level", "warning", "bench.card_move:bare"],
        cwd=ROOT, env={**os.environ, "BARE_DATABASE": str(folder / "bare.db"), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"

    async def everybody() -> list[float]:
        found = await asyncio.gather(*(_post(url, max(20, moves // 5), n + 2) for n in range(crowd)))
        return [one for times in found for one in times]

    try:
        wait_for(url + "/", server)
        before = cpu_seconds(server.pid)
        one = asyncio.run(_post(url, moves, 1))
        return (one, cpu_seconds(server.pid) - before), asyncio.run(everybody())
    finally:
        server.terminate()
        server.wait(10)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seed", nargs=2, type=int, metavar=("PEOPLE", "CARDS"), help="write the data and stop"
    )
    parser.add_argument("--service", type=int, metavar="USER", help="time the service alone and stop")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=101, help="the first is measured alone")
    parser.add_argument("--crowd", type=int, default=20, help="people in the closed loop")
    parser.add_argument("--cards", type=int, default=6, help="cards a person owns")
    parser.add_argument("--moves", type=int, default=300, help="moves in the closed loops")
    parser.add_argument("--seconds", type=float, default=40, help="how long everybody works")
    options = parser.parse_args()
    if options.seed:
        seed(*options.seed)
        return
    if options.service:
        print(json.dumps(service_alone(options.service, options.moves)))
        return
    line = ["-m", "bench.card_move", "--seed", str(options.people), str(options.cards)]
    with database(options.database) as url, served(line, database_url=url) as product:
        people = product.seeded["people"]
        one, one_cpu = asyncio.run(alone(product, people[0], options.moves))
        print(figures("· alone", one, one_cpu), flush=True)
        (everybody, all_cpu), session = asyncio.run(together(product, people[1:], options.seconds))
        print(figures("· together", everybody, all_cpu), flush=True)
        crowd, crowd_cpu = asyncio.run(
            closed_loop(product, people[1 : options.crowd + 1], max(20, options.moves // 5))
        )
        again = [
            sys.executable, "-m", "bench.card_move", "--service", str(people[0]["user_id"]), "--moves", str(options.moves),
        ]  # fmt: skip
        printed = subprocess.run(
            again, cwd=ROOT, env=environment(product.data, free_port(), url), check=True, capture_output=True
        ).stdout
        service = json.loads(printed.splitlines()[-1])
    (plain, plain_cpu), plain_crowd = bare_route(options.moves, options.crowd)
    print(f"{options.database}, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(figures("LoanHub over the socket, 1 user, closed loop", one, one_cpu))
    print(figures(f"LoanHub over the socket, {options.crowd} users, closed loop", crowd, crowd_cpu))
    print(
        figures(
            f"LoanHub over the socket, {len(people) - 1} users, a move each {SECONDS_BETWEEN:.0f} s",
            everybody,
            all_cpu,
        )
    )
    print(figures("alternative: the service alone, no Reflex, no socket", service))
    print(figures("alternative: bare Starlette route, SQL only, no checks", plain, plain_cpu))
    print(figures(f"alternative: the bare route, {options.crowd} users, closed loop", plain_crowd))
    print(f"memory a connected session with an open board: {session / 1e6:.2f} MB")
    for name, found, beside in (
        ("1 user", one, plain), (f"{options.crowd} users", crowd, plain_crowd), (f"{len(people) - 1} users", everybody, plain),
    ):  # fmt: skip
        to_bare, to_service = (
            quantile(found, 0.5) / quantile(beside, 0.5),
            quantile(found, 0.5) / quantile(service, 0.5),
        )
        print(f"ratio of p50, {name}: {to_bare:.1f} × the bare route, {to_service:.1f} × the service alone")


if __name__ == "__main__":
    from loanhub.state._base import SessionState
    from loanhub.state._board_opt import BoardOptimism
    from loanhub.state._board_view import BoardColumns
    from loanhub.state.boards import BoardState

    SESSION, BOARD, COLUMNS, OPTIMISM = (
        one.get_full_name() for one in (SessionState, BoardState, BoardColumns, BoardOptimism)
    )
    main()
