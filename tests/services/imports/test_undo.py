"""A whole import taken back while sequences run: what the machine put on the list goes, what somebody did stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.permissions import RoleCode
from loanhub.models import SopRun, Task
from loanhub.services import tasks
from loanhub.services._transaction import reading
from loanhub.services.imports import result, run
from tests.builders import NOON, make_company, make_phone, make_user
from tests.services.imports.test_imports import prepared, workbook
from tests.services.sops.sequences import make_sop, tick

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def test_an_open_to_do_of_a_sequence_keeps_no_lead_and_goes_with_it() -> None:
    rep = make_user(RoleCode.SALES)
    make_sop(make_user(RoleCode.ADMIN))
    rows = [("孙立", make_phone(), 30), ("李明", make_phone(), 30)]
    batch = prepared(rep, workbook(("姓名", "手机号", "意向金额(万)"), *rows))
    run.start(rep, batch_id=batch, now=NOON)
    run.run(rep, batch_id=batch, clock=lambda: NOON)
    tick(NOON + MINUTE)
    with reading() as db:
        done, open_ = db.execute(sa.select(Task).order_by(col(Task.id))).scalars()
    tasks.complete(rep, task_id=done.id or 0, now=NOON + 2 * MINUTE)
    assert result.show(rep, batch_id=batch, now=NOON + 3 * MINUTE).worked_on == 1

    undone = result.undo(rep, batch_id=batch, now=NOON + 3 * MINUTE)

    assert (undone.removed, [lead for lead, *_ in undone.kept]) == (1, [done.lead_id])
    with reading() as db:
        left = db.get_one(Task, open_.id)
        states = {one.lead_id: one.state for one in db.execute(sa.select(SopRun)).scalars()}
    assert left.deleted_at is not None and left.done_at is None
    assert states == {done.lead_id: "active", open_.lead_id: "left"}
    tick(NOON + timedelta(days=30))
    with reading() as db:
        later = db.execute(sa.select(col(Task.lead_id)).where(col(Task.id) > open_.id)).scalars()
        assert set(later) == {done.lead_id}
