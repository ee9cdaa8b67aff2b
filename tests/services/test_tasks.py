from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import tasks
from tests.builders import NOON, bare_actor, make_company, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


class TestTasks:
    def test_are_listed_by_urgency_until_done(self) -> None:
        rep = make_user(RoleCode.SALES)
        later = tasks.create(rep, title="收流水", due_at=NOON + timedelta(hours=5), now=NOON)
        soon = tasks.create(rep, title="回电", due_at=NOON + timedelta(hours=1), now=NOON)

        assert [t.id for t in tasks.list_open(rep, now=NOON)] == [soon, later]
        tasks.complete(rep, task_id=soon, note="已约周三", now=NOON)
        assert [t.id for t in tasks.list_open(rep, now=NOON)] == [later]

    def test_snoozed_ones_come_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        task = tasks.create(rep, title="回电", due_at=NOON, now=NOON)
        tasks.snooze(rep, task_id=task, until=NOON + timedelta(days=1), now=NOON)

        assert tasks.list_open(rep, now=NOON) == []
        assert len(tasks.list_open(rep, now=NOON + timedelta(days=1))) == 1

    def test_belong_to_their_owner(self) -> None:
        task = tasks.create(make_user(RoleCode.SALES), title="回电", due_at=NOON, now=NOON)

        with pytest.raises(NotFound):
            tasks.complete(make_user(RoleCode.SALES), task_id=task, now=NOON)

    def test_need_a_title_and_the_right(self) -> None:
        with pytest.raises(InvalidInput):
            tasks.create(make_user(RoleCode.SALES), title=" ", due_at=None, now=NOON)
        with pytest.raises((NotPermitted, NotFound)):
            tasks.create(bare_actor(RoleCode.ADMIN), title="回电", due_at=None, now=NOON)
