from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotPermitted
from loanhub.services import _transaction
from loanhub.state import _live
from loanhub.state._base import SessionState
from loanhub.state._live import Hub, Op, Watch


class LiveBoardState(SessionState):
    """A watching page of the tests."""


class Seen:
    """Collects deliveries; ``gone`` are the tokens whose browser has left."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, list[Op]]] = []
        self.gone: set[str] = set()
        self.refused: set[str] = set()

    async def __call__(self, watch: Watch, topic: str, ops: list[Op]) -> bool:
        if watch.token in self.refused:
            raise NotPermitted
        if watch.token in self.gone:
            return False
        self.got.append((watch.token, topic, ops))
        return True

    def of(self, token: str) -> list[Op]:
        return [op for who, _, ops in self.got if who == token for op in ops]


@pytest.fixture
def redis_url() -> Iterator[str]:
    binary = shutil.which("redis-server")
    assert binary, "redis-server is not installed: see README"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(5)


@pytest.mark.asyncio
class TestHub:
    async def test_tells_those_who_watch_and_nobody_else(self) -> None:
        seen = Seen()
        hub = Hub(seen, seconds_between=0)
        async with hub.running():
            hub.join("leads", "a", LiveBoardState)
            hub.join("leads", "b", LiveBoardState)
            hub.join("loans", "c", LiveBoardState)
            hub.publish([("leads", {"id": 1})])
            await asyncio.sleep(0.05)

        assert seen.of("a") == seen.of("b") == [{"id": 1}] and seen.of("c") == []

    async def test_asks_at_most_twice_a_second_and_loses_nothing(self) -> None:
        seen = Seen()
        hub = Hub(seen)
        async with hub.running():
            hub.join("leads", "a", LiveBoardState)
            for number in range(30):
                hub.publish([("leads", {"id": number})])
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.6)

        assert [op["id"] for op in seen.of("a")] == list(range(30))
        assert 3 <= len(seen.got) <= 5

    async def test_forgets_who_left_and_who_lost_the_right(self) -> None:
        seen = Seen()
        seen.gone, seen.refused = {"gone"}, {"revoked"}
        hub = Hub(seen, seconds_between=0)
        async with hub.running():
            for token in ("here", "gone", "revoked"):
                hub.join("leads", token, LiveBoardState)
            hub.publish([("leads", {"id": 1})])
            await asyncio.sleep(0.05)

            assert {key[0] for key in hub.topics["leads"]} == {"here"}

    async def test_a_failing_view_does_not_stop_the_others(self) -> None:
        got: list[str] = []

        async def deliver(watch: Watch, topic: str, ops: list[Op]) -> bool:
            if watch.token == "broken":
                raise RuntimeError("boom")
            got.append(watch.token)
            return True

        hub = Hub(deliver, seconds_between=0)
        async with hub.running():
            for token in ("broken", "fine"):
                hub.join("leads", token, LiveBoardState)
            hub.publish([("leads", {})])
            await asyncio.sleep(0.05)

            assert got == ["fine"] and len(hub.topics["leads"]) == 2

    async def test_hears_of_a_transaction_only_when_it_is_committed(self, sqlite_database: Engine) -> None:
        seen = Seen()
        hub = Hub(seen, seconds_between=0)
        _transaction.on_commit(hub.publish)

        def work(fail: bool) -> None:
            with contextlib.suppress(RuntimeError), _transaction.transaction() as db:
                _transaction.announce(db, "leads", id=1 if fail else 2)
                if fail:
                    raise RuntimeError

        try:
            async with hub.running():
                hub.join("leads", "a", LiveBoardState)
                await asyncio.to_thread(work, True)
                await asyncio.to_thread(work, False)
                await asyncio.sleep(0.05)
        finally:
            _transaction._listeners.remove(hub.publish)

        assert seen.of("a") == [{"id": 2}]

    async def test_after_it_stopped_publishing_is_harmless(self) -> None:
        hub = Hub(Seen())
        async with hub.running():
            hub.join("leads", "a", LiveBoardState)

        hub.publish([("leads", {"id": 1})])


@pytest.mark.asyncio
class TestHubWithRedis:
    async def test_reaches_the_watchers_of_another_worker_and_its_own_once(self, redis_url: str) -> None:
        here, there = Seen(), Seen()
        one, two = Hub(here, seconds_between=0), Hub(there, seconds_between=0)
        async with one.running(redis_url), two.running(redis_url):
            one.join("leads", "a", LiveBoardState)
            two.join("leads", "b", LiveBoardState)
            await asyncio.to_thread(one.publish, [("leads", {"id": 1})])
            await asyncio.sleep(0.3)

        assert here.of("a") == there.of("b") == [{"id": 1}]

    async def test_hears_of_another_process(self, redis_url: str) -> None:
        seen = Seen()
        hub = Hub(seen, seconds_between=0)
        program = (
            "import asyncio, sys\n"
            "from loanhub.state._live import Hub\n"
            "async def main():\n"
            "    async def nobody(*_): return True\n"
            "    async with Hub(nobody).running(sys.argv[1]) as hub:\n"
            "        hub.publish([('leads', {'id': 7})])\n"
            "asyncio.run(main())\n"
        )
        async with hub.running(redis_url):
            hub.join("leads", "a", LiveBoardState)
            other = await asyncio.create_subprocess_exec(sys.executable, "-c", program, redis_url)
            assert await other.wait() == 0
            await asyncio.sleep(0.3)

        assert seen.of("a") == [{"id": 7}]

    async def test_still_tells_its_own_watchers_when_redis_is_gone(self) -> None:
        seen = Seen()
        hub = Hub(seen, seconds_between=0)
        async with hub.running("redis://127.0.0.1:1/0"):
            hub.join("leads", "a", LiveBoardState)
            await asyncio.to_thread(hub.publish, [("leads", {"id": 1})])
            await asyncio.sleep(0.1)

        assert seen.of("a") == [{"id": 1}]


class TestWatch:
    class _Page:
        class router:  # noqa: N801
            class session:  # noqa: N801
                client_token = "tab"

    def test_leaves_the_page_before_and_keeps_the_inbox(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hub = Hub(Seen())
        monkeypatch.setattr(_live, "hub", hub)
        page = self._Page()
        monkeypatch.setattr(self._Page, "get_full_name", classmethod(lambda cls: "page"), raising=False)
        hub.join("inbox:1", "tab", SessionState)
        hub.join("leads", "tab", LiveBoardState)
        hub.join("leads", "other tab", LiveBoardState)

        _live.watch(page, ["loans"])

        mine = {topic for topic, watches in hub.topics.items() for key in watches if key[0] == "tab"}
        assert mine == {"inbox:1", "loans"} and len(hub.topics["leads"]) == 1


@pytest.mark.asyncio
class TestAskToReadAgain:
    async def test_lets_the_state_read_with_its_own_rights_and_drops_who_has_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Page:
            signed_in, read = True, 0
            revoked = False

            async def _on_live(self, topic: str, ops: list[Op]) -> None:
                if self.revoked:
                    raise NotPermitted
                self.read += len(ops)

            async def _find_actor(self) -> object | None:
                return None if self.revoked else object()

        page = Page()

        class Root:
            async def get_state(self, state_class: object) -> Page:
                return page

        class App:
            class event_namespace:  # noqa: N801
                class _token_manager:  # noqa: N801
                    @staticmethod
                    async def is_token_connected(token: str) -> bool:
                        return token == "tab"

            @contextlib.asynccontextmanager
            async def modify_state(self, token: object) -> AsyncIterator[Root]:
                yield Root()

        monkeypatch.setattr(_live, "_app", App())
        ask = _live._ask_to_read_again
        assert await ask(Watch("tab", LiveBoardState), "leads", [{}, {}]) and page.read == 2
        assert not await ask(Watch("closed tab", LiveBoardState), "leads", [{}])

        page.revoked = True
        assert not await ask(Watch("tab", LiveBoardState), "leads", [{}])
        assert not page.signed_in and page.read == 2
