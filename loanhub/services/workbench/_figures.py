"""The four numbers, the funnel, the next seven days, and the sentence at the top of the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import IN_REVIEW, Decision
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.first_response import response
from loanhub.domain.leads import CLOSED_STATUSES
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.domain.public_pool import Clock
from loanhub.domain.tasks import countdown
from loanhub.models import Application, Approval, Contract, Customer, Interaction, Lead, Loan, Payment, Task
from loanhub.repositories import boards
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services.customers._shared import figure
from loanhub.services.setup import DEFAULT_PIPELINE
from loanhub.services.workbench._item import WorkItem, start_of_month, start_of_week

_OWING = (LoanStatus.ACTIVE, LoanStatus.GRACE, LoanStatus.OVERDUE)


@dataclass(frozen=True)
class Figure:
    """One number: digits and unit, a line below, where it leads, how it is counted; ``tone`` '' | w | o."""

    label: str
    digits: str
    unit: str
    hint: str
    href: str = ""
    explain: str = ""
    tone: str = ""


def figures_of(db: Session, actor: Actor, items: Sequence[WorkItem], *, now: datetime) -> list[Figure]:
    """Return up to four numbers fit for the actor's work."""
    found = [_today(db, actor, items, now=now)] if actor.can(Permission.TASKS_EDIT) else []
    if actor.can(Permission.LEADS_EDIT):
        found += [
            _new_leads(db, actor, now=now),
            _first_contact_rate(db, actor, now=now),
            _lent(db, actor, now=now),
        ]
    elif actor.can(Permission.APPLICATIONS_APPROVE):
        found += _reviews(db, actor, now=now)
    elif actor.can(Permission.CONTRACTS_CREATE):
        found += _contracts(db, actor, items, now=now)
    elif actor.can(Permission.PAYMENTS_CREATE):
        found += _funds(db, actor, items, now=now)
    elif actor.can(Permission.LOANS_READ):
        found += _book(db, actor, now=now)
    return found[:4]


def _count(db: Session, model: type, *where: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(model).where(*where)).scalar_one())


def _today(db: Session, actor: Actor, items: Sequence[WorkItem], *, now: datetime) -> Figure:
    late = sum(1 for item in items if item.state == "o")
    since = start_of_day(china_date(now))
    done = _count(
        db,
        Task,
        col(Task.owner_id) == actor.user_id,
        col(Task.done_at) >= since,
        col(Task.cancelled_at).is_(None),
    )
    talks = _count(db, Interaction, col(Interaction.by_id) == actor.user_id, col(Interaction.at) >= since)
    unit = "项" + (f" · {late} 超时" if late else "")
    hint = f"已完成 {done} 项待办、{talks} 次跟进" if done or talks else "今天还没有开始"
    return Figure("今日待办", formats.count(len(items)), unit, hint, explain="今天要做完的事，含已超时的")


def _new_leads(db: Session, actor: Actor, *, now: datetime) -> Figure:
    mine = (col(Lead.owner_id) == actor.user_id, col(Lead.deleted_at).is_(None))
    number = _count(db, Lead, *mine, col(Lead.assigned_at) >= start_of_day(china_date(now)))
    waiting = sa.select(sa.func.min(col(Lead.next_step_at))).where(
        *mine, col(Lead.first_contact_at).is_(None), col(Lead.status).not_in(CLOSED_STATUSES)
    )
    first = db.execute(waiting).scalar()
    hint, tone = "没有等首次联系的", ""
    if first is not None:
        rules = lead_rules(db, now=now).first
        left = countdown(first, now, rules.clock, rules.overrides)
        hint = f"还有待首联的，最久的已{left.text}" if left.state == "o" else f"最近一条{left.text}须首联"
        tone = left.state
    return Figure("新线索", formats.count(number), "条", hint, "/leads", "今天分到我名下的线索", tone)


def _first_contact_rate(db: Session, actor: Actor, *, now: datetime) -> Figure:
    query = sa.select(col(Lead.assigned_at), col(Lead.first_contact_at)).where(
        col(Lead.owner_id) == actor.user_id,
        col(Lead.deleted_at).is_(None),
        col(Lead.assigned_at) >= start_of_week(now),
    )
    rules = lead_rules(db, now=now).first
    due = [(response(at, rules).due_at, first) for at, first in db.execute(query.limit(5000)).all()]
    rows = [(until, first) for until, first in due if first is not None or until < now]
    good = sum(1 for until, first in rows if first is not None and first <= until)
    counted = "工作时间" if rules.clock is Clock.WORKING else ""
    explain = f"本周分到我名下的线索中，{rules.minutes} 分钟{counted}内首次联系上的比例；还在时限内的不计"
    if not rows:
        return Figure("首联及时率（本周）", "—", "", "本周还没有到时限的线索", explain=explain)
    share = formats.percent(Decimal(good) / len(rows), digits=1).removesuffix("%")
    return Figure("首联及时率（本周）", share, "%", f"{good} / {len(rows)} 条按时", explain=explain)


def _lent(db: Session, actor: Actor, *, now: datetime) -> Figure:
    first = china_date(start_of_month(now))
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(col(Loan.principal_fen)), 0)).where(
        visible_to(actor, Loan), col(Loan.disbursed_date) >= first, col(Loan.status) != LoanStatus.PENDING
    )
    number, total = db.execute(query).one()
    digits, unit = figure(int(total))
    hint = f"{number} 笔" if number else "本月还没有放款"
    return Figure(
        f"{first.month} 月放款", digits, unit or "元", hint, "/loans", "我的数据范围内本月已放款的本金"
    )


def _reviews(db: Session, actor: Actor, *, now: datetime) -> list[Figure]:
    waiting = _count(db, Application, visible_to(actor, Application), col(Application.status).in_(IN_REVIEW))
    mine = sa.select(col(Approval.decision), col(Approval.received_at), col(Approval.at)).where(
        col(Approval.by_id) == actor.user_id, col(Approval.at) >= start_of_month(now)
    )
    rows = db.execute(mine.limit(5000)).all()
    today = sum(1 for row in rows if row.at >= start_of_day(china_date(now)))
    passed = sum(1 for row in rows if row.decision is Decision.APPROVE)
    spent = sum(((row.at - row.received_at) for row in rows), timedelta())
    share = formats.percent(Decimal(passed) / len(rows), digits=1).removesuffix("%") if rows else "—"
    pace = formats.duration(spent / len(rows)) if rows else "—"
    return [
        Figure("审批中", formats.count(waiting), "笔", f"今天已审 {today} 笔", "/applications"),
        Figure("我的通过率（本月）", share, "%" if rows else "", f"本月审了 {len(rows)} 笔",
               explain="本月我作出的决定中，通过的比例"),
        Figure("我的平均用时（本月）", pace, "", "从收到到决定", explain="本月我每笔决定用时的平均"),
    ]  # fmt: skip


def _contracts(db: Session, actor: Actor, items: Sequence[WorkItem], *, now: datetime) -> list[Figure]:
    kinds = {kind: sum(1 for item in items if item.kind == kind) for kind in ("contract", "print", "sign")}
    first = china_date(start_of_month(now))
    signed = _count(
        db, Contract, visible_to(actor, Contract), col(Contract.signed_date) >= first,
        col(Contract.status) != ContractStatus.VOIDED,
    )  # fmt: skip
    return [
        Figure("待出合同", formats.count(kinds["contract"]), "份", "审批已通过", "/contracts"),
        Figure("待打印 · 待签署", f"{kinds['print']} · {kinds['sign']}", "份", "按生成先后", "/contracts"),
        Figure("本月已签", formats.count(signed), "份", f"{first.month} 月起", "/contracts"),
    ]


def _funds(db: Session, actor: Actor, items: Sequence[WorkItem], *, now: datetime) -> list[Figure]:
    confirm = [item for item in items if item.kind == "confirm"]
    due = sum(1 for item in items if item.kind == "due")
    received, number = _received(db, actor, now=now)
    digits, unit = figure(received)
    total = sum(item.amount_fen for item in confirm)
    return [
        Figure(
            "待复核放款",
            formats.count(len(confirm)),
            "笔",
            format_wan(total) if total else "没有等复核的",
            "/loans",
        ),
        Figure("今日应还", formats.count(due), "笔", "到期日是今天的借据", "/loans"),
        Figure(
            "今日已收", digits, unit or "元", f"{number} 笔入账", "/loans", "今天登记的还款合计，冲正已减去"
        ),
    ]


def _received(db: Session, actor: Actor, *, now: datetime) -> tuple[int, int]:
    reversed_ids = sa.select(col(Payment.reverses_id)).where(col(Payment.reverses_id).is_not(None))
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(col(Payment.amount_fen)), 0), sa.func.count())
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(
            visible_to(actor, Loan),
            col(Payment.kind) == "payment",
            col(Payment.posted_at) >= start_of_day(china_date(now)),
            col(Payment.id).not_in(reversed_ids),
        )
    )
    total, number = db.execute(query).one()
    return int(total), int(number)


def _book(db: Session, actor: Actor, *, now: datetime) -> list[Figure]:
    owing = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(col(Loan.outstanding_principal_fen)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((col(Loan.status) == LoanStatus.OVERDUE, 1), else_=0)), 0),
        sa.func.coalesce(
            sa.func.sum(
                sa.case(
                    (col(Loan.status) == LoanStatus.OVERDUE, col(Loan.outstanding_principal_fen)), else_=0
                )
            ),
            0,
        ),
    ).where(visible_to(actor, Loan), col(Loan.status).in_(_OWING))
    number, total, late, late_total = db.execute(owing).one()
    digits, unit = figure(int(total))
    found = [
        Figure("在贷余额", digits, unit or "元", f"{formats.count(int(number))} 笔在贷", "/loans", "未结清借据的剩余本金合计"),
        Figure("逾期借据", formats.count(int(late)), "笔", f"剩余本金 {format_wan(int(late_total))}", "/loans",
               "状态为逾期的借据", "o" if late else ""),
    ]  # fmt: skip
    if RoleCode.COLLECTIONS.value in actor.roles:
        received, posted = _received(db, actor, now=now)
        digits, unit = figure(received)
        return [*found, Figure("今日已收", digits, unit or "元", f"{posted} 笔入账", "/loans")]
    waiting = _count(db, Application, visible_to(actor, Application), col(Application.status).in_(IN_REVIEW))
    return [*found, Figure("审批中", formats.count(waiting), "笔", "等待风控决定", "/applications")]


def funnel_of(db: Session, actor: Actor) -> tuple[list[dict[str, str]], str, str]:
    """Return the stages with number, amount and bar width, and the totals; {number, label, count, amount, width}."""
    if not actor.can(Permission.BOARDS_READ) or not actor.can(Permission.LEADS_READ):
        return [], "", ""
    pipeline = boards.get_pipeline(db, DEFAULT_PIPELINE)
    query = (
        sa.select(
            col(Lead.stage_code), sa.func.count(), sa.func.coalesce(sa.func.sum(col(Lead.amount_fen)), 0)
        )
        .where(boards.on_board(pipeline.id or 0), visible_to(actor, Lead))
        .group_by(col(Lead.stage_code))
    )
    known = {code: (int(number), int(total)) for code, number, total in db.execute(query).all()}
    stages = boards.list_stages(db, pipeline.id or 0)[:6]
    # The last stage is served, not on the way.
    widest = max((known.get(s.code, (0, 0))[1] for s in stages), default=0)
    rows = []
    for position, stage in enumerate(stages, start=1):
        number, total = known.get(stage.code, (0, 0))
        rows.append({
            "number": str(position), "label": stage.label, "count": formats.count(number),
            "amount": format_wan(total) if total else "—",
            "width": str(max(2, total * 100 // widest)) if widest and total else "0",
        })  # fmt: skip
    total = sum(known.get(s.code, (0, 0))[1] for s in stages)
    number = sum(known.get(s.code, (0, 0))[0] for s in stages)
    return rows, f"{formats.count(number)} 单", format_wan(total) if total else ""


def week_of(db: Session, actor: Actor, *, now: datetime) -> list[dict[str, str]]:
    """Return the next seven days with how much is planned: {day, weekday, count, late, here}."""
    if not actor.can(Permission.TASKS_EDIT):
        return []
    today = china_date(now)
    until = start_of_day(today + timedelta(days=7))
    moments: list[datetime] = []
    for model, owner, at, more in (
        (Lead, Lead.owner_id, Lead.next_step_at, col(Lead.status).not_in(CLOSED_STATUSES)),
        (Customer, Customer.owner_id, Customer.next_step_at, col(Customer.deleted_at).is_(None)),
        (Task, Task.owner_id, Task.due_at, col(Task.done_at).is_(None)),
    ):
        query = (
            sa.select(col(at)).select_from(model).where(col(owner) == actor.user_id, col(at) < until, more)
        )
        if model is Customer:
            led = sa.select(col(Lead.customer_id)).where(
                col(Lead.owner_id) == actor.user_id,
                col(Lead.customer_id).is_not(None),
                col(Lead.next_step_at).is_not(None),
            )
            query = query.where(col(Customer.id).not_in(led))
        moments += list(db.execute(query.limit(2000)).scalars())
    days = []
    for offset in range(7):
        day = today + timedelta(days=offset)
        number = sum(1 for at in moments if china_date(at) == day)
        late = sum(1 for at in moments if at < now) if offset == 0 else 0
        days.append({
            "day": str(day.day), "weekday": formats.weekday(day), "count": str(number + (late if offset == 0 else 0)),
            "title": f"{formats.day(day)} 计划 {number} 项" + (f"，超时 {late} 项" if late else ""),
            "late": "1" if late else "", "here": "1" if offset == 0 else "",
        })  # fmt: skip
    return days


def headline_of(items: Sequence[WorkItem], *, now: datetime) -> str:
    """Return the sentence beside the greeting about today's lines: what to do first, what the day holds."""
    calls = sum(1 for item in items if item.action == "dial" and item.state in ("o", "w"))
    words = [f"先打 {calls} 个电话"] if calls else []
    for kind, text in (
        ("approve", "{} 笔等你审批"), ("confirm", "{} 笔放款等复核"), ("request", "{} 份合同等放款"),
        ("contract", "{} 份合同要出"), ("print", "{} 份合同要打印"), ("sign", "{} 份合同等签署"),
        ("returned", "{} 笔申请被退回"), ("overdue", "{} 笔逾期要跟进"), ("due", "今天 {} 笔到期"),
    ):  # fmt: skip
        number = sum(1 for item in items if item.kind == kind)
        if number:
            words.append(text.format(number))
    visits = [
        item for item in items if item.kind == "visit" and item.due_at is not None and item.due_at >= now
    ]
    if visits:
        first = min(item.due_at for item in visits if item.due_at is not None)
        words.append(f"{'下午' if formats.local(first).hour >= 12 else '上午'}有 {len(visits)} 场面签")
    if not words:
        return f"今天有 {len(items)} 项待办，都还来得及" if items else "今天没有待办了"
    return "，".join(words[:3])


def greeting(name: str, now: datetime) -> str:
    """Return 早上好，若溪: the hour's word and the given name of a Chinese name."""
    hour = formats.local(now).hour
    word = (
        "夜深了"
        if hour < 5
        else "早上好"
        if hour < 11
        else "中午好"
        if hour < 13
        else "下午好"
        if hour < 18
        else "晚上好"
    )
    return f"{word}，{name[1:] if len(name) == 3 and not name.isascii() else name}"
