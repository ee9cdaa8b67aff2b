"""Take the pictures of the README from a running server: ``python -m tests.journeys.screenshots --server URL``.

Each page as the role that has most to see there. A picture is reduced to a palette of 96 colors.
"""

from __future__ import annotations

import argparse
import io
import re
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import ACCOUNTS, CHROMIUM, DESKTOP, PASSWORD, PHONE
from tests.journeys.test_pages import LISTS, PLACES, address, settle

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SHOWN = {
    (1440, "light"): {"boards", "workbench", "customer", "loan", "contract", "report"},
    (1440, "dark"): {"cockpit"},
    (390, "light"): {"workbench", "boards", "customer"},
    (390, "dark"): {"cockpit"},
}
"""Names of pages by width and look; :func:`name_of` makes them of routes."""
COLORS = 96


def name_of(route: str) -> str:
    """Return the file name of a route: /settings/users → settings-users, /loans/[loan_id] → loan."""
    if "[" in route:
        return re.sub(r"_(?:id|key)\]$", "", route.partition("[")[2])
    return route.strip("/").replace("/", "-") or "workbench"


def save(page: Page, path: Path) -> int:
    """Write what the window shows, reduced to a palette; return the size in bytes."""
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.quantize(COLORS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    return path.stat().st_size


def signed_in(browser: Browser, server: str, role: str, width: int, look: str) -> Page:
    """Return a page of this role in this look."""
    phone = width == PHONE["width"]
    context = browser.new_context(
        base_url=server, viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale="zh-CN",
        timezone_id="Asia/Shanghai", color_scheme=look, reduced_motion="reduce",
    )  # fmt: skip
    context.request.post(
        f"{server}/api/auth/login", form={"login": ACCOUNTS[role], "password": PASSWORD},
        headers={"Origin": server}, max_redirects=0,
    )  # fmt: skip
    return context.new_page()


def take(
    browser: Browser, server: str, width: int, look: str, wanted: set[str]
) -> Iterator[tuple[str, Page]]:
    """Yield (name, page ready to be taken) for every wanted page in this look."""
    for role in sorted({place.best.value for place in PLACES if name_of(place.route) in wanted}):
        page = signed_in(browser, server, role, width, look)
        for place in PLACES:
            if place.best.value != role or name_of(place.route) not in wanted:
                continue
            path = address(page, place)
            if not path:
                raise SystemExit(f"{role} sees no record for {place.route} on this server")
            page.goto(path)
            settle(page)
            page.wait_for_load_state("networkidle")
            page.wait_for_function(
                "[...document.images].every(one => one.complete || one.getBoundingClientRect().top > innerHeight || !one.offsetParent)"
            )
            page.wait_for_timeout(600)
            yield name_of(place.route), page
        page.context.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="address of a served demo company")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    LISTS["/customers"] = (
        "/customers?view=all&sort=score"  # the first has been lent to: there is something to see
    )
    total = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for (width, look), wanted in SHOWN.items():
            for name, page in take(browser, chosen.server.rstrip("/"), width, look, wanted):
                total += save(page, FOLDER / f"{name}-{width}-{look}.png")
        browser.close()
    print(f"{total / 1_000_000:.1f} MB in {FOLDER.name}")


if __name__ == "__main__":
    main()
