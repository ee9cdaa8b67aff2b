"""Leads over the API and by webhook, 8 clients at once, beside a plain Starlette insert: ``python -m bench.lead_api``.

Everything over real sockets with keep-alive, granian with one worker, SQLite with WAL and ``synchronous=FULL``. A lead
of ours is checked against the catalogue and for doubles, numbered, priced, put on the board, made findable, recorded and
given out. The alternative, in the same run: Starlette, one INSERT of the same fields and one commit a request.
``python -m bench.lead_api postgresql+psycopg://…`` measures ours on that database instead (it must be empty).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench._served import free_port, quantile, served, wait_for

CLIENTS = 8
REQUESTS = 4000
WARM_UP = 400

PLAIN = """
import sqlite3, sys
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route
db = sqlite3.connect({path!r}, check_same_thread=False, isolation_level=None)
db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, city TEXT, amount INT, channel TEXT)")
def insert(body):
    with db:
        db.execute("BEGIN IMMEDIATE")
        made = db.execute("INSERT INTO lead (name, phone, city, amount, channel) VALUES (?,?,?,?,?)",
            (body["name"], body["phone"], body["city"], body["amount_fen"], body["channel_code"])).lastrowid
        db.execute("COMMIT")
    return made
async def create(request):
    return JSONResponse({{"id": insert(await request.json())}}, 201)
async def health(request):
    return JSONResponse({{}})
app = Starlette(routes=[Route("/api/v1/leads", create, methods=["POST"]), Route("/readyz", health)])
"""


def seed() -> None:
    """Make an empty company with one key and one endpoint; print them."""
    from loanhub.domain.webhooks import Rule
    from loanhub.models import User
    from loanhub.repositories import schema
    from loanhub.services import _transaction, api_keys, setup, webhooks
    from loanhub.services._actor import SYSTEM
    from loanhub.settings import prepare_folders, settings
    from loanhub.state._clock import today, utc_now

    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    now = utc_now()
    with _transaction.transaction() as db:
        setup.install(db, company_name="bench", now=now)
        # Somebody is there already: else the server would build the demo company first.
        db.add(User(login="bench", name="bench", password_hash="!", created_at=now))
    token = api_keys.create(
        SYSTEM, name="bench", scopes=("leads:create",), per_minute="100000", last_day=today(), now=now
    ).token
    secret = webhooks.rotate(SYSTEM, code="loan_market", now=now)
    rules = [Rule("d.n", "name"), Rule("d.p", "phone"), Rule("d.a", "amount_fen", "wan"), Rule("d.c", "city")]
    webhooks.save_endpoint(
        SYSTEM, code="loan_market", version=1, active=True, per_minute="100000", rules=rules, now=now
    )
    print(json.dumps({"token": token, "secret": secret}))


async def drive(
    port: int, request: Callable[[int], bytes], count: int, first: int, wanted: int
) -> list[float]:
    """Send ``count`` requests over 8 keep-alive connections; returns the milliseconds of each answer."""
    numbers = iter(range(first, first + count))
    times: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            started = time.perf_counter()
            writer.write(request(number))
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            times.append((time.perf_counter() - started) * 1000)
            status = int(head.split(b" ")[1])
            if status != wanted:
                raise SystemExit(f"answered {status}: {body.decode()[:300]}")
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return times


def post(path: str, body: bytes, **headers: str) -> bytes:
    """Return the bytes of a request."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{lines}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def lead(number: int) -> bytes:
    """Return the JSON of a lead nobody else is."""
    return json.dumps(
        {
            "name": "王小明", "phone": f"139{number:08d}", "amount_fen": 20_000_000, "city": "上海",
            "channel_code": "loan_market",
        }
    ).encode()  # fmt: skip


def measure(name: str, port: int, request: Callable[[int], bytes], wanted: int, first: int) -> float:
    """Warm up, measure, print; returns requests a second."""
    asyncio.run(drive(port, request, WARM_UP, first, wanted))
    started = time.perf_counter()
    times = asyncio.run(drive(port, request, REQUESTS, first + WARM_UP, wanted))
    rate = REQUESTS / (time.perf_counter() - started)
    print(
        f"{name}: {rate:,.0f} a second, p50 {quantile(times, 0.5):.1f} ms, p95 {quantile(times, 0.95):.1f} ms"
    )
    return rate


def plain(folder: Path) -> float:
    """Measure the alternative."""
    (folder / "plain_leads.py").write_text(PLAIN.format(path=str(folder / "plain.db")))
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--workers", "1", "--log-level",
        "critical", "plain_leads:app",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=folder)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz", server)
        return measure(
            "plain insert", port, lambda n: post("/api/v1/leads", lead(n), Authorization="Bearer x"), 201, 0
        )
    finally:
        server.terminate()
        server.wait()


def main(database_url: str = "") -> None:
    """Run both and print the ratio; fails when a delivery is lost."""
    from loanhub.domain.webhooks import sign

    with tempfile.TemporaryDirectory() as folder:
        theirs = plain(Path(folder))
    seeder = ["-m", "bench.lead_api", "--seed"]
    with served(seeder, database_url=database_url) as ours:
        port, token, secret = int(ours.url.rpartition(":")[2]), ours.seeded["token"], ours.seeded["secret"]
        cpu = ours.cpu_seconds()
        rate = measure(
            "leads over the API", port,
            lambda n: post("/api/v1/leads", lead(n), Authorization=f"Bearer {token}", Idempotency_Key=f"k{n}"), 201, 0,
        )  # fmt: skip
        print(f"  server CPU {(ours.cpu_seconds() - cpu) * 1000 / (REQUESTS + WARM_UP):.2f} ms a lead")
        stamp = str(int(time.time()))

        def push(number: int) -> bytes:
            content = json.dumps(
                {"d": {"n": "王小明", "p": f"138{number:08d}", "a": 20, "c": "上海"}}
            ).encode()
            name = f"m{number}"
            headers = {"webhook_id": name, "webhook_timestamp": stamp}
            headers["webhook_signature"] = sign(secret, name, stamp, content)
            return post("/api/v1/webhooks/loan_market", content, **headers)

        measure("webhook intake", port, push, 202, 0)
        sent, started = REQUESTS + WARM_UP, time.perf_counter()
        while not database_url:
            with sqlite3.connect(f"file:{ours.data / 'loanhub.db'}?mode=ro", uri=True) as db:
                counts = dict(
                    db.execute("SELECT status, count(*) FROM webhook_delivery GROUP BY status").fetchall()
                )
            if counts.get("done", 0) == sent:
                print(
                    f"  all {sent} deliveries are leads {time.perf_counter() - started:.1f} s after the last answer"
                )
                break
            if time.perf_counter() - started > 120:
                raise SystemExit(f"deliveries are lost or late: {counts}")
            time.sleep(0.2)
        print(f"leads over the API : plain insert = {rate / theirs:.2f}")


if __name__ == "__main__":
    if "--seed" in sys.argv:
        seed()
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else "")
