"""The versions of the consent texts 授权文本: read, and publish the firm's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.consents import PURPOSES, SHIPPED, SHIPPED_VERSIONS, Wording
from loanhub.domain.customers import ConsentPurpose
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.models import ConsentText
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

VERSION = re.compile(r"[0-9A-Za-z.\-]{1,20}", re.ASCII)


def versions(db: Session) -> tuple[tuple[str, str], ...]:
    """Return (version, label) pairs, the newest first; the shipped ones are the last."""
    own = _own(db)
    shipped = ((one, f"{one}（出厂文本）") for one in SHIPPED_VERSIONS if one not in own)
    return (*((one, one) for one in own), *shipped)


def _own(db: Session) -> list[str]:
    """Return the versions the firm published, the newest first; one of them may bear a name we shipped later."""
    query = (
        sa.select(col(ConsentText.text_version), sa.func.max(ConsentText.id))
        .group_by(col(ConsentText.text_version))
        .order_by(sa.func.max(ConsentText.id).desc())
    )
    return [str(version) for version, _ in db.execute(query).all()]


def wordings(db: Session, version: str = "") -> tuple[str, tuple[Wording, ...]]:
    """Return a version and its texts, in the order they are asked for; the newest when none or an unknown is named."""
    known = [code for code, _ in versions(db)]
    chosen = version if version in known else known[0]
    if chosen in SHIPPED_VERSIONS and chosen not in _own(db):
        return chosen, SHIPPED_VERSIONS[chosen]
    rows = db.execute(sa.select(ConsentText).where(col(ConsentText.text_version) == chosen)).scalars()
    by_purpose = {
        row.purpose: Wording(ConsentPurpose(row.purpose), row.title, row.body, row.required) for row in rows
    }
    return chosen, tuple(by_purpose[one.value] for one in PURPOSES if one.value in by_purpose)


def newest(actor: Actor) -> tuple[str, tuple[Wording, ...]]:
    """Return the newest version and its texts.

    Raises:
        NotPermitted: the actor lacks channels:edit.
    """
    actor.require(Permission.CHANNELS_EDIT)
    with reading() as db:
        return wordings(db)


def publish(actor: Actor, *, version: str, texts: Mapping[str, Mapping[str, str]], now: datetime) -> None:
    """Publish the firm's texts under a new version; channels on 最新版本 show them from now on.

    ``texts`` maps each purpose to {title, body}. What people agreed to before stays with its words.

    Raises:
        NotPermitted: the actor lacks channels:edit.
        InvalidInput: the version is taken or malformed, or a text is missing or too long (keys ``<purpose>.title``).
    """
    version = version.strip()
    with transaction() as db:
        actor.require(Permission.CHANNELS_EDIT)
        faults: dict[str, str] = {}
        if VERSION.fullmatch(version) is None:
            faults["version"] = "版本号用 1 到 20 个字母、数字、点或横线"
        elif version in dict(versions(db)):
            faults["version"] = "这个版本已经发布过，发布过的文本不能改"
        rows = []
        for wording in SHIPPED:
            given = texts.get(wording.purpose.value, {})
            title, body = " ".join(str(given.get("title", "")).split()), str(given.get("body", "")).strip()
            if not 2 <= len(title) <= 60:
                faults[f"{wording.purpose.value}.title"] = "标题为 2 到 60 个字"
            if not 10 <= len(body) <= 2000:
                faults[f"{wording.purpose.value}.body"] = "正文为 10 到 2000 个字"
            rows.append(
                ConsentText(
                    text_version=version, purpose=wording.purpose.value, title=title, body=body,
                    required=wording.required, published_at=now, published_by_id=actor.actor_id,
                )
            )  # fmt: skip
        if faults:
            raise InvalidInput(fields=faults)
        db.add_all(rows)
        db.flush()
        events.record(
            db, actor, "consent_text.published", now=now, entity="consent_text", summary=f"版本 {version}"
        )
