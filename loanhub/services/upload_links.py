"""Missing papers handed in from the phone 补件链接: a link for one application, sent, opened, used, taken back.

Whoever has the link may add files to the kinds it names and see which are there; it shows nothing of the customer but
a masked name, and no file. What comes in waits for somebody of the house to look at it 待核.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import IO

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.documents import DocumentKind, SlotState
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Document, UploadLink
from loanhub.repositories.signing import hash_of
from loanhub.services import documents, events, files, outbox, parameters
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.documents._views import get_application
from loanhub.settings import settings

PATH = "/h5/papers"
LIFE = timedelta(days=7)
MOST_FILES = 40
"""Files one link may bring: enough for every page of a bank statement, not for filling a disk."""
MOST_BYTES = 200 * 1_048_576
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".pdf")


class UploadLinkDead(NotPermitted):
    """The link is unknown, taken back, replaced or too old; which of these is nobody's business."""

    def __init__(self) -> None:
        super().__init__("这个补件链接已失效，请联系你的客户经理重新发送")


class LinkFull(Conflict):
    """The link has brought as much as one may."""

    def __init__(self) -> None:
        super().__init__("这个链接上传的文件已到上限，请联系你的客户经理")


@dataclass(frozen=True)
class Given:
    """A link as it is handed out, once: the address, the words of the message, what it asks for."""

    address: str
    message: str
    labels: tuple[str, ...]
    expires: str


@dataclass(frozen=True)
class LinkState:
    """The newest link of an application as its page shows it; ``live``: it still counts."""

    live: bool = False
    text: str = ""
    missing: tuple[str, ...] = ()
    can_send: bool = False


@dataclass(frozen=True)
class Wanted:
    """A kind the customer is asked for: how many files came by this link; ``state`` is todo, sent or done."""

    kind: str
    label: str
    files: int
    state: str


@dataclass(frozen=True)
class Handing:
    """What the phone shows."""

    company: str
    name: str
    expires: str
    note: str
    wanted: tuple[Wanted, ...]


def create(actor: Actor, *, application_id: int, note: str = "", key: str = "", now: datetime) -> Given:
    """Give the customer of an application a link for what is missing now; an older link of it is dead from now on.

    The message is planned for sending as a short message; its words come back, for handing over by other ways.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks documents:upload.
        Conflict: nothing is missing.
        InvalidInput: a note over 100 characters.
    """
    words = " ".join(note.split())
    if len(words) > 100:
        raise InvalidInput(fields={"note": "最多 100 个字"})
    given: list[Given] = []
    with transaction() as db:
        application, customer = _subject(db, actor, application_id)

        def work() -> dict[str, object]:
            slots = documents.checklist_of(db, customer, application_id=application_id, now=now).missing
            if not slots:
                raise Conflict("资料已齐，没有要补的")
            _end_open(db, application_id, now=now)
            token = secrets.token_urlsafe(24)
            link = UploadLink(
                application_id=application_id, customer_id=customer.id or 0, token_hash=hash_of(token),
                kinds=[one.kind for one in slots], note=words, created_by_id=actor.actor_id, created_at=now,
                expires_at=now + LIFE,
            )  # fmt: skip
            db.add(link)
            db.flush()
            labels = tuple(one.label for one in slots)
            address = f"{settings().origin}{PATH}/{token}"
            company = parameters.company(db, now=now).name or settings().company_name
            text = (
                f"{company}提醒您补交贷款资料：{'、'.join(labels)}。请在 {formats.local(link.expires_at):%m-%d} 前点开链接拍照上传："
                f"{address} 如非本人办理请忽略。"
            )
            outbox.plan(
                db,
                outbox.Draft(
                    key=f"upload.link:{link.token_hash[:32]}", channel="sms", title="补交资料", text=text,
                    recipient=(customer.phone or "").removeprefix("+86"), kind="upload_link", customer_id=customer.id,
                ),
                now=now, by_id=actor.actor_id,
            )  # fmt: skip
            events.record(
                db, actor, "upload_link.created", now=now, entity="application", entity_id=application_id,
                customer_id=customer.id, lead_id=application.lead_id,
                summary=f"{application.number} 补 {'、'.join(labels)}"[:200],
            )  # fmt: skip
            given.append(Given(address, text, labels, formats.instant(link.expires_at)))
            return {"id": link.id or 0}

        once(db, actor, "upload_links.create", key, [application_id, words], now=now, work=work)
        if not given:
            raise Conflict("链接刚刚已经发出；没有收到的，重新发一条")
    return given[0]


def end(actor: Actor, *, application_id: int, now: datetime) -> None:
    """Take the open link of an application back.

    Raises:
        NotFound: no such application in scope, or it has no open link.
        NotPermitted: the actor lacks documents:upload.
    """
    with transaction() as db:
        application, customer = _subject(db, actor, application_id)
        if not _end_open(db, application_id, now=now):
            raise NotFound("没有正在使用的补件链接")
        events.record(
            db, actor, "upload_link.ended", now=now, entity="application", entity_id=application_id,
            customer_id=customer.id, lead_id=application.lead_id, summary=application.number,
        )  # fmt: skip


def state_of(actor: Actor, *, application_id: int, now: datetime) -> LinkState:
    """Return how the newest link of an application stands, and what is missing now.

    Raises:
        NotFound: no such application in the actor's scope.
        NotPermitted: the actor lacks documents:read.
    """
    with reading() as db:
        application = get_application(db, actor, application_id)
        actor.require(Permission.DOCUMENTS_READ)
        customer = db.get(Customer, application.customer_id)
        slots = (
            documents.checklist_of(db, customer, application_id=application_id, now=now).missing
            if customer
            else ()
        )
        query = sa.select(UploadLink).where(col(UploadLink.application_id) == application_id)
        link = db.execute(query.order_by(col(UploadLink.id).desc()).limit(1)).scalar_one_or_none()
        can = actor.can(Permission.DOCUMENTS_UPLOAD)
        missing = tuple(one.label for one in slots)
        if link is None:
            return LinkState(missing=missing, can_send=can)
        live = link.ended_at is None and link.expires_at > now
        opened = "客户还没打开" if link.opened_at is None else f"{formats.relative(link.opened_at, now)}打开"
        came = f"，已传 {link.uploads} 个文件" if link.uploads else ""
        ends = f"{formats.instant(link.expires_at)} 失效" if live else "已失效"
        return LinkState(
            live, f"{formats.relative(link.created_at, now)}发出 · {opened}{came} · {ends}", missing, can
        )


def look(token: str, *, now: datetime) -> Handing:
    """Return what the phone shows; the first look is written down.

    Raises:
        UploadLinkDead: no such link, or one that counts no more.
    """
    with transaction() as db:
        link, customer = _find(db, token, now=now)
        if link.opened_at is None:
            link.opened_at = now
        came = _came(db, link)
        found = documents.checklist_of(db, customer, application_id=link.application_id, now=now)
        states = {slot.kind: slot.state for _, slots in found.groups for slot in slots}
        wanted = []
        for code in link.kinds:
            kind = DocumentKind.find(code)
            if kind is None:
                continue
            there = states.get(code) in (SlotState.PRESENT, SlotState.EXPIRING)
            state = "done" if there else "sent" if came.get(code) else "todo"
            wanted.append(Wanted(code, kind.label, came.get(code, 0), state))
        return Handing(
            company=parameters.company(db, now=now).name or settings().company_name,
            name=mask(MaskKind.NAME, customer.name) or "", expires=formats.instant(link.expires_at), note=link.note,
            wanted=tuple(wanted),
        )  # fmt: skip


def hand_in(token: str, *, kind: str, source: IO[bytes], file_name: str, ip: str = "", now: datetime) -> int:
    """Take one file by a link: checked, cleaned and scanned like any upload; returns how many the link has brought.

    It stands in the checklist as 待核 until somebody looked at it; the owner of the application is told.

    Raises:
        UploadLinkDead: no such link, or one that counts no more.
        LinkFull: the link has brought as much as one may.
        InvalidInput: a kind it does not ask for.
        WrongFile: no picture and no PDF, too large, or with something inside that acts by itself.
        ScannerAway: a virus scanner is set up and does not answer.
    """
    with reading() as db:
        link, customer = _find(db, token, now=now)
        found = DocumentKind.find(kind)
        if found is None or found.value not in link.kinds:
            raise InvalidInput(fields={"kind": "这项资料不在补件清单里"})
        if link.uploads >= MOST_FILES or link.bytes_taken >= MOST_BYTES:
            raise LinkFull
        application_id, customer_id, link_id = link.application_id, link.customer_id, link.id
        actor = replace(SYSTEM, name=f"客户 {mask(MaskKind.NAME, customer.name)}"[:60], ip=ip)
    if not file_name.lower().endswith(EXTENSIONS):
        raise files.WrongFile("请上传照片（JPG、PNG、WEBP）或 PDF")
    made = files.upload(
        actor, source=source, file_name=file_name, kind=found.value, label=found.label, customer_id=customer_id,
        application_id=application_id, review="pending", now=now,
    )  # fmt: skip
    failpoint("upload_link.after_file")
    with transaction() as db:
        held = db.get(UploadLink, link_id, with_for_update=True, populate_existing=True)
        row = db.get(Document, made.id, with_for_update=True)
        assert held is not None and row is not None
        if held.ended_at is not None or held.uploads >= MOST_FILES:
            row.deleted_at = now  # taken back, or filled by another file, while this one was on its way
            refused = UploadLinkDead() if held.ended_at is not None else LinkFull()
        else:
            refused = None
            _keep(db, actor, held, row, found, now=now)
        count = held.uploads
    if refused is not None:
        raise refused
    return count


def _keep(
    db: Session, actor: Actor, link: UploadLink, row: Document, kind: DocumentKind, *, now: datetime
) -> None:  # fmt: skip
    link.uploads += 1
    link.bytes_taken += row.size_bytes
    link.version += 1
    application = db.get(Application, link.application_id)
    events.record(
        db, actor, "document.handed_in", now=now, entity="document", entity_id=row.id, customer_id=link.customer_id,
        lead_id=application.lead_id if application is not None else None, summary=f"{kind.label} · 待核",
    )  # fmt: skip
    announce(db, "applications", id=link.application_id)
    if application is None or link.uploads != 1:
        return  # told once a link, not once a page of a bank statement
    customer = db.get(Customer, link.customer_id)
    for user_id in dict.fromkeys((application.owner_id, link.created_by_id)):
        notify(
            db, user_id, title="客户补交了资料，请核对", text=f"{customer.name if customer else ''} {application.number}",
            link=f"/customers/{link.customer_id}?tab=documents", kind="application", entity="application",
            entity_id=application.id, actionable=True, now=now,
        )  # fmt: skip


def _subject(db: Session, actor: Actor, application_id: int) -> tuple[Application, Customer]:
    application = get_application(db, actor, application_id)
    actor.require(Permission.DOCUMENTS_UPLOAD)
    customer = db.get(Customer, application.customer_id)
    if customer is None:
        raise NotFound("没有找到这笔申请的客户")
    return application, customer


def _find(db: Session, token: str, *, now: datetime) -> tuple[UploadLink, Customer]:
    if not 20 <= len(token) <= 64:
        raise UploadLinkDead
    query = sa.select(UploadLink).where(col(UploadLink.token_hash) == hash_of(token))
    link: UploadLink | None = db.execute(query).scalar_one_or_none()
    if link is None or link.ended_at is not None or link.expires_at <= now:
        raise UploadLinkDead
    customer = db.get(Customer, link.customer_id)
    if customer is None or customer.deleted_at is not None:
        raise UploadLinkDead
    return link, customer


def _end_open(db: Session, application_id: int, *, now: datetime) -> bool:
    query = sa.select(UploadLink).where(
        col(UploadLink.application_id) == application_id, col(UploadLink.ended_at).is_(None),
        col(UploadLink.expires_at) > now,
    )  # fmt: skip
    rows: Sequence[UploadLink] = db.execute(query.with_for_update()).scalars().all()
    for link in rows:
        link.ended_at = now
        link.version += 1
    return bool(rows)


def _came(db: Session, link: UploadLink) -> dict[str, int]:
    query = (
        sa.select(col(Document.kind), sa.func.count())
        .where(
            col(Document.application_id) == link.application_id, col(Document.created_at) >= link.created_at,
            col(Document.review) == "pending", col(Document.deleted_at).is_(None),
        )
        .group_by(col(Document.kind))
    )  # fmt: skip
    return {str(kind): int(count) for kind, count in db.execute(query).all()}
