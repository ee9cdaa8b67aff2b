"""What a signer is sent 签署短信: the link and the one-time code, handed to the outbox in the same transaction."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.messages import ChannelMode
from loanhub.models import Contract, MessageAccount, OutboxMessage, Signer
from loanhub.services import outbox, parameters
from loanhub.services._actor import Actor
from loanhub.services.contracts.center import title_of

CHANNEL = "sms"


def is_live(db: Session) -> bool:
    """Return whether short messages really go out; in preview the staff hand link and code over themselves."""
    query = sa.select(col(MessageAccount.mode)).where(col(MessageAccount.channel) == CHANNEL)
    return db.execute(query).scalar_one_or_none() == ChannelMode.LIVE.value


def link(
    db: Session, actor: Actor, signer: Signer, contract: Contract, address: str, *, now: datetime
) -> str:
    """Plan the message with a signer's link and return its words.

    The link stands in the text, which is stored encrypted, not in the message's own column for links.
    """
    company = parameters.company(db, now=now).name
    text = (
        f"{company}请您签署《{title_of(contract).partition('（')[0]}》，请在 {signer.expires_at:%m-%d} 前"
        f"点开链接核对身份并签名：{address} 如非本人办理请忽略。"
    )
    _plan(
        db,
        actor,
        signer,
        contract,
        f"signing.link:{signer.token_hash[:32]}",
        "签署合同",
        text,
        "signing_link",
        now=now,
    )
    return f"{signer.name}您好，{text}"


def code(
    db: Session, actor: Actor, signer: Signer, contract: Contract, digits: str, *, now: datetime
) -> None:
    """Plan the message with a one-time code."""
    text = f"签署验证码 {digits}，5 分钟内有效。任何人向您索要验证码都请拒绝。"
    _plan(db, actor, signer, contract, code_key(signer), "", text, "signing_code", now=now)


def code_key(signer: Signer) -> str:
    """Return the name of the message that carries a signer's newest code."""
    return f"signing.code:{signer.token_hash[:32]}:{signer.codes_sent}"


def find_code_text(db: Session, signer: Signer) -> str:
    """Return the words of the newest code's message, or an empty text."""
    query = sa.select(OutboxMessage).where(col(OutboxMessage.key) == code_key(signer))
    found: OutboxMessage | None = db.execute(query).scalar_one_or_none()
    return (found.text or "") if found is not None else ""


def _plan(
    db: Session, actor: Actor, signer: Signer, contract: Contract, key: str, title: str, text: str, kind: str,
    *, now: datetime,
) -> None:  # fmt: skip
    draft = outbox.Draft(
        key=key, channel=CHANNEL, title=title, text=text, recipient=(signer.phone or "").removeprefix("+86"),
        kind=kind, customer_id=contract.customer_id,
    )  # fmt: skip
    outbox.plan(db, draft, now=now, by_id=actor.actor_id)
