"""Searching from the page: from a question sent to the lines of the palette on the wire, over real sockets.

Everybody types a surname, initials, a half-typed name or a phone's tail, about every five seconds when many are connected.
Compared in the same run with the named alternative "the whole name of one customer" 按全名, the narrowest question there is.

Run ``python -m bench.search_open --book FOLDER [--url URL] [--people 100]`` on a million customers that
``bench.search --data FOLDER [--url URL]`` wrote. Drawing in the browser is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

from bench._served import Served, Tab, served
from bench.customer_open import SECONDS_BETWEEN, SESSION, STATES, line

PALETTE = f"{STATES}loanhub___state___palette____palette_state"
QUESTIONS = ("张", "王", "zhang", "lxm", "wangj", "陈", "zjg", "李小", "0021", "欧阳", "hu", "刘")
WHOLE = ("张建国", "王秀英", "李国强", "欧阳明")


async def arrive(product: Served, row: dict[str, Any]) -> Tab:
    """Open a tab as a browser does."""
    tab = Tab(product, row["token"])
    await tab.open(f"{SESSION}.enter")
    return tab


async def ask(tab: Tab, rounds: int, pause: float) -> tuple[list[float], list[float]]:
    """Ask one question after the other in one tab; return milliseconds of the wide and of the narrow ones."""
    await asyncio.sleep(random.uniform(0, pause))
    wide: list[float] = []
    narrow: list[float] = []
    for turn in range(rounds * 2):
        texts, taken = (WHOLE, narrow) if turn % 2 else (QUESTIONS, wide)
        tab.vars.pop(PALETTE, None)
        sent = time.perf_counter()
        await tab.send(f"{PALETTE}.search", text=random.choice(texts))
        await tab.until(lambda: tab.value(PALETTE, "groups") is not None)
        taken.append((time.perf_counter() - sent) * 1000)
        await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
    await tab.close()
    return wide, narrow


async def everybody(product: Served, rounds: int) -> tuple[list[float], list[float], float]:
    """Let everybody ask; return all times, and the server's processor seconds."""
    people = product.seeded["people"]
    await ask(await arrive(product, people[0]), 5, 0.1)
    tabs = [await arrive(product, row) for row in people]
    await asyncio.sleep(6)  # all are there before the first one asks
    before = product.cpu_seconds()
    pause = 0.1 if len(people) == 1 else SECONDS_BETWEEN
    found = await asyncio.gather(*(ask(tab, rounds, pause) for tab in tabs))
    wide, narrow = ([one for times in found for one in times[place]] for place in (0, 1))
    return wide, narrow, product.cpu_seconds() - before


def main() -> None:
    """Serve, ask, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=60, help="questions of each kind a person asks")
    parser.add_argument("--book", required=True, help="the data folder of a million customers")
    parser.add_argument("--url", default="", help="the database of the book, when it is not in the folder")
    chosen = parser.parse_args()
    seed = ["-m", "bench.customer_open", "--seed", f"--people={chosen.people}", "--customers=1", "--notes=0",
            f"--book={chosen.book}"]  # fmt: skip
    with served(seed, database_url=chosen.url, folder=Path(chosen.book)) as product:
        product.settle()
        wide, narrow, cpu = asyncio.run(everybody(product, chosen.rounds))
        whole = product.seeded["customers"]
    kind = "postgresql" if chosen.url else "sqlite"
    print(
        f"{kind}, {whole} customers, {chosen.people} connected, load average {os.getloadavg()[0]:.1f}; "
        f"server CPU {cpu / (len(wide) + len(narrow)) * 1000:.1f} ms a question"
    )
    print(
        "| searching from the page | questions | p50 ms | p95 ms | worst |\n| --- | ---: | ---: | ---: | ---: |"
    )
    print(line("one or two characters, initials, half a name, a tail", wide))
    print(line("alternative: a whole name", narrow))


if __name__ == "__main__":
    main()
