"""What a first visit to the board costs on the wire: HTML, scripts, styles and fonts as sent, and the first state.

Counts the compressed bytes the browser receives with an empty cache, by kind, then the bytes of the socket's
messages until the board stands. Compared in the same run with the sign-in page (what the framework itself costs)
and with a second visit. Run ``python -m bench.page_bytes``; needs Chromium.
"""

from __future__ import annotations

import argparse
import shutil
from collections import Counter

from playwright.sync_api import Browser, sync_playwright

from bench._served import Served, served
from bench.card_move import seed


def visit(
    browser: Browser, product: Served, path: str, ready: str, token: str = ""
) -> tuple[Counter[str], Counter[str]]:
    """Load a page twice; return the bytes received by kind, first and second time."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if token:
        context.add_cookies([{"name": "lh_sid", "value": token, "url": product.url}])
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    kinds: dict[str, str] = {}
    found: Counter[str] = Counter()
    wire.on("Network.responseReceived", lambda e: kinds.__setitem__(e["requestId"], e["type"]))
    wire.on(
        "Network.loadingFinished",
        lambda e: found.update({kinds.get(e["requestId"], "Other"): int(e["encodedDataLength"])}),
    )
    wire.on(
        "Network.webSocketFrameReceived",
        lambda e: found.update({"State": len(e["response"]["payloadData"].encode())}),
    )
    results = []
    for _ in range(2):
        found.clear()
        page.goto(product.url + path)
        page.wait_for_selector(ready)
        page.wait_for_timeout(1500)
        results.append(Counter(found))
    heap = wire.send("Runtime.getHeapUsage")["usedSize"]
    results[0]["heap in use"] = int(heap)
    context.close()
    return results[0], results[1]


def show(name: str, found: Counter[str]) -> None:
    """Print one line a visit, in kB."""
    heap = found.pop("heap in use", 0)
    parts = "  ".join(f"{kind} {size / 1000:.0f}" for kind, size in sorted(found.items()))
    tail = f"   JS heap {heap / 1_000_000:.1f} MB" if heap else ""
    print(f"{name:<36}{sum(found.values()) / 1000:8.0f} kB   ({parts}){tail}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", nargs=2, type=int, help="write the data and stop")
    parser.add_argument("--cards", type=int, default=600, help="cards on the board")
    options = parser.parse_args()
    if options.seed:
        seed(*options.seed)
        return
    with (
        served(["-m", "bench.page_bytes", "--seed", "10", str(options.cards // 10)]) as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        token = product.seeded["people"][9]["token"]
        login = visit(browser, product, "/login", "form")
        board = visit(browser, product, "/boards", "[data-card]", token)
        show("sign-in page, empty cache", login[0])
        show(f"board of {options.cards} cards, empty cache", board[0])
        show(f"board of {options.cards} cards, again", board[1])
        browser.close()


if __name__ == "__main__":
    main()
