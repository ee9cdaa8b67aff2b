"""The public application H5 申请: strangers ask for a loan and learn nothing but a receipt number.

The answer to somebody we know already is the same as to somebody new: the enquiry goes to the owner of the lead,
the page says the same words. A filled trap field or a number sent over and over gets that answer as well, without
anything being written.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.consents import Wording
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.identity import check_mobile
from loanhub.domain.leads import LeadDoor
from loanhub.models import Channel
from loanhub.models.encryption import blind_index
from loanhub.services import consent_texts
from loanhub.services._actor import SYSTEM
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.leads.intake import Agreed, Enquiry, door_actor, take_in

DEFAULT_CHANNEL, UNKNOWN_CHANNEL = "website", "other"
FIELDS = ("name", "phone", "city", "amount_fen", "term_months", "purpose")
REQUIRED = {
    "name": "请填写姓名",
    "phone": "请填写手机号",
    "city": "请填写所在城市",
    "amount_fen": "请填写想借的金额",
}
PURPOSES = ("经营周转", "进货备货", "店面装修", "购置设备", "个人消费", "归还其他贷款", "其他")
TRAP = "website"
"""The name of the field people do not see; who fills it in is a program."""
PHONE_SENDS, PHONE_SECONDS = 3, 3600
"""How often an hour one number is written down; the lead is there after the first."""


@dataclass(frozen=True)
class Offer:
    """What the page needs before anything is typed: channel, version and words of the consents."""

    channel: str
    text_version: str
    wordings: tuple[Wording, ...]


@dataclass(frozen=True)
class Receipt:
    """All that a stranger is told: a number to name on the phone. It is not the number of a lead."""

    number: str


class _Sends:
    """How often each number came in the last hour, in this process; the oldest are forgotten."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, list[float]] = OrderedDict()

    def allow(self, key: str) -> bool:
        now = time.monotonic()
        recent = [at for at in self._known.pop(key, []) if now - at < PHONE_SECONDS]
        allowed = len(recent) < PHONE_SENDS
        self._known[key] = [*recent, now] if allowed else recent
        if len(self._known) > 50_000:
            self._known.popitem(last=False)
        return allowed


_sends = _Sends()


def find_offer(channel_code: str) -> Offer:
    """Return the channel a link names (官网 without one, 其他 for one we do not know) and its consent texts."""
    with reading() as db:
        channel = _channel(db, channel_code)
        version, wordings = consent_texts.wordings(db, channel.consent_version if channel else "")
        return Offer(channel.code if channel else "", version, wordings)


def submit(
    form: Mapping[str, str], *, agreed: Collection[str], text_version: str, channel_code: str, campaign: str = "",
    trap: str = "", ip: str = "", user_agent: str = "", key: str = "", now: datetime,
) -> Receipt:  # fmt: skip
    """Take an application in and return its receipt; the same key returns the same receipt and writes nothing more.

    ``agreed`` are the purposes ticked; ``text_version`` the version the person read.

    Raises:
        InvalidInput: a sentence for each field at fault; ``consent.<purpose>`` for a required consent not given.
    """
    raw: dict[str, object] = {
        name: text for name in FIELDS if (text := str(form.get(name, "")).strip()[:200])
    }
    faults = {name: sentence for name, sentence in REQUIRED.items() if name not in raw}
    with reading() as db:
        channel = _channel(db, channel_code)
        version, wordings = consent_texts.wordings(db, text_version)
    if version != text_version:
        faults["consent"] = "授权文本已更新，请重新阅读后再提交"
    for wording in wordings:
        if wording.required and wording.purpose.value not in agreed:
            faults[f"consent.{wording.purpose.value}"] = f"需要同意《{wording.title}》才能提交"
    if faults:
        # The catalogue's own sentences stand beside these: nobody should have to send a form twice to learn all.
        raise InvalidInput(fields=_faults_of_fields(raw, now=now) | faults)
    receipt = Receipt(f"SQ{local(now):%Y%m%d}{secrets.randbelow(10**6):06d}")
    phone = check_mobile(str(raw["phone"])).require("phone")
    if trap.strip() or not _sends.allow(blind_index("phone", phone)):
        return receipt
    consents = tuple(
        Agreed(one.purpose.value, version, one.hash, ip, user_agent)
        for one in wordings
        if one.purpose.value in agreed
    )
    actor = door_actor("H5 申请", ip=ip)
    if channel is not None:
        raw["channel_code"] = channel.code
    if campaign.strip():
        raw["campaign"] = " ".join(campaign.split())[:60]
    with transaction() as db:

        def work() -> dict[str, object]:
            enquiry = Enquiry(
                raw | {"note": f"申请编号 {receipt.number}"}, LeadDoor.H5, actor, consents=consents
            )
            (taken,) = take_in(db, [enquiry], now=now)
            if taken.fault is not None:
                raise taken.fault
            return {"number": receipt.number}

        request = [raw, sorted(agreed), text_version]
        done = once(db, SYSTEM, "h5.apply", key, request, now=now, work=work)
        return Receipt(str(done["number"]))


def _faults_of_fields(raw: Mapping[str, object], *, now: datetime) -> dict[str, str]:
    from loanhub.services import catalogue

    with reading() as db:
        fields = catalogue.current(db)
        _, errors = fields.validate_record("lead", raw, partial=True, now=now, sources=catalogue.sources(db))
        return errors


def _channel(db: Session, code: str) -> Channel | None:
    """Return the channel of a link; a link of a channel put out of use still counts for it."""
    wanted = code.strip()[:32].lower() or DEFAULT_CHANNEL
    rows = {
        row.code: row
        for row in db.execute(
            sa.select(Channel).where(col(Channel.code).in_((wanted, UNKNOWN_CHANNEL, DEFAULT_CHANNEL)))
        ).scalars()
    }
    return rows.get(wanted) or rows.get(UNKNOWN_CHANNEL) or rows.get(DEFAULT_CHANNEL)
