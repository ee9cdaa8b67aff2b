"""Moving cards on the board as a person does: mouse, finger, keyboard, menu; alone and with others.

Needs the fixture ``page``: a signed-in Playwright page on any address of the running product, whose board
holds cards in its first stage and lets them move to the second and back. Further contexts are opened here
with the same session.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import LIVE_MS, PATIENCE
from tests.journeys.people import fresh_phone

BOARD_PATH = "/boards"

SLOW_ANSWERS = """
const Native = window.WebSocket;
window.answerDelay = 0;
window.WebSocket = class extends Native {
  set onmessage(handle) {
    super.onmessage = (e) => setTimeout(() => handle.call(this, e), window.answerDelay);
  }
};
"""
"""Delays what the server sends, in the page itself: Chromium's network emulation leaves sockets alone."""


SLOW_MS = int(1_500 * PATIENCE)
"""How long an answer takes there: longer than a busy machine needs to draw, so that what is seen before is ours."""


CARDS_AT_LEAST = 8
"""In the first column, so that one can be taken, held and swiped over."""


class Board:
    """The board as seen on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> "Board":
        """Go to the board and wait for its cards."""
        self.page.add_init_script(SLOW_ANSWERS)
        self.page.goto(BOARD_PATH)
        self.page.wait_for_selector("[data-add]")
        # The heads count what the columns hold: the cards are there when as many are shown, or a way to more.
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('section[data-stage]:has([data-col])')].every(column =>
              column.querySelector('[data-act=more]') || column.querySelectorAll('[data-card]').length
                >= Number(/(\\d+) 张/.exec(column.getAttribute('aria-label'))?.[1] ?? 0))"""
        )
        self._refill()
        self.page.wait_for_selector("[data-card]")
        return self

    def _refill(self) -> None:
        """Add cards to the first column until tests before this one no longer matter."""
        first = self.page.locator("[data-col]").first.locator("[data-card]")
        for have in range(first.count(), CARDS_AT_LEAST):
            self.page.fill("[data-add]", f"孙立 {fresh_phone()} 40万")
            self.page.press("[data-add]", "Enter")
            expect(first).to_have_count(have + 1)
            expect(self.page.locator("[data-add]")).to_have_value("")

    def columns(self) -> list[str]:
        """Return the codes of the unfolded columns, left to right."""
        return self.page.eval_on_selector_all("[data-col]", "all => all.map(col => col.dataset.col)")

    def order(self) -> dict[str, list[str]]:
        """Return the ids shown in each unfolded column."""
        return self.page.eval_on_selector_all(
            "[data-col]",
            "all => Object.fromEntries(all.map(col => [col.dataset.col,"
            " [...col.querySelectorAll('[data-card]')].map(card => card.dataset.card)]))",
        )

    def card(self, card_id: str):
        """Return the card."""
        return self.page.locator(f"[data-card='{card_id}']")

    def where(self, card_id: str) -> list[str]:
        """Return the columns showing the card: one, unless something is broken."""
        return [code for code, ids in self.order().items() if card_id in ids]

    def expect_in(self, card_id: str, column: str, *, timeout: float = LIVE_MS) -> None:
        """Wait until the card stands in the column, and only there.

        Somebody who sees more cards may have it below the first ones of the column: then more are loaded, as by
        hand. Nothing is ever reloaded.
        """
        until = time.monotonic() + timeout / 1000
        asked = time.monotonic() + 1
        while (found := self.where(card_id)) != [column] and time.monotonic() < until:
            more = self.page.locator(f"[data-act='more'][data-to='{column}']")
            if column not in found and time.monotonic() > asked and more.count():
                more.first.click()
                asked = time.monotonic() + 1
            self.page.wait_for_timeout(50)
        assert self.where(card_id) == [column]

    def expect_order(self, wanted: dict[str, list[str]]) -> None:
        """Wait until the columns show exactly these cards."""
        until = time.monotonic() + LIVE_MS / 1000
        while self.order() != wanted and time.monotonic() < until:
            self.page.wait_for_timeout(50)
        assert self.order() == wanted

    def flying(self) -> None:
        """Wait until a card is in the air."""
        self.page.wait_for_selector(".lb-card.is-flying")

    def listen(self) -> None:
        """Keep what is said to those who cannot see the board."""
        self.page.evaluate(
            """() => { window.heard = []; new MutationObserver(() => document.querySelectorAll('[aria-live]')
              .forEach(at => at.textContent && window.heard.push(at.textContent)))
              .observe(document.body, {subtree: true, childList: true, characterData: true}); }"""
        )

    def press(self, key: str, heard: str) -> None:
        """Press a key and wait until the words were said; ``listen`` comes first."""
        self.page.evaluate("window.heard = []")
        self.page.keyboard.press(key)
        self.page.wait_for_function("words => window.heard.some(one => one.includes(words))", arg=heard)

    @contextmanager
    def holding(self, card_id: str, column: str) -> Iterator[None]:
        """Lift the card with the mouse and hold it above the top of ``column``; drop it at the end."""
        box = self.card(card_id).bounding_box()
        target = self.page.locator(f"[data-col='{column}']").bounding_box()
        assert box and target
        x, y = box["x"] + 60, box["y"] + 20
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in (3, 6, 9):
            self.page.mouse.move(x + step, y + step)
        self.flying()
        self.page.mouse.move(target["x"] + 60, target["y"] + 30, steps=10)
        self.page.wait_for_selector(f"[data-col='{column}'].is-over")
        self.page.wait_for_timeout(200)
        yield
        self.page.mouse.up()

    def drag(self, card_id: str, column: str) -> None:
        """Drag the card to the top of the column."""
        with self.holding(card_id, column):
            pass


def sibling(page: Page, **options: object) -> Page:
    """Return a page of another browser context with the same session."""
    browser = page.context.browser
    assert isinstance(browser, Browser)
    parts = urlsplit(page.url)
    context = browser.new_context(
        storage_state=page.context.storage_state(),
        base_url=f"{parts.scheme}://{parts.netloc}",
        **options,
    )
    return context.new_page()


@pytest.fixture
def board(page: Page) -> Board:
    """Return the open board."""
    return Board(page).open()


@pytest.fixture
def first(board: Board) -> tuple[str, str, str]:
    """Return (id of a card in the first column, first column, second column)."""
    source, target = board.columns()[:2]
    return board.order()[source][0], source, target


class TestMouse:
    def test_moves_a_card_and_the_server_keeps_it(self, board: Board, first):
        card, _source, target = first

        board.drag(card, target)
        board.expect_in(card, target)
        board.page.wait_for_timeout(500)
        board.page.reload()

        board.expect_in(card, target)

    def test_escape_puts_the_card_back(self, board: Board, first):
        card, _source, target = first
        before = board.order()

        with board.holding(card, target):
            board.page.keyboard.press("Escape")
            expect(board.page.locator("[data-lifted]")).to_have_count(0)

        board.expect_order(before)

    def test_a_slow_answer_never_shows_the_card_at_its_old_place(self, board: Board, first):
        card, _source, target = first
        board.page.evaluate(f"window.answerDelay = {SLOW_MS}")

        board.drag(card, target)
        board.expect_in(card, target, timeout=SLOW_MS * 0.8)
        strays = board.page.evaluate(
            """([card, target, last]) => new Promise((done) => {
              const until = performance.now() + last; let strays = 0;
              const look = () => {
                const at = document.querySelectorAll(`[data-card="${card}"]`);
                if (at.length !== 1 || at[0].closest('[data-col]').dataset.col !== target) strays += 1;
                performance.now() < until ? requestAnimationFrame(look) : done(strays);
              };
              look();
            })""",
            [card, target, SLOW_MS + 700],
        )

        assert strays == 0

    def test_the_same_card_moves_twice_before_the_first_answer(self, board: Board, first):
        card, source, target = first
        board.page.evaluate(f"window.answerDelay = {SLOW_MS}")

        board.drag(card, target)
        board.expect_in(card, target, timeout=SLOW_MS * 0.8)
        board.drag(card, source)
        board.page.wait_for_timeout(2 * SLOW_MS)

        board.expect_in(card, source)


class TestKeyboard:
    def test_space_lifts_arrows_move_enter_drops_and_focus_stays(self, board: Board, first):
        card, _source, target = first
        board.listen()

        board.card(card).focus()
        board.press("Space", "已抬起")
        board.press("ArrowRight", "移到「")
        board.press("Enter", "放到「")

        board.expect_in(card, target)
        expect(board.card(card)).to_be_focused()

    def test_escape_restores(self, board: Board, first):
        card = first[0]
        before = board.order()
        board.listen()

        board.card(card).focus()
        board.press("Space", "已抬起")
        board.press("ArrowRight", "移到「")
        board.page.keyboard.press("Escape")
        expect(board.page.locator(".lb-card.is-flying")).to_have_count(0)
        expect(board.page.locator("[data-lifted]")).to_have_count(0)

        board.expect_order(before)

    def test_alt_arrows_move_to_the_next_stage_and_back(self, board: Board, first):
        card, source, target = first

        board.card(card).focus()
        board.page.keyboard.press("Alt+ArrowRight")
        board.expect_in(card, target)
        expect(board.card(card)).to_be_focused()

        board.page.keyboard.press("Alt+ArrowLeft")
        board.expect_in(card, source)

    def test_m_opens_the_move_dialog_and_focus_returns(self, board: Board, first):
        card, _source, target = first

        board.card(card).focus()
        board.page.keyboard.press("m")
        option = board.page.get_by_role("dialog").locator(f"[data-to='{target}']")
        option.focus()
        board.page.keyboard.press("Enter")

        board.expect_in(card, target)
        expect(board.page.get_by_role("dialog")).to_have_count(0)
        expect(board.card(card)).to_be_focused()


class TestMenu:
    def test_every_card_moves_without_dragging(self, board: Board, first):
        card, _source, target = first

        board.card(card).hover()
        board.card(card).get_by_role("button", name=re.compile("移至…")).click()
        board.page.get_by_role("dialog").locator(f"[data-to='{target}']").click()

        board.expect_in(card, target)


class TestTouch:
    @pytest.fixture
    def touch(self, page: Page) -> Board:
        """Return the board on a tablet."""
        return Board(
            sibling(
                page,
                viewport={"width": 1024, "height": 768},
                has_touch=True,
                is_mobile=True,
            )
        ).open()

    @staticmethod
    def finger(board: Board, path: list[tuple[float, float]], *, hold_ms: int, step_ms: int) -> None:
        """Put a finger down at path[0], wait, follow the path, lift."""
        cdp = board.page.context.new_cdp_session(board.page)

        def touch(kind: str, points: list[tuple[float, float]]) -> None:
            cdp.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
            )

        touch("touchStart", path[:1])
        board.page.wait_for_timeout(hold_ms)
        if hold_ms:
            board.flying()
        for point in path[1:]:
            touch("touchMove", [point])
            board.page.wait_for_timeout(step_ms)
        board.page.wait_for_timeout(150)
        touch("touchEnd", [])

    def test_a_long_press_drags(self, touch: Board):
        source, target = touch.columns()[:2]
        card = touch.order()[source][0]
        start = touch.card(card).bounding_box()
        end = touch.page.locator(f"[data-col='{target}']").bounding_box()
        assert start and end
        x, y = start["x"] + 60, start["y"] + 20
        dx, dy = end["x"] + 60 - x, end["y"] + 30 - y

        self.finger(
            touch,
            [(x + dx * i / 12, y + dy * i / 12) for i in range(13)],
            hold_ms=600,
            step_ms=30,
        )

        touch.expect_in(card, target)

    def test_a_quick_swipe_scrolls_and_moves_nothing(self, touch: Board):
        before = touch.order()
        card = touch.order()[touch.columns()[0]][2]
        box = touch.card(card).bounding_box()
        assert box
        x, y = box["x"] + 60, box["y"] + 40

        self.finger(touch, [(x, y - 25 * i) for i in range(9)], hold_ms=0, step_ms=16)

        touch.page.wait_for_function("document.querySelector('.lb-board').scrollTop > 0")
        touch.page.wait_for_timeout(300)
        assert touch.order() == before


class TestPhone:
    def test_one_stage_at_a_time_and_one_tap_onward(self, page: Page):
        board = Board(
            sibling(
                page,
                viewport={"width": 390, "height": 844},
                has_touch=True,
                is_mobile=True,
            )
        ).open()
        source, target = board.columns()[:2]
        card = board.order()[source][0]

        visible = board.page.locator("[data-col]:visible")
        expect(visible).to_have_count(1)
        board.card(card).locator("[data-act='next']").tap()
        board.page.locator(f".lb-tab[data-to='{target}']").tap()

        expect(visible).to_have_attribute("data-col", target)
        expect(board.card(card)).to_be_visible()
        assert board.page.evaluate("document.documentElement.scrollWidth") <= 390
        small = board.page.eval_on_selector_all(
            ".lb-board button:not([hidden])",
            "all => all.map(b => b.getBoundingClientRect()).filter(r => r.width && r.height < 36).length",
        )
        assert small == 0


class TestTogether:
    def test_a_move_appears_at_a_colleague(self, board: Board, first):
        card, _source, target = first
        colleague = Board(sibling(board.page)).open()

        board.drag(card, target)

        colleague.expect_in(card, target, timeout=LIVE_MS)

    def test_a_held_card_stays_in_hand_while_others_move(self, board: Board, first):
        card, source, target = first
        other = board.order()[source][1]
        colleague = Board(sibling(board.page)).open()

        with board.holding(card, target):
            held = board.order()
            colleague.drag(other, target)
            colleague.expect_in(other, target)
            board.page.wait_for_timeout(500)
            assert board.order() == held
            assert board.page.locator(".lb-card.is-flying").count() == 1

        board.expect_in(card, target)
        board.expect_in(other, target)
        colleague.expect_in(card, target)
        until = time.monotonic() + LIVE_MS / 1000
        while board.order() != colleague.order() and time.monotonic() < until:
            board.page.wait_for_timeout(100)
        assert board.order() == colleague.order()

    def test_two_people_with_the_same_card_do_not_overwrite_each_other(self, board: Board, first):
        card, _source, target = first
        third = board.columns()[2]
        colleague = Board(sibling(board.page)).open()

        with board.holding(card, third):
            colleague.drag(card, target)
            colleague.expect_in(card, target)
            colleague.page.wait_for_timeout(300)

        board.expect_in(card, target)
        colleague.expect_in(card, target)
        expect(board.page.locator("[data-sonner-toast]").filter(has_text="移动").first).to_be_visible()


class TestAccessibility:
    def test_axe_finds_nothing_serious(self, board: Board):
        from axe_playwright_python.sync_playwright import Axe

        result = Axe().run(board.page, context=".lb-board")

        bad = [v["id"] for v in result.response["violations"] if v["impact"] in ("serious", "critical")]
        assert bad == []
