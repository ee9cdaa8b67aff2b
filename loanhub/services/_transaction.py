"""One use case, one transaction 事务: the engine, the session, and what happens after the commit.

SQLite writers begin with ``BEGIN IMMEDIATE`` (a deferred one that upgrades fails at once, whatever the
timeout), in the order in which they came (``_turns``); readers begin deferred. WAL, ``synchronous=FULL``, ``foreign_keys=ON``.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session

from loanhub.services import _turns
from loanhub.services._failpoints import failpoint
from loanhub.settings import settings

BUSY_TIMEOUT = 10_000
"""Milliseconds a writer to SQLite waits for another one before it is refused."""

Kept = TypeVar("Kept")

_lock = threading.Lock()
_engine: Engine | None = None
_bound: dict[bool, tuple[Engine, Engine]] = {}
_current: contextvars.ContextVar[Session | None] = contextvars.ContextVar("loanhub_session", default=None)
_listeners: list[Callable[[list[tuple[str, dict[str, object]]]], None]] = []


def make_engine(url: str) -> Engine:
    """Return an engine for ``url`` with LoanHub's settings for its database."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    engine = sa.create_engine(
        url,
        connect_args={
            "timeout": 10,
            "check_same_thread": False,
            "factory": _turns.connection_of(_turns.Line()),
        },
        pool_size=20,
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT}",
            "cache_size=-65536", "temp_store=MEMORY",
        ):  # fmt: skip
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if not connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN DEFERRED")
            return
        writer = connection.connection.dbapi_connection
        in_time = writer.wait()
        try:
            if not in_time:
                connection.exec_driver_sql("PRAGMA busy_timeout=0")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            writer.leave()
            raise
        finally:
            if not in_time:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")

    return engine


def configure(engine: Engine | None) -> None:
    """Use ``engine`` from now on; None returns to the one the settings name."""
    global _engine
    with _lock:
        _engine = engine
        _bound.clear()


def engine() -> Engine:
    """Return the engine in use, made from the settings on first need."""
    global _engine
    if _engine is None:
        with _lock:
            if _engine is None:
                _engine = make_engine(settings().database)
    return _engine


def _session(*, writes: bool) -> Session:
    whole = engine()
    kept = _bound.get(writes)
    if kept is None or kept[0] is not whole:
        kept = _bound[writes] = (whole, whole.execution_options(writes=writes))
    return Session(kept[1], expire_on_commit=False, autoflush=True)


def on_commit(listener: Callable[[list[tuple[str, dict[str, object]]]], None]) -> None:
    """Call ``listener`` with the announcements of each transaction after it has been committed.

    The live hub registers here, so that no service needs to know of it. A listener must not raise or block.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def keep_reads(db: Session) -> None:
    """From now on in this session, what is asked for through :func:`kept` is read once.

    For a job that does many like things in one transaction and changes none of what it asks for again and again.
    """
    db.info["kept"] = {}


def kept(db: Session, key: tuple[object, ...], read: Callable[[], Kept]) -> Kept:
    """Return what ``read`` gives: remembered in a session that keeps reads, read anew in any other."""
    memory: dict[tuple[object, ...], Kept] | None = db.info.get("kept")
    if memory is None:
        return read()
    if key not in memory:
        memory[key] = read()
    return memory[key]


@contextlib.contextmanager
def attempt(db: Session) -> Iterator[None]:
    """Undo what the block wrote and announced when it raises; what the transaction did before it stays."""
    announced = len(db.info.setdefault("announcements", []))
    try:
        with db.begin_nested():
            yield
    except BaseException:
        del db.info["announcements"][announced:]
        raise


def announce(db: Session, topic: str, **op: object) -> None:
    """Tell those who watch ``topic`` about this change, once the transaction is committed."""
    db.info.setdefault("announcements", []).append((topic, op))


@contextlib.contextmanager
def transaction() -> Iterator[Session]:
    """Open the one write transaction of a use case; nested calls join the outer one.

    Committed when the block ends, rolled back when it raises. Announcements go out after the commit.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    db = _session(writes=True)
    token = _current.set(db)
    try:
        yield db
        failpoint("transaction.before_commit")
        db.commit()
        failpoint("transaction.after_commit")
        announcements = db.info.pop("announcements", [])
    except BaseException:
        db.rollback()
        raise
    finally:
        _current.reset(token)
        db.close()
    if announcements:
        for listener in _listeners:
            listener(announcements)


@contextlib.contextmanager
def reading() -> Iterator[Session]:
    """Open a read-only session; inside :func:`transaction` it is that one, so reads see the writes."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    db = _session(writes=False)
    try:
        yield db
    finally:
        db.close()  # not rolled back first: that would expire the rows the caller still holds
