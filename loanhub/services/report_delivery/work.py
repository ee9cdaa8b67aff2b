"""Send subscribed reports when they are due 报表订阅发送: each person once a moment, killed anywhere.

A lease keeps two processes apart. What one person gets is one transaction: the files' rows, the message, the letter's row in
the outbox and the delivery, whose uniqueness (subscription, moment, person) makes a second one impossible. After downtime only
the latest moment is made up for.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.report_schedule import Paper, latest_until, next_after
from loanhub.models import ReportDelivery, ReportSubscription, Role, User, UserRole
from loanhub.services import auth, events, outbox
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._lead_rules import lead_rules
from loanhub.services._notices import notify
from loanhub.services._transaction import reading, transaction
from loanhub.services.notice_preferences import reach_of
from loanhub.services.report_delivery._mails import key_of
from loanhub.services.report_delivery._target import Opened, contents, opened
from loanhub.services.report_delivery.subscriptions import _mine, table_of
from loanhub.services.report_delivery.take import content_of, store

LEASE = timedelta(minutes=3)
"""How long a subscription is one process's own without a sign of life; one person's report takes seconds."""
SENT, SKIPPED, FAILED = "sent", "skipped", "failed"
log = structlog.get_logger(__name__)


class LeaseLost(RuntimeError):
    """This process was taken for dead, and another goes on; what it committed stands."""


def run_due(clock: Callable[[], datetime]) -> int:
    """Send what is due, oldest first; returns how many subscriptions were worked off."""
    done = 0
    while True:
        now = clock()
        with reading() as db:
            free = sa.or_(
                col(ReportSubscription.leased_until).is_(None), col(ReportSubscription.leased_until) < now
            )
            query = sa.select(col(ReportSubscription.id)).where(
                col(ReportSubscription.next_at) <= now, col(ReportSubscription.ended_at).is_(None), free
            )
            found = db.execute(query.order_by(col(ReportSubscription.next_at)).limit(1)).scalar()
        if found is None:
            return done
        done += run(int(found), clock=clock)


def run(subscription_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Send one subscription's latest moment to whoever has not got it yet; returns False when another process has it."""
    worker, now = secrets.token_hex(8), clock()
    with transaction() as db:
        row = db.get(ReportSubscription, subscription_id, with_for_update=True)
        if row is None or row.next_at is None or row.next_at > now:
            return False
        if row.leased_until is not None and row.leased_until > now:
            return False
        row.lease_owner, row.leased_until = worker, now + LEASE
        due = latest_until(table_of(row), now, lead_rules(db, now=now).first.overrides)
        people = _people(db, row, due)
    try:
        try:
            asker = auth.actor_for_user(row.owner_id or 0)
            target = opened(asker, row.target, now=now)
        except LoanHubError as refusal:
            _finish(subscription_id, worker, due, clock(), refusal=refusal.sentence)
            return True
        for user_id in people:
            _renew(subscription_id, worker, clock())
            _deliver(row, target, asker, user_id, due, clock())
            failpoint("report.after_delivery")
        _finish(subscription_id, worker, due, clock())
    except LeaseLost:
        return False
    return True


def send_now(actor: Actor, *, subscription_id: int, key: str, now: datetime) -> str:
    """Send a subscription of one's own to oneself at once, whatever its timetable; returns what became of it.

    Raises:
        NotFound: no such subscription of the actor's, or its report is gone.
        NotPermitted: the actor opens no reports.
    """
    with transaction() as db:
        row = _mine(db, actor, subscription_id, None)

        def mark() -> dict[str, object]:
            return {"at": now.isoformat()}

        # The first press decides the moment, so that a second one meets the delivery that is there.
        at = once(db, actor, "report_subscription.send_now", key, [subscription_id], now=now, work=mark)["at"]
    return _deliver(
        row, opened(actor, row.target, now=now), actor, actor.user_id, datetime.fromisoformat(str(at)), now
    )


def _people(db: Session, row: ReportSubscription, due: datetime) -> list[int]:
    """Return who is to get it and has not: those named and those who hold a role today; nobody who left."""
    by_role = (
        sa.select(col(UserRole.user_id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(Role.code).in_(row.roles))
    )
    got = sa.select(col(ReportDelivery.user_id)).where(
        col(ReportDelivery.subscription_id) == row.id, col(ReportDelivery.due_at) == due
    )
    query = sa.select(col(User.id)).where(
        col(User.active),
        sa.or_(col(User.id).in_(row.user_ids), col(User.id).in_(by_role)),
        col(User.id).not_in(got),
    )
    return [int(one) for one in db.execute(query.order_by(col(User.id))).scalars()]


def _deliver(
    row: ReportSubscription, target: Opened, asker: Actor, user_id: int, due: datetime, now: datetime
) -> str:
    """Make one person's files and hand them over in one transaction; returns what became of it, in words."""
    papers: list[tuple[Paper, bytes]] = []
    made = None
    state, note = SENT, ""
    reader = asker
    try:
        reader = auth.actor_for_user(user_id)
        made = contents(target, reader, asker, now=now)
        papers = [(one, content_of(made, one, reader, now=now)) for one in Paper if one.value in row.formats]
    except LoanHubError as refusal:
        said = refusal.fields if isinstance(refusal, InvalidInput) else {}
        state, note = SKIPPED, "；".join(said.values()) or refusal.sentence
    except Exception:  # a mistake of ours in one person's report must not keep it from the others
        log.exception("report_failed", subscription=row.id, user=user_id)
        state, note = FAILED, "这份报表没有生成成功，原因已记录"
    with transaction() as db:
        values: dict[str, Any] = {
            "subscription_id": row.id, "due_at": due, "user_id": user_id, "state": state, "note": note[:200],
            "created_at": now,
        }  # fmt: skip
        table = ReportDelivery.__table__  # type: ignore[attr-defined]
        insert = sqlite.insert(table) if db.get_bind().dialect.name == "sqlite" else postgresql.insert(table)
        command = insert.values(values).on_conflict_do_nothing(
            index_elements=["subscription_id", "due_at", "user_id"]
        )
        number = db.execute(command.returning(table.c.id)).scalar_one_or_none()
        if number is None:
            return "已经发过了"
        if made is None or state != SENT:
            return note
        delivery = db.get(ReportDelivery, number)
        assert delivery is not None
        stored = {one: store(db, reader, made.title, one, content, now=now) for one, content in papers}
        failpoint("report.after_files")
        delivery.pdf_id = stored[Paper.PDF].id if Paper.PDF in stored else None
        delivery.xlsx_id = stored[Paper.XLSX].id if Paper.XLSX in stored else None
        first = next(iter(stored.values()))
        email = reach_of(db, user_id).email if row.by_mail else ""
        title = f"报表：{made.title} {formats.local(due):%Y-%m-%d}"
        words = f"{made.words}\n{made.note}" if made.words else made.note
        notify(
            db, user_id, title=title[:100], text=made.words[:200], link=f"/api/files/{first.id}", kind="report",
            mailed=bool(email), now=now,
        )  # fmt: skip
        if email:
            outbox.plan(
                db,
                outbox.Draft(
                    key=key_of(row.id or 0, f"{due:%Y%m%d%H%M%S%f}", user_id), channel="email", title=title, text=words,
                    link=target.link, recipient=email, kind="report", template="report", user_id=user_id,
                    attachments=tuple(one.id or 0 for one in stored.values()),
                ),
                now=now,
            )  # fmt: skip
        delivery.note = "邮件和站内" if email else "站内（没有填邮箱）" if row.by_mail else "站内"
        return delivery.note


def _renew(subscription_id: int, worker: str, now: datetime) -> None:
    with transaction() as db:
        _held(db, subscription_id, worker).leased_until = now + LEASE


def _held(db: Session, subscription_id: int, worker: str) -> ReportSubscription:
    row = db.get(ReportSubscription, subscription_id, with_for_update=True)
    if row is None or row.lease_owner != worker:
        raise LeaseLost
    return row


def _finish(subscription_id: int, worker: str, due: datetime, now: datetime, *, refusal: str = "") -> None:
    """Write down how the moment went and when the next one is; a report that is gone pauses its subscription."""
    with transaction() as db:
        row = _held(db, subscription_id, worker)
        counted = sa.select(col(ReportDelivery.state), sa.func.count()).where(
            col(ReportDelivery.subscription_id) == row.id, col(ReportDelivery.due_at) == due
        )
        counts = {
            str(state): int(number)
            for state, number in db.execute(counted.group_by(col(ReportDelivery.state))).all()
        }
        said = [f"发出 {counts.get(SENT, 0)} 人"]
        said += [
            f"{counts[state]} 人{words}"
            for state, words in ((SKIPPED, "无权查看"), (FAILED, "没有生成"))
            if state in counts
        ]
        row.last_at, row.lease_owner, row.leased_until = now, "", None
        if refusal:
            row.last_result, row.paused, row.next_at = f"已暂停：{refusal}"[:200], True, None
            notify(db, row.owner_id, title=f"报表订阅「{row.title}」已暂停"[:100], text=refusal[:200], link="/reports/subscriptions",
                   kind="report", now=now)  # fmt: skip
        else:
            row.last_result = "，".join(said)
            if not row.paused:
                row.next_at = next_after(table_of(row), now, lead_rules(db, now=now).first.overrides)
        row.version += 1
        events.record(
            db, SYSTEM, "report_subscription.sent", now=now, entity="report_subscription", entity_id=row.id,
            summary=f"{row.title} · {row.last_result}"[:500],
        )  # fmt: skip
