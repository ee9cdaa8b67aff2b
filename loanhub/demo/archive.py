"""The archive of the demo company: papers of some customers, one that ends soon, a newer version, a hold, a batch printed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from PIL import Image, ImageDraw, ImageFont
from sqlmodel import col

from loanhub.documents.typeface import FILES, FONT_FOLDER
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.documents import DocumentKind, label_of
from loanhub.domain.formats import local
from loanhub.models import Application, Customer
from loanhub.services import documents, files, upload_links
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.archive import keep
from loanhub.services.contracts import center
from loanhub.services.printing import batches, work

GROUNDS = ((214, 229, 226), (232, 222, 205), (222, 226, 238), (236, 224, 224))
PAPERS = (
    (DocumentKind.ID_FRONT, 40, None), (DocumentKind.ID_BACK, 40, 18), (DocumentKind.CREDIT_REPORT, 22, None),
    (DocumentKind.INCOME, 35, None), (DocumentKind.PROPERTY, 60, None),
)  # fmt: skip
"""Kind, days since it was handed in, days until it ends (None: as its kind does)."""


def build(sales: Sequence[Actor], clerk: Actor, guard: Actor, *, now: datetime) -> int:
    """Hand in some papers, put one customer under a hold, print a batch; return how many papers there are."""
    made, numbers = 0, []
    for shade, actor in enumerate(sales[:3]):
        for customer_id, number, name in _customers(actor):
            numbers.append(number)
            for place, (kind, ago, left) in enumerate(PAPERS):
                _hand_in(
                    actor,
                    customer_id,
                    kind,
                    name,
                    GROUNDS[(shade + place) % 4],
                    now - timedelta(days=ago),
                    now,
                    left,
                )
                made += 1
            if len(numbers) == 1:
                # A sharper picture of the same card: the older one stays behind it.
                _hand_in(
                    actor,
                    customer_id,
                    DocumentKind.ID_FRONT,
                    name,
                    GROUNDS[3],
                    now - timedelta(days=3),
                    now,
                    None,
                )
    if len(numbers) > 1:
        keep.hold(guard, customer_number=numbers[1], reason="（2026）示民初 0521 号，诉讼保全", now=now)
    _print(clerk, now)
    return made + _by_link(sales, now)


def _by_link(sales: Sequence[Actor], now: datetime) -> int:
    """Let the customer of a draft hand two papers in by a link; they wait to be looked at. Return how many."""
    with reading() as db:
        query = (
            sa.select(Application)
            .where(col(Application.status) == ApplicationStatus.DRAFT, col(Application.owner_id).in_([one.user_id for one in sales]))
            .order_by(col(Application.id))
            .limit(1)
        )  # fmt: skip
        found: Application | None = db.execute(query).scalar_one_or_none()
    owner = next((one for one in sales if found is not None and one.user_id == found.owner_id), None)
    if found is None or owner is None:
        return 0
    state = upload_links.state_of(owner, application_id=found.id or 0, now=now)
    if not state.missing:
        return 0
    given = upload_links.create(
        owner, application_id=found.id or 0, note="流水要近 6 个月", now=now - timedelta(hours=3)
    )
    token = given.address.rpartition("/")[2]
    wanted = upload_links.look(token, now=now - timedelta(hours=2)).wanted[:2]
    for shade, one in enumerate(wanted):
        kind = DocumentKind(one.kind)
        upload_links.hand_in(
            token, kind=one.kind, source=io.BytesIO(_picture(kind, "客户上传", GROUNDS[shade])), file_name="照片.png",
            ip="203.0.113.24", now=now - timedelta(hours=1),
        )  # fmt: skip
    return len(wanted)


def _customers(actor: Actor) -> list[tuple[int, str, str]]:
    with reading() as db:
        query = (
            sa.select(col(Customer.id), col(Customer.number), col(Customer.name))
            .where(col(Customer.owner_id) == actor.user_id, col(Customer.kind) == "person", col(Customer.deleted_at).is_(None))
            .order_by(col(Customer.id).desc())
            .limit(2)
        )  # fmt: skip
        return [(int(row[0]), str(row[1]), str(row[2])) for row in db.execute(query).all()]


def _hand_in(
    actor: Actor,
    customer_id: int,
    kind: DocumentKind,
    name: str,
    ground: tuple[int, int, int],
    then: datetime,
    now: datetime,
    left: int | None,
) -> None:
    view = files.upload(
        actor, source=io.BytesIO(_picture(kind, name, ground)), file_name=f"{kind.label}.png", kind=kind.value,
        customer_id=customer_id, now=then,
    )  # fmt: skip
    expires = local(now).date() + timedelta(days=left) if left is not None else documents.KEEP
    documents.attach(
        actor, document_id=view.id, kind=kind.value, customer_id=customer_id, expires=expires, now=then
    )


def _picture(kind: DocumentKind, name: str, ground: tuple[int, int, int]) -> bytes:
    """Draw a card that nobody takes for a real one."""
    picture = Image.new("RGB", (856, 540), ground)
    pen = ImageDraw.Draw(picture)
    large, small = (ImageFont.truetype(str(FONT_FOLDER / FILES["H"]), size) for size in (44, 26))
    pen.rounded_rectangle((24, 24, 832, 516), 28, outline=(120, 130, 126), width=3)
    pen.text((64, 64), label_of(kind.value), fill=(40, 52, 48), font=large)
    pen.text((64, 170), f"姓名　{name}", fill=(40, 52, 48), font=small)
    pen.text((64, 230), "编号　演示样张，不是证件", fill=(40, 52, 48), font=small)
    pen.rounded_rectangle((600, 150, 780, 390), 16, fill=tuple(max(0, one - 24) for one in ground))
    pen.ellipse((650, 190, 730, 270), fill=ground)
    pen.rounded_rectangle((625, 290, 755, 390), 40, fill=ground)
    pen.text((64, 440), "演示数据", fill=(150, 90, 70), font=small)
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def _print(clerk: Actor, now: datetime) -> None:
    rows = center.newest(clerk, status="effective", limit=6, now=now)
    if rows:
        number = batches.start(
            clerk, kind="contract", record_ids=[row.id for row in rows], order="customer", now=now
        )
        work.run(number, clock=lambda: now)
        batches.give(clerk, batch_id=number, reason="归档留存", now=now)
