"""Opening the board and dropping a card, as a browser sees it: 600 cards, and 10,000 behind the same screen.

Cold is an empty cache, signed in: milliseconds from the navigation until every card of the first screen is in the
document and a frame was drawn; the bytes of state until then; the JavaScript heap in use after a collection. A drop is
timed from the release of the mouse until the card rests in its column, in milliseconds and frames.

Compared in the same run with the sign-in page (what the framework costs with nothing on it) and with the server's answer
to the same drop (what a board would show that waits for it). Run ``python -m bench.board_load``; needs Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench._postgres import database
from bench._served import Served, quantile, served

PEOPLE = 9
WATCH = """
window.lhSeen = {cards: 0, at: 0};
const lhCount = () => {
  const cards = document.querySelectorAll('[data-card]').length;
  if (cards !== window.lhSeen.cards) {
    window.lhSeen.cards = cards;
    requestAnimationFrame(() => requestAnimationFrame(() => { window.lhSeen.at = performance.now(); }));
  }
};
new MutationObserver(lhCount).observe(document, {childList: true, subtree: true});
"""
DROP = """
([id, column]) => new Promise((done) => {
  addEventListener('pointerup', () => 0, {once: true});
  addEventListener('mouseup', () => {
    const from = performance.now();
    let frames = 0;
    const look = () => {
      frames += 1;
      const card = document.querySelector(`[data-col="${column}"] [data-card="${id}"]`);
      const rests = card && getComputedStyle(card).position !== 'fixed' && !card.style.transform;
      if (rests || frames > 300) { done({ms: performance.now() - from, frames}); return; }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, {once: true, capture: true});
})
"""


def seed(cards: int) -> None:
    """Write a team of nine and its leader, and cards over the open stages; print the leader's token."""
    import polars as pl

    from loanhub.demo._raw_rows import catch_up_sequences, write
    from loanhub.domain.permissions import RoleCode
    from loanhub.domain.rank import between
    from loanhub.models import Lead, Pipeline
    from loanhub.models.encryption import blind_index, blind_index_tail, encrypt
    from loanhub.repositories import boards, schema
    from loanhub.services import _transaction, auth
    from loanhub.services.setup import DEFAULT_PIPELINE
    from loanhub.settings import prepare_folders, settings
    from tests.builders import make_company, make_user

    now = datetime.now(UTC).replace(microsecond=0)
    prepare_folders(settings())
    schema.upgrade(_transaction.engine())
    make_company(now)
    people = [make_user(RoleCode.SALES, name=f"员工{number}") for number in range(PEOPLE)]
    leader = make_user(RoleCode.TEAM_LEAD, name="组长")
    with _transaction.reading() as db:
        board: Pipeline = boards.get_pipeline(db, DEFAULT_PIPELINE)
        stages = [stage.code for stage in boards.list_stages(db, board.id or 0)][:5]
    ranks, last = [], None
    for _ in range(cards):
        last = between(last, None)
        ranks.append(last)
    phones = [f"+86154{number:08d}" for number in range(cards)]
    frame = pl.DataFrame(
        {
            "id": range(1, cards + 1), "number": [f"X20260520{number:06d}" for number in range(cards)],
            "name": [("孙立", "周国强", "欧阳明", "吴桂芳")[number % 4] for number in range(cards)],
            "phone": [encrypt(phone, place="lead.phone") for phone in phones],
            "phone_index": [blind_index("phone", phone) for phone in phones],
            "phone_tail_index": [blind_index_tail("phone", phone) for phone in phones],
            "amount_fen": [(number % 90 + 10) * 1_000_000 for number in range(cards)],
            "owner_id": [people[number % PEOPLE].user_id for number in range(cards)],
            "stage_code": [stages[number * len(stages) // cards] for number in range(cards)], "rank": ranks,
        }
    )  # fmt: skip
    same = {
        "created_at": now, "updated_at": now, "stage_entered_at": now, "pipeline_id": board.id, "status": "contacted",
        "department_id": people[0].department_id, "city": "上海", "industry": "餐饮", "channel_code": "referral",
    }  # fmt: skip
    with _transaction.engine().execution_options(writes=True).connect() as connection, connection.begin():
        write(connection, Lead, frame, same)
        catch_up_sequences(connection, [Lead])
    session = auth.open_session_for(leader.user_id, ip="127.0.0.1", user_agent="bench", now=now)
    print(json.dumps({"token": session.token}))


def _open(
    browser: Browser, product: Served, path: str, *, signed_in: bool
) -> tuple[Page, CDPSession, list[int]]:
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    if signed_in:
        context.add_cookies([{"name": "lh_sid", "value": product.seeded["token"], "url": product.url}])
    page = context.new_page()
    page.add_init_script(WATCH)
    wire, state = context.new_cdp_session(page), []
    wire.send("Network.enable")
    wire.on(
        "Network.webSocketFrameReceived",
        lambda event: state.append(len(event["response"]["payloadData"].encode())),
    )
    page.goto(product.url + path)
    return page, wire, state


def _heap(wire: CDPSession) -> float:
    wire.send("HeapProfiler.enable")
    wire.send("HeapProfiler.collectGarbage")
    return float(wire.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def board_cold(browser: Browser, product: Served) -> dict[str, float]:
    """Open the board with an empty cache; return milliseconds, kB of state and MB of heap."""
    page, wire, state = _open(browser, product, "/boards", signed_in=True)
    page.wait_for_selector("[data-card]")
    page.wait_for_function("window.lhSeen.at > 0 && performance.now() - window.lhSeen.at > 1200")
    seen: dict[str, float] = page.evaluate("window.lhSeen")
    found = {"ms": seen["at"], "cards": seen["cards"], "state": sum(state) / 1000, "heap": _heap(wire)}
    page.context.close()
    return found


def login_cold(browser: Browser, product: Served) -> dict[str, float]:
    """Open the sign-in page with an empty cache; return milliseconds until it was drawn, and the heap."""
    page, wire, _ = _open(browser, product, "/login", signed_in=False)
    page.wait_for_selector("form")
    at = page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
    )
    found = {"ms": float(at), "heap": _heap(wire)}
    page.context.close()
    return found


def drops(browser: Browser, product: Served, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Drag a card to and fro; return milliseconds and frames until it rests, milliseconds until the server answered."""
    page, wire, _ = _open(browser, product, "/boards", signed_in=True)
    page.wait_for_selector("[data-card]")
    page.wait_for_timeout(2000)
    times: list[tuple[str, float]] = []
    for kind in ("Sent", "Received"):
        wire.on(
            f"Network.webSocketFrame{kind}",
            lambda event, kind=kind: times.append((kind, float(event["timestamp"]) * 1000)),
        )
    columns: list[str] = page.eval_on_selector_all("[data-col]", "all => all.map(one => one.dataset.col)")[:2]
    taken, frames, answers = [], [], []
    for turn in range(rounds):
        source, target = columns[turn % 2], columns[1 - turn % 2]
        card = page.locator(f"[data-col='{source}'] [data-card]").first
        box, goal = card.bounding_box(), page.locator(f"[data-col='{target}']").bounding_box()
        assert box and goal
        card_id, x, y = card.get_attribute("data-card"), box["x"] + 60, box["y"] + 20
        page.evaluate(f"window.lhDrop = ({DROP})({json.dumps([card_id, target])}); 0")
        page.mouse.move(x, y)
        page.mouse.down()
        for step in (3, 6, 9):
            page.mouse.move(x + step, y + step)
        page.mouse.move(goal["x"] + 60, goal["y"] + 30, steps=10)
        page.wait_for_timeout(250)
        times.clear()
        page.mouse.up()
        found: dict[str, Any] = page.evaluate("window.lhDrop")
        taken.append(float(found["ms"]))
        frames.append(float(found["frames"]))
        page.wait_for_timeout(1200)
        sent = next((at for kind, at in times if kind == "Sent"), None)
        back = next((at for kind, at in times if kind == "Received" and sent is not None and at > sent), None)
        if sent is not None and back is not None:
            answers.append(back - sent)
    page.context.close()
    return taken, frames, answers


def measure(browser: Browser, cards: int, rounds: int, kind: str) -> None:
    """Serve a company of so many cards and print what opening and dropping cost."""
    with (
        database(kind) as url,
        served(["-m", "bench.board_load", "--seed", str(cards)], database_url=url) as product,
    ):
        board_cold(browser, product)  # the server's first page is nobody's measure
        login = [login_cold(browser, product) for _ in range(3)]
        board = [board_cold(browser, product) for _ in range(5)]
        taken, frames, answers = drops(browser, product, rounds)

    def median(values: list[dict[str, float]], key: str) -> float:
        return quantile([one[key] for one in values], 0.5)

    print(f"{kind}, {cards:,} cards, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(
        f"  board, cold: {median(board, 'ms'):.0f} ms ({min(one['ms'] for one in board):.0f} the best of 5), "
        f"{median(board, 'cards'):.0f} cards on screen, state {median(board, 'state'):.0f} kB, heap {median(board, 'heap'):.1f} MB"
    )
    print(
        f"  alternative, sign-in page, cold: {median(login, 'ms'):.0f} ms, heap {median(login, 'heap'):.1f} MB"
    )
    print(
        f"  release to rest: p50 {quantile(taken, 0.5):.0f} ms, p95 {quantile(taken, 0.95):.0f} ms, "
        f"{quantile(frames, 0.5):.0f} frames ({len(taken)} drops)"
    )
    print(
        f"  alternative, waiting for the server: p50 {quantile(answers, 0.5):.0f} ms more, "
        f"p95 {quantile(answers, 0.95):.0f} ms ({len(answers)} answers)",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, metavar="CARDS", help="write the data and stop")
    parser.add_argument("--cards", type=int, nargs="+", default=[600, 10_000])
    parser.add_argument("--drops", type=int, default=20)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    if options.seed:
        seed(options.seed)
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for cards in options.cards:
            measure(browser, cards, options.drops, options.database)
        browser.close()


if __name__ == "__main__":
    main()
