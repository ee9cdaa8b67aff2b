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
from multiprocessing.connection import Connection
from typing import IO, Any

import structlog

from loanhub import collector
from loanhub.models.encryption import keys
from loanhub.services.imports._plan import Recipe
from loanhub.services.imports._ready import Numbered, Places, ReadyRow, Said, make_ready

FEWEST_ROWS = 5_000
"""Shorter lists are done before a second process has started."""
PIECE = 500
OWN_PIECES = 10
"""How many pieces this process makes ready at the start itself: while it writes them, the helper starts."""
AHEAD = 12
"""How many pieces the helper is given beyond the one that is written."""
KEPT = 60
"""How many pieces this process makes ready from the end of the list while the helper keeps it waiting."""
log = structlog.get_logger(__name__)


class Helper:
    """The second process: asked for pieces in order, it answers in that order."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._process = process
        self._answers = Connection(os.dup(process.stdout.fileno()), writable=False)
        self._questions: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        # A thread of its own writes to the pipe: the helper may be busy, and this process has rows to write.
        threading.Thread(target=_feed, args=(process.stdin, self._questions), daemon=True).start()

    def ask(self, question: object) -> None:
        """Hand over the recipe, later a piece."""
        self._questions.put(pickle.dumps(question, pickle.HIGHEST_PROTOCOL))

    def has_answered(self) -> bool:
        """Return whether :meth:`answer` would not wait."""
        return self._answers.poll()

    def answer(self) -> list[Any] | None:
        """Return the next piece, or None when the helper is gone."""
        try:
            found: list[Any] = pickle.loads(self._answers.recv_bytes())  # noqa: S301 - of our own child
        except Exception:  # whatever came through the pipe, it is not an answer
            return None
        return found

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._questions.put(b"")
        self._answers.close()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


@contextlib.contextmanager
def launched(rows: int, *, fewest: int = FEWEST_ROWS) -> Generator[Helper | None, None, None]:
    """Start the helper of a list of so many rows while the list is still being read; None where it does not pay."""
    helper = _launch() if rows >= fewest and len(os.sched_getaffinity(0)) > 1 else None
    try:
        yield helper
    finally:
        if helper is not None:
            helper.stop()


def rows_ready(
    recipe: Recipe, places: Places, rows: Sequence[Numbered], helper: Helper | None, *, own: int = OWN_PIECES
) -> Generator[ReadyRow, None, None]:
    """Yield every row cleaned and made ready, in order.

    The helper does all but the first ``own`` pieces; whenever its next one is still to come, this process takes one from
    the end of the list instead of waiting.
    """
    pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    given, end = min(own, len(pieces)), len(pieces)
    kept: dict[int, list[Said]] = {}
    if helper is not None:
        helper.ask((recipe, places))
    for place, piece in enumerate(pieces):
        said: Sequence[Any] | None = kept.pop(place, None)
        while helper is not None and given < min(end, max(own, place) + AHEAD):
            helper.ask(pieces[given])
            given += 1
        while helper is not None and said is None and own <= place < given:
            if helper.has_answered() or end <= given or len(kept) >= KEPT:
                said = helper.answer()
                if said is None:
                    log.warning("import_helper_lost")
                    helper = None
            else:
                end -= 1
                kept[end] = make_ready(recipe, places, pieces[end])
        if said is None:
            said = make_ready(recipe, places, piece)
        for (number, cells), one in zip(piece, said, strict=True):
            yield ReadyRow(number, cells, one)


def _launch() -> Helper | None:
    ring = keys()
    ring.columns, ring.index  # noqa: B018 - made now if this is the first use, so that both have the same
    environment = {
        **os.environ,
        "LOANHUB_KEYS_DIR": str(ring.folder.resolve()),
        "PYTHONPATH": os.pathsep.join(place or os.getcwd() for place in sys.path),
    }
    try:
        return Helper(
            subprocess.Popen(
                [sys.executable, "-m", "loanhub.services.imports._helper"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            )
        )  # fmt: skip
    except OSError:
        log.warning("import_helper_not_started", exc_info=True)
        return None


def _feed(target: IO[bytes], questions: queue.SimpleQueue[bytes]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while message := questions.get():
            target.write(message)
            target.flush()


def main() -> None:
    """Answer piece after piece until there is none left, or nobody listens."""
    source, target = sys.stdin.buffer, Connection(os.dup(sys.stdout.fileno()), readable=False)
    waiting: queue.Queue[bytes] = queue.Queue(2 * AHEAD)

    def send() -> None:
        try:
            while message := waiting.get():
                target.send_bytes(message)
        except OSError:
            os._exit(1)

    sender = threading.Thread(target=send)
    sender.start()
    collector.spare()
    try:
        recipe, places = pickle.load(source)  # noqa: S301 - of the process that started us
        while True:
            rows = make_ready(recipe, places, pickle.load(source))  # noqa: S301
            waiting.put(pickle.dumps([tuple(row) for row in rows], pickle.HIGHEST_PROTOCOL))
    except EOFError:
        pass
    finally:
        waiting.put(b"")
        sender.join()


if __name__ == "__main__":
    main()
