"""Follow-up in the demo company: the ready-made sequences with leads and customers on the way, to-dos that come again."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.demo.company import Company
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Lead, Sop, Task
from loanhub.services import audit, sops, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

WAYS = (
    (0, "", ()),
    (1, "", ("接通了，要 30 万周转",)),
    (3, "", ("没人接，晚上再打", "微信已加，资料清单发了")),
    (2, "pause", ("客户说下周回上海",)),
)
"""For each lead of a person: how many days ago it came, what became of it, what was said at each step that is done."""


def build(company: Company, *, now: datetime) -> int:
    """Install the sequences, put some leads and customers into them and play their steps; return how many entered."""
    begun = now - timedelta(days=30)
    with transaction() as db:
        sops.install(db, now=begun)
    audit.seal(now=now)
    sops.run_due(
        now=now - timedelta(days=20)
    )  # the cursor stands at the newest event: nobody enters by history
    admin = company.staff[RoleCode.ADMIN][0]
    with reading() as db:
        ids = {name: int(one or 0) for one, name in db.execute(sa.select(col(Sop.id), col(Sop.name))).all()}
    sops.switch(admin, sop_id=ids["沉睡唤醒"], active=False, now=begun)  # its daily check is for today alone
    entered = 0
    for rep in company.sales[:3]:
        for lead_id, (days, end, notes) in zip(_leads(rep, len(WAYS)), WAYS, strict=False):
            _walk(rep, ids["新线索首周节奏"], lead_id, now - timedelta(days=days, hours=3), end, notes)
            entered += 1
        for customer_id in _customers(rep, 2):
            sops.put_in(rep, sop_id=ids["放款后回访"], customer_id=customer_id, now=now - timedelta(hours=30))
            entered += 1
    sops.switch(admin, sop_id=ids["沉睡唤醒"], active=True, now=now)
    sops.run_due(now=now)
    first, lead = company.sales[0], company.team_leads[0]
    week = now + timedelta(days=2)
    tasks.create(
        first,
        title="整理本周跟进，报给主管",
        due_at=week,
        kind="other",
        every="week",
        shift="preceding",
        now=now,
    )
    tasks.create(
        lead, title="看一遍本组超时待办", due_at=now + timedelta(hours=3), kind="other", every="day",
        shift="following", priority=1, now=now,
    )  # fmt: skip
    finance = company.staff[RoleCode.FINANCE][0]
    tasks.create(
        finance, title="月末核对资金方对账单", due_at=now + timedelta(days=5), kind="funds", every="month",
        shift="preceding", now=now,
    )  # fmt: skip
    tasks.run_due(now=now)
    return entered


def _leads(rep: Actor, most: int) -> list[int]:
    query = (
        sa.select(col(Lead.id))
        .where(
            col(Lead.owner_id) == rep.user_id, col(Lead.deleted_at).is_(None), col(Lead.closed_at).is_(None),
            col(Lead.status).in_((LeadStatus.NEW, LeadStatus.WAITING, LeadStatus.NOT_REACHED, LeadStatus.CONTACTED)),
        )
        .order_by(col(Lead.id).desc())
        .limit(most)
    )  # fmt: skip
    with reading() as db:
        return [int(one or 0) for one in db.execute(query).scalars()]


def _customers(rep: Actor, most: int) -> list[int]:
    query = (
        sa.select(col(Customer.id))
        .where(col(Customer.owner_id) == rep.user_id, col(Customer.deleted_at).is_(None))
        .order_by(col(Customer.id).desc())
        .limit(most)
    )
    with reading() as db:
        return [int(one or 0) for one in db.execute(query).scalars()]


def _walk(rep: Actor, sop_id: int, lead_id: int, came: datetime, end: str, notes: tuple[str, ...]) -> None:
    run_id = sops.put_in(rep, sop_id=sop_id, lead_id=lead_id, now=came)
    moment = came
    for note in notes:
        moment += timedelta(minutes=50)
        open_ = sa.select(col(Task.id)).where(col(Task.sop_run_id) == run_id, col(Task.done_at).is_(None))
        with reading() as db:
            task_id = db.execute(open_).scalar_one_or_none()
        if task_id is None:
            sops.skip(rep, run_id=run_id, reason=note, now=moment)
            continue
        tasks.complete(rep, task_id=task_id, note=note, now=moment)
        moment += timedelta(days=1)
        sops.run_due(now=moment)
    if end == "pause":
        sops.pause(rep, run_id=run_id, reason="客户出差，回来再联系", now=moment)
