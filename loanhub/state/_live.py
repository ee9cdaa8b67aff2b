"""The live hub: who watches which topic, and how a committed change reaches them 实时协作.

After a commit the transaction hands its announcements over; every watcher's State is asked to read again
with its own rights (``_on_live``), at most twice a second per watcher and topic. With several workers the
announcements travel through Redis. The only module that touches Reflex's private token manager.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
import redis.asyncio
import reflex as rx
import structlog

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.services._actor import Actor
from loanhub.state._editing import Editing
from loanhub.state._presence import Presence

Op = dict[str, object]
Announcements = list[tuple[str, Op]]
CHANNEL = "loanhub:live"
SECONDS_BETWEEN = 0.5
PARALLEL_DELIVERIES = 16
OPS_KEPT = 200
_SWEEP_EVERY = 200

log = structlog.get_logger("loanhub.live")


@dataclass
class Watch:
    """One view that watches one topic: the client token and the State to ask, who looks, and what waits for it."""

    token: str
    state_class: type[rx.State]
    reader: Actor | None = None
    """Who looks, with the rights of the moment the page was opened: for presence and for what is worth asking."""
    waiting: list[Op] = field(default_factory=list)
    last_at: float = 0.0
    task: asyncio.Task[None] | None = None


def _everything(topic: str, op: Op, reader: Actor | None) -> bool:
    return True


Deliver = Callable[[Watch, str, list[Op]], Awaitable[bool]]


class Hub:
    """The watchers of this worker. ``deliver`` returns False when the watcher is gone."""

    def __init__(self, deliver: Deliver, *, seconds_between: float = SECONDS_BETWEEN) -> None:
        self.topics: dict[str, dict[tuple[str, str], Watch]] = {}
        self._deliver = deliver
        self._between = seconds_between
        self._loop: asyncio.AbstractEventLoop | None = None
        self._redis: redis.Redis | None = None
        self._slots = asyncio.Semaphore(PARALLEL_DELIVERIES)
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_watchers: Callable[[str], None] | None = None
        """Called with a topic when somebody has joined or left it."""
        self.on_heard: list[Callable[[str, Op], None]] = []
        """Called with each announcement that reaches this worker."""

    @property
    def shared(self) -> bool:
        """Whether other workers hear what this one announces."""
        return self._redis is not None

    def join(
        self, topic: str, token: str, state_class: type[rx.State], *, reader: Actor | None = None
    ) -> None:
        """Let this view receive the topic; joining again brings the reader up to date."""
        key = (token, state_class.get_full_name())
        watch = self.topics.setdefault(topic, {}).setdefault(key, Watch(token, state_class))
        watch.reader = reader
        if self.on_watchers is not None:
            self.on_watchers(topic)

    def leave(self, token: str, state_class: type[rx.State] | None = None, topic: str | None = None) -> None:
        """Forget what a client watches: all of it, one State's, one topic's."""
        name = state_class.get_full_name() if state_class else None
        for one in [topic] if topic else list(self.topics):
            watches = self.topics.get(one, {})
            gone = [key for key in watches if key[0] == token and name in (None, key[1])]
            for key in gone:
                del watches[key]
            if not watches:
                self.topics.pop(one, None)
            if gone and self.on_watchers is not None:
                self.on_watchers(one)

    def publish(self, announcements: Announcements) -> None:
        """Send announcements to every worker; callable from any thread, never blocks on a watcher, never raises."""
        if self._redis is not None:
            try:
                self._redis.publish(CHANNEL, json.dumps(announcements, default=str))
                return
            except redis.RedisError:
                # The change is committed; those on this worker still learn of it, the rest on their next load.
                log.warning("live_redis_unreachable")
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.receive, announcements)

    def receive(self, announcements: Announcements) -> None:
        """Queue announcements for the watchers of this worker; on the event loop."""
        for topic, op in announcements:
            for heard in self.on_heard:
                heard(topic, op)
            for watch in list(self.topics.get(topic, {}).values()):
                if not getattr(watch.state_class, "_wants", _everything)(topic, op, watch.reader):
                    continue
                watch.waiting.append(op)
                del watch.waiting[:-OPS_KEPT]
                if watch.task is None or watch.task.done():
                    watch.task = asyncio.get_running_loop().create_task(self._flush(topic, watch))
                    self._tasks.add(watch.task)
                    watch.task.add_done_callback(self._tasks.discard)

    async def _flush(self, topic: str, watch: Watch) -> None:
        while watch.waiting:
            await asyncio.sleep(max(0.0, watch.last_at + self._between - time.monotonic()))
            ops, watch.waiting = watch.waiting, []
            watch.last_at = time.monotonic()
            async with self._slots:
                stays = False
                try:
                    stays = await self._deliver(watch, topic, ops)
                except (NotPermitted, NotFound):
                    pass
                except Exception:
                    log.exception("live_delivery_failed", topic=topic)
                    stays = True
            if not stays:
                self.leave(watch.token, watch.state_class, topic)
                return

    @contextlib.asynccontextmanager
    async def running(self, redis_url: str = "") -> Any:
        """Serve this worker while the block runs: bind the event loop and, with a URL, listen to Redis."""
        self._loop = asyncio.get_running_loop()
        listener = None
        if redis_url:
            self._redis = redis.Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
            ready = asyncio.Event()
            listener = asyncio.create_task(self._listen(redis_url, ready), name="loanhub_live")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ready.wait(), 3)
        try:
            yield self
        finally:
            self._loop = None
            for task in [listener, *self._tasks]:
                if task is not None:
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await task
            if self._redis is not None:
                self._redis.close()
                self._redis = None

    async def _listen(self, url: str, ready: asyncio.Event) -> None:
        while True:
            client = redis.asyncio.Redis.from_url(url, health_check_interval=15)
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CHANNEL)
                    ready.set()
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self.receive([(topic, op) for topic, op in json.loads(message["data"])])
            except (redis.RedisError, OSError, ValueError):
                log.warning("live_redis_lost")
                await asyncio.sleep(1)
            finally:
                with contextlib.suppress(redis.RedisError, OSError):
                    await client.aclose()


_app: Any = None
_joins = 0


async def _ask_to_read_again(watch: Watch, topic: str, ops: list[Op]) -> bool:
    """Let the watching State read again under its own lock and rights; False when its browser is gone."""
    if _app is None or not await _is_connected(watch.token):
        return False
    async with _app.modify_state(rx.BaseStateToken(ident=watch.token, cls=watch.state_class)) as root:
        state = await root.get_state(watch.state_class)
        try:
            await state._on_live(topic, ops)
        except NotPermitted:
            # Revoked while connected: nothing more is sent, and the frame shows that nobody is signed in.
            if await state._find_actor() is None:
                state.signed_in = False
            return False
    return True


async def _is_connected(token: str) -> bool:
    return bool(await _app.event_namespace._token_manager.is_token_connected(token))


hub = Hub(_ask_to_read_again)
presence = Presence(hub)
editing = Editing(hub)
hub.on_heard.append(editing.received)


def publish(topic: str, op: Op) -> None:
    """Announce a change that is committed already (jobs, webhooks); services use ``_transaction.announce``."""
    hub.publish([(topic, op)])


def join(
    state: Any, topic: str, *, state_class: type[rx.State] | None = None, reader: Actor | None = None
) -> None:
    """Let the browser behind this state receive a topic besides those it watches."""
    global _joins
    if token := state.router.session.client_token:
        hub.join(topic, token, state_class or type(state), reader=reader)
        _joins += 1
        if _joins % _SWEEP_EVERY == 0 and _app is not None:
            task = asyncio.get_running_loop().create_task(sweep())
            hub._tasks.add(task)
            task.add_done_callback(hub._tasks.discard)


def watch(state: Any, topics: Iterable[str], *, reader: Actor | None = None) -> None:
    """Let a page State receive exactly these topics; those of the page before are left."""
    token = state.router.session.client_token
    wanted = set(topics)
    for topic, watches in list(hub.topics.items()):
        for key, one in list(watches.items()):
            # The inbox belongs to the frame and outlives the page.
            if (
                key[0] == token
                and not topic.startswith("inbox:")
                and not (topic in wanted and one.state_class is type(state))
            ):
                hub.leave(token, one.state_class, topic)
    for topic in wanted:
        join(state, topic, reader=reader)


def begin_editing(state: Any, place: str, entity: str, record_id: int, actor: Actor) -> None:
    """Tell those who see this record that the person behind this state edits it in ``place``."""
    token = state.router.session.client_token
    editing.begin(token, place, entity, record_id, actor.user_id, actor.name)


def end_editing(state: Any, place: str | None = None) -> None:
    """Tell that the editor in ``place`` is closed; without a place all of this browser's."""
    editing.end(state.router.session.client_token, place)


def leave(state: Any) -> None:
    """Forget everything the browser behind this state watches."""
    hub.leave(state.router.session.client_token)


async def sweep() -> None:
    """Forget the watches of browsers that are gone."""
    for token in {key[0] for watches in list(hub.topics.values()) for key in watches}:
        if not await _is_connected(token):
            hub.leave(token)


def connect(app: Any, *, redis_url: str) -> None:
    """Bind the hub to the app: its states, the commits of this process, and Redis when there are several workers."""
    from loanhub.services import _transaction

    global _app
    _app = app
    _transaction.on_commit(hub.publish)

    @contextlib.asynccontextmanager
    async def live_hub() -> Any:
        async with (
            hub.running(redis_url),
            presence.running(_is_connected),
            editing.running(_is_connected),
        ):
            yield

    app.register_lifespan_task(live_hub)
