"""The product as a stranger meets it: the built bundle, served on a free port over a demo company, in Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (
        p
        for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(p).exists()
    ),
    None,
)
PASSWORD = "澄江晚风-27-拾月"
ACCOUNTS = {
    "sales": "linruoxi", "team_lead": "gumingxuan", "credit": "qinyutong", "credit_2": "gaoyuan",
    "finance": "shenmo", "finance_2": "xuqingru", "collections": "hepingchuan", "contracts": "dingsiqi",
    "manager": "zhongyi", "admin": "shilei", "security_admin": "jiangshouyi", "auditor": "wenzheng",
}  # fmt: skip
PATIENCE = float(os.environ.get("LOANHUB_TEST_PATIENCE", "1"))
"""How many times slower than an idle machine of two cores this one may be."""
expect.set_options(timeout=10_000 * PATIENCE)
LIVE_MS = 10_000 * PATIENCE
"""How long a colleague's screen may take to follow: whether it does is asked here, how fast in ``bench/live.py``."""
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A served demo company; LOANHUB_TEST_SERVER names one that runs already."""
    running = os.environ.get("LOANHUB_TEST_SERVER")
    if running:
        yield running.rstrip("/")
        return
    home, port = Path(tempfile.mkdtemp(prefix="loanhub-journey-")), free_port()
    environment = {
        **os.environ, "LOANHUB_DATA_DIR": str(home), "LOANHUB_DEMO_MODE": "true", "LOANHUB_PORT": str(port),
        "LOANHUB_DEMO_CUSTOMERS": "60", "LOANHUB_DEMO_MONTHS": "8", "LOANHUB_EVENTS_PER_MINUTE": "6000",
        "LOANHUB_EVENTS_BURST": "2000", "LOANHUB_LOGIN_POSTS_PER_MINUTE": "600",
    }  # fmt: skip
    log = (home / "server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "loanhub.cli.serve"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base, process, home)
        yield base
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _wait(base: str, process: subprocess.Popen[bytes], home: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the server did not start:\n{(home / 'server.log').read_text()[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys: Debian's where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(browser: Browser, server: str) -> Iterator[SignIn]:
    """Open a signed-in page: ``sign_in("sales")``, ``sign_in("credit", phone=True, dark=True)``."""
    contexts: list[BrowserContext] = []

    def open_page(role: str, *, phone: bool = False, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=server, viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale="zh-CN",
            timezone_id="Asia/Shanghai", color_scheme="dark" if dark else "light", accept_downloads=True,
        )  # fmt: skip
        contexts.append(context)
        answer = context.request.post(
            f"{server}/api/auth/login", form={"login": ACCOUNTS[role], "password": PASSWORD},
            headers={"Origin": server}, max_redirects=0,
        )  # fmt: skip
        assert answer.status == 303, answer.text()
        assert "error" not in answer.headers["location"], answer.headers["location"]
        page = context.new_page()
        page.set_default_timeout(15_000 * PATIENCE)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    """A team lead's page on the workbench: one who sees a whole team's board and may move its cards."""
    found = sign_in("team_lead")
    found.goto("/")
    return found
