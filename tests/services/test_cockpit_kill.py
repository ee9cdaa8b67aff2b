"""Killed at any point, the kept book is the database's again: the file is whole or not used."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services import leads
from loanhub.services._transaction import engine
from loanhub.services.cockpit import Keeper
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user

CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from loanhub.services import _transaction, auth, leads
from loanhub.services.cockpit import Keeper
_transaction.configure(_transaction.make_engine(sys.argv[1]))
kept = Keeper(_transaction.engine(), Path(sys.argv[2]))
now, owner = datetime.fromisoformat(sys.argv[3]), auth.actor_for_user(int(sys.argv[5]))
for number in range(10_000):
    leads.create(owner, {"name": "孙立", "phone": f"154{int(sys.argv[4]):02d}{number:06d}"}, now=now)
    if number == 0:
        print("ready", flush=True)
    kept.whole()
    kept.save()
    if number == 0:
        print("saved", flush=True)
"""
ROUNDS = 4


def test_the_file_survives_kill_9_at_random_points(sqlite_database: Engine, tmp_path: Path) -> None:
    make_company()
    owner = make_user(RoleCode.SALES)
    fill([owner], leads=40)
    address = str(engine().url.render_as_string(hide_password=False))
    dice = Random(11)
    first = made = Keeper(engine()).whole().leads.height
    for turn in range(ROUNDS):
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                CHILD,
                address,
                str(tmp_path),
                NOON.isoformat(),
                str(turn + 10),
                str(owner.user_id),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        if turn % 2:  # else a slow machine would be killed before its first file each time
            assert child.stdout.readline() == "saved\n"
        time.sleep(0.05 + dice.random() * 0.3)
        child.send_signal(signal.SIGKILL)
        child.wait()

        fresh = Keeper(engine(), tmp_path)
        assert fresh.differing() == []
        made = max(made, fresh.whole().leads.height)
    leads.create(owner, {"name": "周舟", "phone": "15400002222"}, now=NOON)
    assert Keeper(engine(), tmp_path).differing() == []
    assert made > first and (tmp_path / "book.json").exists(), (
        "killed before anything was written: it proves nothing"
    )
