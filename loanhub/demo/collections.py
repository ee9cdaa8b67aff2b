"""Collection cases of the demo company: opened by the book, some worked on, as collectors find them in the morning."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
import structlog
from sqlmodel import col

from loanhub.domain import collections as rules
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import LoanHubError
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_plain
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, CustomerRelation, Loan
from loanhub.models.encryption import blind_index
from loanhub.services import collections
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.collections import Pledge, Report, follow

log = structlog.get_logger("loanhub.demo")

TALKS = (
    ("missed", ""), ("missed", ""), ("answered", "客户在开会，约下午再联系"), ("answered", "称货款月底到账，愿意配合"),
    ("refused", "称对罚息金额有疑问，已解释合同条款"), ("paid", "称昨晚已转账，请财务核对流水"),
)  # fmt: skip
NAMES = ("周敏", "何静", "吴涛", "郑洁", "孙磊")


def build(collectors: Sequence[Actor], *, now: datetime, seed: int) -> int:
    """Open the cases of the book as it stands and work on most of them; return how many there are."""
    pick, today = random.Random(seed), local(now).date()
    _open(today)
    collections.run_due(now=now)
    with reading() as db:
        rows = db.execute(
            sa.select(col(CollectionCase.id), col(Loan.dpd), col(CollectionCase.customer_id), col(CollectionCase.opened_on))
            .join(Loan, col(Loan.id) == col(CollectionCase.loan_id))
            .where(col(CollectionCase.closed_on).is_(None))
            .order_by(col(CollectionCase.id))
        ).all()  # fmt: skip
    workers = [one for one in collectors if one.can(Permission.COLLECTIONS_CONTACT)]
    for place, (case_id, dpd, customer_id, _opened) in enumerate(rows):
        if workers and place % 5 != 4:  # every fifth waits to be given out
            _relate(customer_id, pick, now)
            _work(workers[place % len(workers)], int(case_id or 0), dpd, pick, today, now)
    with transaction() as db:  # what was promised for yesterday and not paid shows as broken
        loans = [int(one) for one in db.execute(sa.select(col(CollectionCase.loan_id))).scalars()]
        follow.follow(db, loans, as_of=today, now=now)
    return len(rows)


def _open(today: date) -> None:
    """Open each case on the day its loan fell overdue, as the day-ends since would have done."""
    with transaction() as db:
        query = sa.select(col(Loan.id), col(Loan.dpd)).where(col(Loan.status) == LoanStatus.OVERDUE)
        for loan_id, dpd in db.execute(query.order_by(col(Loan.dpd).desc(), col(Loan.id))).all():
            day = rules.overdue_since(today, dpd)
            night = datetime.combine(day + timedelta(days=1), time(0, 10), SHANGHAI)
            follow.follow(db, [int(loan_id or 0)], as_of=day, now=night)


def _work(actor: Actor, case_id: int, dpd: int, pick: random.Random, today: date, now: datetime) -> None:
    days = min(pick.randint(1, 4), max(1, dpd - 1))
    for ago in range(days, 0, -1):
        at = datetime.combine(
            today - timedelta(days=ago), time(9 + pick.randrange(9), pick.randrange(60)), SHANGHAI
        )
        outcome, note = pick.choice(TALKS)
        _try(lambda at=at, outcome=outcome, note=note: _call(actor, case_id, outcome, note, at))  # type: ignore[misc]
    last = datetime.combine(today - timedelta(days=1), time(17, pick.randrange(60)), SHANGHAI)
    kind = pick.randrange(8)
    if kind < 3:
        _try(lambda: _promise(actor, case_id, today + timedelta(days=kind * 2), pick.choice((1, 2)), last))
    elif kind == 3:
        _try(
            lambda: collections.log(
                actor, case_id=case_id, channel="sms", report=Report("sent", "按模板发还款提醒"), now=last
            )
        )
    elif kind == 6 and dpd > 5:
        _try(lambda: _promise(actor, case_id, today - timedelta(days=1), 1, last - timedelta(days=1)))
    elif kind == 7 and dpd > 60:
        _try(
            lambda: collections.move_stage(
                actor, case_id=case_id, to="legal", reason="多次联系未果，材料已备齐，移送法务", now=last
            )
        )
    elif kind == 4:
        _try(lambda: collections.move_stage(actor, case_id=case_id, to="visit", now=last))
    elif kind == 5 and dpd > 10:
        _try(
            lambda: collections.hold(
                actor, case_id=case_id, reason="negotiating", until=today + timedelta(days=5),
                note="客户申请降低月供，正在走重组审批", now=last,
            )
        )  # fmt: skip


def _call(actor: Actor, case_id: int, outcome: str, note: str, at: datetime) -> None:
    dialed = collections.dial(actor, case_id=case_id, now=at)
    collections.finish(
        actor,
        contact_id=dialed.contact_id,
        report=Report(outcome, note, next_step_at=at + timedelta(days=1)),
        now=at + timedelta(minutes=2),
    )


def _promise(actor: Actor, case_id: int, due: date, part: int, at: datetime) -> None:
    shown = collections.case_view(actor, case_id=case_id, now=at)
    amount = format_plain(shown.due_fen // part)
    collections.log(
        actor, case_id=case_id, channel="call", direction="in",
        report=Report("promised", "客户主动来电，约定还款", pledge=Pledge(due, amount)), now=at,
    )  # fmt: skip


def _relate(customer_id: int, pick: random.Random, now: datetime) -> None:
    """Give the customer an emergency contact with a phone, as an application asks for one."""
    with transaction() as db:
        query = sa.select(col(CustomerRelation.id)).where(
            col(CustomerRelation.customer_id) == customer_id,
            col(CustomerRelation.kind) == "emergency",
            col(CustomerRelation.ended_at).is_(None),
        )
        if db.execute(query).first() is not None:
            return
        phone = f"+86154{pick.randrange(10**8):08d}"
        db.add(
            CustomerRelation(
                customer_id=customer_id, kind="emergency", name=pick.choice(NAMES), phone=phone,
                phone_index=blind_index("phone", phone), created_at=now,
            )
        )  # fmt: skip


def _try(step: object) -> None:
    try:
        step()  # type: ignore[operator]
    except LoanHubError as refusal:  # the rules of conduct hold for the demo too
        log.debug("demo_contact_passed_over", why=str(refusal))
