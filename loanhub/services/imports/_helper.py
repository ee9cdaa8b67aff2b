"""A second process cleans and encrypts the rows of a long list while this one writes them.

Plain pipes to a child of our own (``python -m loanhub.services.imports._helper``), so that it works under every server.
The child writes nothing anywhere and asks no database. When it cannot be started, or dies, this process does the rest
by the very same function: no row depends on it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from typing import IO, Any

import structlog

from loanhub.domain.cleaning import CleanedRow
from loanhub.models.encryption import keys
from loanhub.services.imports._plan import PlannedRow, Recipe
from loanhub.services.imports._ready import Numbered, Places, make_ready

FEWEST_ROWS = 5_000
"""Shorter lists are done before a second process has started."""
PIECE = 500
AHEAD = 20
"""How many pieces the helper may be ahead of the writer."""
log = structlog.get_logger(__name__)


def rows_ready(
    recipe: Recipe, places: Places, rows: Sequence[Numbered], *, fewest: int = FEWEST_ROWS
) -> Generator[PlannedRow, None, None]:
    """Yield every row cleaned and made ready, in order; lists of ``fewest`` rows and more with a helper process."""
    pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    helper = None
    if len(rows) >= fewest and len(os.sched_getaffinity(0)) > 1:
        helper = _start(recipe, places, pieces)
    try:
        for piece in pieces:
            answer = None if helper is None else _answer(helper)
            if answer is None:
                if helper is not None:
                    log.warning("import_helper_lost")
                    _stop(helper)
                    helper = None
                yield from make_ready(recipe, places, piece)
            else:
                for (number, cells), (values, notes, ready) in zip(piece, answer, strict=True):
                    yield PlannedRow(number, cells, CleanedRow(values, notes), ready=ready)
    finally:
        if helper is not None:
            _stop(helper)


def _start(
    recipe: Recipe, places: Places, pieces: Sequence[Sequence[Numbered]]
) -> subprocess.Popen[bytes] | None:
    ring = keys()
    ring.columns, ring.index  # noqa: B018 - made now if this is the first use, so that both have the same
    environment = {
        **os.environ,
        "LOANHUB_KEYS_DIR": str(ring.folder.resolve()),
        "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path),
    }
    try:
        helper = subprocess.Popen(
            [sys.executable, "-m", "loanhub.services.imports._helper"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=environment,
        )  # fmt: skip
    except OSError:
        log.warning("import_helper_not_started", exc_info=True)
        return None
    # Written out beforehand: a thread that pickles would take Python's lock from the one that writes to the database.
    asked = [pickle.dumps((recipe, places)), *map(pickle.dumps, pieces)]
    threading.Thread(target=_feed, args=(helper.stdin, asked), daemon=True).start()
    return helper


def _feed(target: IO[bytes], messages: Sequence[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        for message in messages:
            target.write(message)
        target.close()


def _answer(helper: subprocess.Popen[bytes]) -> list[Any] | None:
    """Return the next piece, or None when the helper is gone."""
    assert helper.stdout is not None
    try:
        found: list[Any] = pickle.load(helper.stdout)  # noqa: S301 - of our own child
    except Exception:  # whatever came through the pipe, it is not an answer
        return None
    return found


def _stop(helper: subprocess.Popen[bytes]) -> None:
    helper.kill()
    for pipe in (helper.stdin, helper.stdout):
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.close()
    helper.wait()


def main() -> None:
    """Answer piece after piece until there is none left, or nobody listens."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    waiting: queue.Queue[bytes] = queue.Queue(AHEAD)

    def send() -> None:
        try:
            while message := waiting.get():
                target.write(message)
                target.flush()
        except OSError:
            os._exit(1)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        recipe, places = pickle.load(source)  # noqa: S301 - of the process that started us
        while True:
            rows = make_ready(recipe, places, pickle.load(source))  # noqa: S301
            waiting.put(pickle.dumps([(row.cleaned.values, row.cleaned.notes, row.ready) for row in rows]))
    except EOFError:
        pass
    finally:
        waiting.put(b"")
        sender.join()


if __name__ == "__main__":
    main()
