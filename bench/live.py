"""Live boards: from one person's move sent to a colleague's screen holding it, over real sockets against the served product.

A rep and the team's leader look at the same board. The rep moves cards one by one with a pause; measured are the
answer to the rep and the arrival at the leader, who is asked again with the leader's own rights at most twice a second.
The first half are moves; in the second a gate asks for the city first, so two events are told (edited, moved).
PRODUCT K5 asks for a second. Compared in the same run with the rep's own answer.

Run ``python -m bench.live [--database postgresql]``. Docs: docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time

from bench import card_move
from bench._postgres import database
from bench._served import Served, figures, served
from bench.card_move import PER_TEAM, STAGES, Person

GATED = "review"
PAUSE_SECONDS = 0.8
"""Longer than the half second that watchers are spared, as between two moves of one hand."""


async def follow(product: Served, mover: Person, leader: Person, rounds: int) -> tuple[list[float], ...]:
    """Return the milliseconds to the mover's answer and to the leader's screen: of moves, then of gated moves."""
    await mover.open()
    await leader.open()
    await asyncio.sleep(2)

    async def seen(card: str, stage: str, sent: float) -> float:
        await leader.tab.until(
            lambda: card in leader.tab.value(card_move.COLUMNS, "order", {}).get(stage, [])
        )
        return (time.perf_counter() - sent) * 1000

    answered, arrived, gated = [], [], []
    for _ in range(rounds):
        before = {card: place for card, (place, _) in mover.cards.items()}
        sent = time.perf_counter()
        answered.append(await mover.move())
        card = next(card for card, (place, _) in mover.cards.items() if before[card] != place)
        arrived.append(await seen(str(card), STAGES[mover.cards[card][0]], sent))
        await asyncio.sleep(PAUSE_SECONDS)
    for card, (place, card_version) in mover.cards.items():
        mover.number += 1
        await mover.tab.send(
            f"{card_move.BOARD}.move",
            payload={"n": mover.number, "id": str(card), "from": STAGES[place], "to": GATED, "after": None,
                     "before": None, "ver": card_version, "key": f"gate-{card}"},
        )  # fmt: skip
        await asyncio.sleep(PAUSE_SECONDS)
        sent = time.perf_counter()
        await mover.tab.send(f"{card_move.BOARD}.complete", form={"city": "上海市"})
        gated.append(await seen(str(card), GATED, sent))
        await asyncio.sleep(PAUSE_SECONDS)
    for person in (mover, leader):
        await person.tab.close()
    return answered, arrived, gated


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    line = ["-m", "bench.card_move", "--seed", str(PER_TEAM + 1), "6"]
    with database(options.database) as url, served(line, database_url=url) as product:
        people = product.seeded["people"]
        mover, leader = Person(product, people[0]), Person(product, people[PER_TEAM])
        answered, arrived, gated = asyncio.run(follow(product, mover, leader, options.rounds))
    print(f"{options.database}, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(figures("the mover's own answer", answered))
    print(figures("on the leader's screen: a move", arrived))
    print(figures("on the leader's screen: gate completed, edited and moved", gated))


if __name__ == "__main__":
    from loanhub.state._base import SessionState
    from loanhub.state._board_opt import BoardOptimism
    from loanhub.state._board_view import BoardColumns
    from loanhub.state.boards import BoardState

    card_move.SESSION, card_move.BOARD, card_move.COLUMNS, card_move.OPTIMISM = (
        one.get_full_name() for one in (SessionState, BoardState, BoardColumns, BoardOptimism)
    )
    main()
