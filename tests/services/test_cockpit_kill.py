"""Killed at any point, the kept book is the database's again: the file is whole or not used."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services import leads
from loanhub.services._transaction import engine
from loanhub.services.cockpit import Keeper
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user
from tests.killing import Nursery

CHILD = """
import os
from datetime import datetime
from pathlib import Path
from loanhub.services import _transaction, auth, leads
from loanhub.services.cockpit import Keeper

def run(url, folder, moment, turn, owner_id):
    _transaction.configure(_transaction.make_engine(url))
    kept = Keeper(_transaction.engine(), Path(folder))
    now, owner = datetime.fromisoformat(moment), auth.actor_for_user(int(owner_id))
    print(os.getpid(), flush=True)
    for number in range(10_000):
        leads.create(owner, {"name": "孙立", "phone": f"154{int(turn):02d}{number:06d}"}, now=now)
        kept.whole()
        kept.save()
        if number == 0:
            print("saved", flush=True)
"""
ROUNDS = 4


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    found = Nursery(CHILD)
    yield found
    found.close()


def test_the_file_survives_kill_9_at_random_points(
    sqlite_database: Engine, tmp_path: Path, nursery: Nursery
) -> None:
    make_company()
    owner = make_user(RoleCode.SALES)
    fill([owner], leads=40)
    address = str(engine().url.render_as_string(hide_password=False))
    dice = Random(11)
    first = made = Keeper(engine()).whole().leads.height
    for turn in range(ROUNDS):
        nursery.start("", address, str(tmp_path), NOON.isoformat(), str(turn + 10), str(owner.user_id))
        child = int(nursery.said())
        if turn == ROUNDS - 1:  # the others may die before anything is written
            assert nursery.said() == "saved"
        time.sleep(0.05 + dice.random() * 0.3)
        os.kill(child, signal.SIGKILL)
        while (last := nursery.said()) == "saved":
            pass
        assert last == str(-signal.SIGKILL)

        fresh = Keeper(engine(), tmp_path)
        assert fresh.differing() == []
        made = max(made, fresh.whole().leads.height)
    leads.create(owner, {"name": "周舟", "phone": "15400002222"}, now=NOON)
    assert Keeper(engine(), tmp_path).differing() == []
    assert made > first and (tmp_path / "book.json").exists(), (
        "killed before anything was written: it proves nothing"
    )
