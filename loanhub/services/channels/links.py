"""A channel's link to the application page, its QR code, and the poster with both."""

from __future__ import annotations

import io
from datetime import datetime
from urllib.parse import urlencode

import segno
import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents import poster as drawing
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Channel
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.settings import settings

APPLY_PATH = "/h5/apply"


def link_of(channel: Channel) -> str:
    """Return the address a channel spreads: the application page with the channel's code and source parameters."""
    query = {"c": channel.code} | {
        name: value
        for name in ("utm_source", "utm_medium", "utm_campaign")
        if (value := str(getattr(channel, name)))
    }
    return f"{settings().origin}{APPLY_PATH}?{urlencode(query)}"


def qr_svg(actor: Actor, *, code: str) -> tuple[str, bytes]:
    """Return the file name and the SVG of a channel's QR code.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor holds neither channels:edit nor channels:cost.
    """
    channel = _get(actor, code)
    drawn = io.BytesIO()
    segno.make(link_of(channel), error="m", micro=False).save(
        drawn,
        kind="svg",
        border=2,
        scale=4,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        dark="#16211d",
        light="#fff",
    )
    return f"{channel.label}-二维码.svg", drawn.getvalue()


def poster(actor: Actor, *, code: str, now: datetime) -> tuple[str, bytes]:
    """Return the file name and the PDF of a channel's poster, A4, fonts embedded.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor holds neither channels:edit nor channels:cost.
        MissingGlyph: the company's name has a character no font has.
    """
    channel = _get(actor, code)
    with reading() as db:
        company, brand = parameters.company(db, now=now), parameters.brand(db, now=now)
    content = drawing.build(
        drawing.Poster(
            brand=brand, company=company.name, phone=company.phone, link=link_of(channel),
            channel=channel.label, issued_at=now,
        )
    )  # fmt: skip
    return f"{channel.label}-海报.pdf", content


def _get(actor: Actor, code: str) -> Channel:
    with reading() as db:
        channel: Channel | None = db.execute(
            sa.select(Channel).where(col(Channel.code) == code[:32])
        ).scalar_one_or_none()
    if channel is None:
        raise NotFound("没有这个渠道")
    if not actor.can_any(Permission.CHANNELS_EDIT, Permission.CHANNELS_COST):
        actor.require(Permission.CHANNELS_EDIT)
    return channel
