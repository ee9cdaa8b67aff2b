"""Keep the book of the measures in memory, fresh from events 驾驶舱快照; a file of it makes the first look quick.

Whoever looks brings it up to date: the events since the last look name the records that changed, and only those
are read again. An event of a whole batch (day-end, import) has its frames read anew. The file is a cache: it is
used only where its newest event is the database's own, and can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import polars as pl
import structlog
from sqlalchemy.engine import Engine, make_url
from sqlmodel import Session

from loanhub.analytics import book as frames
from loanhub.analytics.book import GROWING, SCHEMAS, Book
from loanhub.analytics.history import History, history_of, month_cells
from loanhub.domain.permissions import Scope
from loanhub.repositories import book as repository
from loanhub.repositories.book import Changed
from loanhub.services import _transaction
from loanhub.services._actor import Actor
from loanhub.settings import settings

MANY = 3_000
"""With more events than this the whole is read again."""
OVERTAKEN = 1_000
"""On PostgreSQL an event may be committed after later ones; so many of the newest are looked at again."""
FILE_FORMAT = 2
"""Rises when the file's list says other things; a file of an older one is not used."""
READERS_KEPT = 24
RESULTS_KEPT = 120
WHOLE: dict[str, tuple[str, ...]] = {
    "day_end.finished": ("loans", "snapshots"),
    "day_end.months_written": ("snapshots",),
    "leads.import_finished": ("leads", "moves", "follow_ups", "tasks"),
    "leads.import_undone": ("leads", "customers", "moves", "follow_ups", "tasks"),
    "channel_cost.entered": ("leads",),
    "channel_cost.voided": ("leads",),
    "channel_cost.settled": ("leads",),
    "pipeline.edited": ("leads", "moves"),
    "user.created": ("staff",),
    "user.edited": ("staff",),
    "user.disabled": ("staff",),
    "user.enabled": ("staff",),
    "role.edited": ("staff",),
    "demo.built": tuple(SCHEMAS),
}
"""Events that name no record, and the frames they change."""
Touched = dict[tuple[str, str], set[int]]

Result = TypeVar("Result")

log = structlog.get_logger("loanhub.book")


class _Same:
    """Equal to another only when both hold the very same frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.frame is self.frame

    __hash__ = None  # type: ignore[assignment]


class Keeper:
    """The book of one database."""

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = weakref.ref(engine)
        self._ordered = engine.dialect.name == "sqlite"
        self._folder = folder
        self._lock = threading.Lock()
        self._book: Book | None = None
        self._low = 0
        self._seen: set[int] = set()
        self._newest = (0, "")
        self._saved = 0
        self._readers: dict[tuple[object, ...], tuple[int, Book, Book]] = {}
        self._results: dict[tuple[object, ...], tuple[object, object]] = {}
        self._result_locks: dict[tuple[object, ...], threading.Lock] = {}
        self.version = 0
        """Rises with every change folded in."""

    @property
    def newest(self) -> int:
        """Return the number of the newest event seen: what is read from the database beside the book hangs on it."""
        return self._newest[0]

    def whole(self) -> Book:
        """Return the book of the whole company as of now."""
        with self._lock, self._session() as db:
            if self._book is None and not self._load(db):
                self._build(db)
            self._follow(db)
            assert self._book is not None
            return self._book

    def of(self, actor: Actor) -> Book:
        """Return what the actor may see of it, as of now."""
        book = self.whole()
        if actor.is_system or actor.scope is Scope.ALL:
            return book
        if actor.scope is Scope.NONE:
            return frames.empty()
        key, version = (actor.user_id, actor.department_ids), self.version
        kept = self._readers.get(key)
        if kept is None or kept[0] != version:
            before = None if kept is None else (kept[1], kept[2])
            found = frames.within(
                book, user_id=actor.user_id, departments=actor.department_ids, before=before
            )
            while len(self._readers) >= READERS_KEPT:
                self._readers.pop(next(iter(self._readers)), None)
            kept = self._readers[key] = (version, book, found)
        return kept[2]

    def once(self, key: tuple[object, ...], stamp: object, make: Callable[[], Result]) -> Result:
        """Return what ``make`` gave for this key, as long as the stamp is the same; made by one thread at a time."""
        with self._lock:
            lock = self._result_locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._results.get(key)
            if kept is None or kept[0] != stamp:
                kept = (stamp, make())
                with self._lock:
                    self._results.pop(key, None)
                    while len(self._results) >= RESULTS_KEPT:
                        oldest = next(iter(self._results))
                        del self._results[oldest]
                        self._result_locks.pop(oldest, None)
                    self._results[key] = kept
            return kept[1]  # type: ignore[return-value]

    def history(self, key: tuple[object, ...], book: Book) -> History:
        """Return a book's month ends added up; added up again only when there are others, not with every payment."""
        cells = self.once(("cells", *key), _Same(book.snapshots), lambda: month_cells(book))
        return history_of(book, cells)

    def rebuild(self) -> Book:
        """Read everything again and return it."""
        with self._lock, self._session() as db:
            return self._build(db)

    def differing(self) -> list[str]:
        """Return the frames whose rows, followed from events, are not those of the database."""
        kept = self.whole()
        with self._session() as db:
            anew = Book(**{name: repository.read(db, name, schema) for name, schema in SCHEMAS.items()})
        return frames.differing(kept, anew)

    def save(self) -> bool:
        """Write the file, when there is a folder for it and something new; returns whether it was written."""
        with self._lock:
            book, low, newest, version = self._book, self._low, self._newest, self.version
        if self._folder is None or book is None or version == self._saved:
            return False
        name = f"book-{newest[0]}-{os.getpid()}"
        place = self._folder / name
        place.mkdir(parents=True, exist_ok=True)
        for frame in SCHEMAS:
            getattr(book, frame).write_ipc(place / f"{frame}.arrow", compression="zstd")
        manifest = {
            "format": _format(), "folder": name, "low": low, "newest": newest[0], "mark": newest[1], "sums": _sums(place),
        }  # fmt: skip
        waiting = self._folder / f"{name}.json"
        waiting.write_text(json.dumps(manifest))
        waiting.replace(self._folder / "book.json")
        for old in self._folder.glob("book-*"):
            if old.is_dir() and old != place:
                shutil.rmtree(old, ignore_errors=True)
        self._saved = version
        return True

    def _session(self) -> contextlib.AbstractContextManager[Session]:
        engine = self._engine()
        assert engine is not None
        return Session(engine.execution_options(writes=False))

    def _build(self, db: Session) -> Book:
        newest = repository.newest_event(
            db
        )  # before the rows: what comes between is read twice, never missed
        self._book = Book(**{name: repository.read(db, name, schema) for name, schema in SCHEMAS.items()})
        self._low, self._seen = self._floor(newest), set()
        self._newest = (newest, repository.event_mark(db, newest))
        self.version += 1
        return self._book

    def _floor(self, newest: int) -> int:
        return newest if self._ordered else max(0, newest - OVERTAKEN)

    def _load(self, db: Session) -> bool:
        """Take the book from the file; False when there is none that fits this database."""
        if self._folder is None:
            return False
        try:
            manifest = json.loads((self._folder / "book.json").read_text())
            newest, mark = int(manifest["newest"]), str(manifest["mark"])
            if manifest["format"] != _format() or not mark or repository.event_mark(db, newest) != mark:
                return False
            place = self._folder / str(manifest["folder"])
            if manifest["sums"] != _sums(place):
                raise ValueError("a frame is not what was written")
            found = {name: pl.read_ipc(place / f"{name}.arrow") for name in SCHEMAS}
            self._low = int(manifest["low"])
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as damage:
            log.warning("book_file_damaged", problem=repr(damage)[:200])
            return False
        self._book, self._newest, self._seen = Book(**found), (newest, mark), set()
        self.version += 1
        self._saved = self.version
        return True

    def _follow(self, db: Session) -> None:
        if self._newest[0] and repository.event_mark(db, self._newest[0]) != self._newest[1]:
            self._build(db)  # another database stands behind the address: a restored one
            return
        found = repository.events_after(db, self._low, MANY + OVERTAKEN)
        fresh = [event for event in found if event.id not in self._seen]
        if len(fresh) > MANY:
            self._build(db)
            return
        if not fresh:
            return
        newest = max(found[-1].id, self._newest[0])
        touched, whole = _touched(fresh)
        book = self._book
        assert book is not None
        for name in whole:
            book = book.having({name: self._read_whole(db, book, name, fresh)})
        for (name, key), ids in touched.items():
            if name not in whole:
                rows = repository.read(db, name, SCHEMAS[name], key=key, ids=sorted(ids))
                book = frames.fold(book, name, rows, key=key, ids=sorted(ids))
        self._low = max(self._low, self._floor(newest))
        self._seen = {event.id for event in found if event.id > self._low}
        self._newest = (newest, repository.event_mark(db, newest))
        if touched or whole:
            self._book = book
            self.version += 1

    def _read_whole(self, db: Session, book: Book, name: str, events: list[Changed]) -> pl.DataFrame:
        """Return a frame anew; of history that is only added to, just what came since its last day, that day included."""
        kept: pl.DataFrame = getattr(book, name)
        rewritten = any(event.type in ("demo.built", "day_end.months_written") for event in events)
        if name != GROWING or rewritten or kept.is_empty():
            return repository.read(db, name, SCHEMAS[name])
        last = kept["date"].max()
        fresh = repository.month_ends(db, SCHEMAS[name], since=last)  # type: ignore[arg-type]  # a date, or it were empty
        return kept.filter(pl.col("date") < last).vstack(fresh)


def _touched(events: Iterable[Changed]) -> tuple[Touched, set[str]]:
    """Return the rows to read again, by frame and the column their ids name, and the frames to read wholly."""
    touched: Touched = {}
    whole: set[str] = set()

    def add(name: str, key: str, record_id: int | None) -> None:
        if record_id:
            touched.setdefault((name, key), set()).add(record_id)

    for event in events:
        whole.update(WHOLE.get(event.type, ()))
        of = event.entity_id
        lead = of if event.entity == "lead" else event.lead_id
        add("leads", "id", lead)
        add("moves", "lead", lead)
        customer = of if event.entity == "customer" else event.customer_id
        add("customers", "id", customer)
        for name in (
            "follow_ups",
            "tasks",
        ):  # whose they are, and whether they are there, hangs on the record
            add(name, "lead", lead)
            add(name, "customer", customer)
        if event.entity == "customer":
            add("loans", "customer", of)  # the city of a loan is its customer's
        elif event.entity == "application":
            add("applications", "id", of)
        elif event.entity == "task":
            add("tasks", "id", of)
        elif event.entity == "collection_case":
            add("cases", "id", of)
            add("promises", "case", of)
            add("contacts", "case", of)
        elif event.entity == "loan":
            add("loans", "id", of)
            add("payments", "loan", of)
    return touched, whole


def _sums(place: Path) -> dict[str, str]:
    """Return the checksum of each frame's file: a bit that turned on the disk would be a wrong number nobody sees."""
    found = {}
    for name in SCHEMAS:
        with (place / f"{name}.arrow").open("rb") as source:
            found[name] = hashlib.file_digest(source, "sha256").hexdigest()
    return found


def _format() -> str:
    """Return what changes with the columns, so that a file of an older version is not used."""
    columns = {name: {key: str(kind) for key, kind in schema.items()} for name, schema in SCHEMAS.items()}
    return hashlib.sha256(json.dumps([FILE_FORMAT, columns], sort_keys=True).encode()).hexdigest()[:16]


_keepers: weakref.WeakKeyDictionary[Engine, Keeper] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def keeper() -> Keeper:
    """Return the keeper of the database in use."""
    engine = _transaction.engine()
    with _making:
        found = _keepers.get(engine)
        if found is None:
            own = engine.url == make_url(settings().database)
            found = _keepers[engine] = Keeper(engine, settings().data_dir / "book" if own else None)
        return found


def save() -> bool:
    """Write the file of the book that is in use; for the periodic job."""
    engine = _transaction.engine()
    found = _keepers.get(engine)
    return found.save() if found is not None else False
