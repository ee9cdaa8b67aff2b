"""Writers of one process stand in line: the first to come writes first, whoever gives up leaves the line whole."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from loanhub.services import _transaction, _turns
from loanhub.services._transaction import make_engine, transaction


def _standing(line: _turns.Line, count: int) -> None:
    until = time.monotonic() + 5
    while len(line) < count and time.monotonic() < until:
        time.sleep(0.001)
    assert len(line) == count


def test_turns_go_by_arrival() -> None:
    line, order = _turns.Line(), []

    def come(number: int) -> None:
        assert line.take()
        order.append(number)
        line.give()

    assert line.take()
    people = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for number, person in enumerate(people):
        person.start()
        _standing(line, number + 1)
    line.give()
    for person in people:
        person.join(5)
    assert order == list(range(8))
    assert line.take(0), "nobody is left: the line is free"


def test_who_runs_already_may_go_first_but_not_for_long() -> None:
    line, order, let_go = _turns.Line(passed_by=0.05), [], threading.Event()

    def come() -> None:
        assert line.take()
        order.append("waited")
        let_go.wait(5)
        line.give()

    assert line.take()
    waiting = threading.Thread(target=come)
    waiting.start()
    _standing(line, 1)
    with line._mutex:  # nobody wakes meanwhile
        line._taken = False
    assert line.take(0), "the lock is free and nobody waited long: a newcomer takes it"
    time.sleep(0.06)
    line.give()
    assert not line.take(0), "who was passed by for too long has the turn, whether awake yet or not"
    let_go.set()
    waiting.join(5)
    assert order == ["waited"]
    assert line.take(0)


def test_who_gives_up_leaves_the_others_their_turn() -> None:
    line, later = _turns.Line(), []
    assert line.take()
    assert not line.take(0.01)
    waiting = threading.Thread(target=lambda: later.append(line.take()))
    waiting.start()
    _standing(line, 1)
    line.give()
    waiting.join(5)
    assert later == [True]


def _write(engine: sa.Engine, text: str) -> None:
    with engine.execution_options(writes=True).connect() as connection, connection.begin():
        connection.exec_driver_sql("INSERT INTO note VALUES (?)", (text,))


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    found = make_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    with found.execution_options(writes=True).connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE TABLE note (text TEXT UNIQUE)")
    return found


def test_a_turn_ends_with_its_transaction(engine: sa.Engine) -> None:
    """Committed, failed, rolled back by a closed connection, or thrown away: the next writer gets in at once."""
    _write(engine, "first")
    with pytest.raises(sa.exc.IntegrityError):
        _write(engine, "first")
    left = engine.execution_options(writes=True).connect()
    left.begin()
    left.exec_driver_sql("INSERT INTO note VALUES ('lost')")
    left.close()
    thrown = engine.execution_options(writes=True).connect()
    thrown.begin()
    thrown.invalidate()
    started = time.monotonic()
    _write(engine, "second")
    assert time.monotonic() - started < _turns.SECONDS_IN_LINE / 2
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT text FROM note ORDER BY text").scalars().all()
    assert found == ["first", "second"]


def test_another_process_is_waited_for_and_the_turn_given_back(engine: sa.Engine, tmp_path: Path) -> None:
    """A connection outside of the line holds SQLite's lock; the writer is refused, and the one after it is not stuck."""
    outside = sqlite3.connect(tmp_path / "turns.db", isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    with engine.connect() as connection:
        inside = connection.connection.dbapi_connection
        assert inside is not None
        inside.execute("PRAGMA busy_timeout=1")
    with pytest.raises(sa.exc.OperationalError, match="locked"):
        _write(engine, "refused")
    outside.execute("ROLLBACK")
    _write(engine, "taken")


def test_who_waited_in_vain_is_refused_without_waiting_again(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_turns.Line.take, "__defaults__", (0.05,))
    holding = engine.execution_options(writes=True).connect()
    with holding.begin():
        started = time.monotonic()
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            _write(engine, "refused")
        assert time.monotonic() - started < _turns.SECONDS_IN_LINE / 2
    holding.close()
    _write(engine, "taken")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == _transaction.BUSY_TIMEOUT


def test_many_threads_write_and_each_is_kept(sqlite_database: object) -> None:
    """Twenty threads with five use cases each: nothing lost, nobody refused."""
    with transaction() as db:
        db.execute(sa.text("CREATE TABLE tally (one INTEGER)"))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                with transaction() as db:
                    known = db.execute(sa.text("SELECT COUNT(*) FROM tally")).scalar_one()
                    db.execute(sa.text("INSERT INTO tally VALUES (:one)"), {"one": known})
        except BaseException as problem:
            failed.append(problem)

    people = [threading.Thread(target=work) for _ in range(20)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    assert not failed
    with _transaction.reading() as db:
        found = db.execute(sa.text("SELECT one FROM tally ORDER BY one")).scalars().all()
    assert list(found) == list(range(100)), "each saw all those before it"
