"""Leads of other systems 接口进线: many requests written in one transaction, each answered for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.api_scopes import ApiScope
from loanhub.domain.catalogue import Access, present
from loanhub.domain.errors import InvalidInput, LoanHubError, NotFound
from loanhub.domain.leads import LeadDoor
from loanhub.domain.money import decimal_text
from loanhub.models import IdempotencyKey, Lead
from loanhub.services import catalogue, events
from loanhub.services._idempotency import KeyReused, fingerprint
from loanhub.services._transaction import transaction
from loanhub.services.api_keys.check import KeyHolder
from loanhub.services.leads.intake import Enquiry, Taken, take_in

ACTION = "api.leads.create"
LONGEST_KEY = 200
LONGEST_TEXT = 4000
KNOWN = "已存在，这次进线已记到原线索"


@dataclass(frozen=True)
class Request:
    """One request to create a lead, read from JSON already."""

    holder: KeyHolder
    body: Any
    key: str
    ip: str = ""


Answer = tuple[int, dict[str, Any]] | LoanHubError


def create_many(requests: Sequence[Request], *, now: datetime) -> list[Answer]:
    """Create leads for requests that came at the same time; returns status and body for each, or its refusal.

    201 for a new lead, 200 for one known already: then neither id nor number is told, only that it is known. A repeated
    key with the same body gets the first answer again, with another body a 409.
    """
    try:
        with transaction() as db:
            return _create_many(db, requests, now=now)
    except sa.exc.IntegrityError:
        # Another process wrote one of these keys or the day's first number at the same moment: one by one, then.
        if len(requests) == 1:
            with transaction() as db:
                return _create_many(db, requests, now=now)
        return [answer for request in requests for answer in create_many([request], now=now)]


def _create_many(db: Session, requests: Sequence[Request], *, now: datetime) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(requests)
    keys = [_stored_key(request) for request in requests]
    digests = [fingerprint(request.body) if key else "" for request, key in zip(requests, keys, strict=True)]
    known = _known(db, [key for key in keys if key])
    first: dict[str, int] = {}
    enquiries: list[Enquiry] = []
    places: list[int] = []
    for place, request in enumerate(requests):
        key = keys[place]
        if key and key in known:
            stored_digest, result = known[key]
            answers[place] = _again(result) if stored_digest == digests[place] else KeyReused()
            continue
        if key and key in first:
            continue  # answered below, with the first one's answer
        try:
            raw = read_body(db, request.holder, request.body)
            _check_key(request.key)
        except InvalidInput as fault:
            answers[place] = fault
            continue
        if key:
            first[key] = place
        enquiries.append(Enquiry(raw, LeadDoor.API, request.holder.actor(request.ip)))
        places.append(place)
    fresh: list[dict[str, Any]] = []
    for place, taken in zip(places, take_in(db, enquiries, now=now) if enquiries else [], strict=True):
        answers[place] = answer = _answer(requests[place].holder, taken)
        if keys[place] and isinstance(answer, tuple):
            fresh.append(
                {
                    "actor_id": 0, "action": ACTION, "key": keys[place], "request_hash": digests[place],
                    "result": {"status": answer[0], "body": answer[1]}, "created_at": now,
                }
            )  # fmt: skip
    if fresh:
        db.execute(sa.insert(IdempotencyKey.__table__), fresh)  # type: ignore[attr-defined]
    for place, key in enumerate(keys):
        if answers[place] is None:
            leader = first[key]
            same = digests[leader] == digests[place]
            answers[place] = answers[leader] if same else KeyReused()
    return [answer for answer in answers if answer is not None]


def _stored_key(request: Request) -> str:
    """Return what is kept of an idempotency key: it counts for the one API key it came with."""
    return hashlib.sha256(f"{request.holder.id}:{request.key}".encode()).hexdigest() if request.key else ""


def _check_key(key: str) -> None:
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise InvalidInput(f"Idempotency-Key 最长 {LONGEST_KEY} 个可见字符")


def _known(db: Session, keys: Sequence[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    if not keys:
        return {}
    query = sa.select(
        col(IdempotencyKey.key), col(IdempotencyKey.request_hash), col(IdempotencyKey.result)
    ).where(
        col(IdempotencyKey.actor_id) == 0,
        col(IdempotencyKey.action) == ACTION,
        col(IdempotencyKey.key).in_(keys),
    )
    return {key: (digest, dict(result)) for key, digest, result in db.execute(query).all()}


def _again(result: Mapping[str, Any]) -> Answer:
    return int(result["status"]), dict(result["body"])


def _answer(holder: KeyHolder, taken: Taken) -> Answer:
    if taken.fault is not None:
        return taken.fault
    if taken.new:
        return 201, {"id": taken.lead_id, "number": taken.number, "duplicate": False}
    return 200, {"id": None, "number": "", "duplicate": True, "notice": KNOWN}


def read_body(db: Session, holder: KeyHolder, body: Any) -> dict[str, object]:
    """Return what the catalogue reads, from JSON: money is integer fen there, texts are as people type them.

    Raises:
        InvalidInput: not an object, an object or a fraction for a value, or the channel of somebody else.
    """
    if not isinstance(body, dict):
        raise InvalidInput("请求体要是一个 JSON 对象")
    fields, faults = catalogue.current(db), {}
    raw: dict[str, object] = {}
    for name, value in body.items():
        key = str(name)[:60]
        spec = fields.find("lead", key)
        if value is None:
            continue
        if spec is not None and spec.kind == "money":
            if isinstance(value, bool) or not isinstance(value, int):
                faults[key] = "金额是以分为单位的整数，例如 20000000 是 20 万元"
                continue
            raw[key] = decimal_text(value)
        elif isinstance(value, (dict, float)) or (isinstance(value, str) and len(value) > LONGEST_TEXT):
            faults[key] = "值要是文本、整数或它们的列表，最长 4000 字"
        else:
            raw[key] = value
    if holder.channel_code:
        if raw.get("channel_code") not in (None, holder.channel_code):
            faults["channel_code"] = "这把密钥只能提交自己渠道的线索"
        raw["channel_code"] = holder.channel_code
    if faults:
        raise InvalidInput(fields=faults)
    return raw


def read_one(holder: KeyHolder, *, lead_id: int, ip: str = "", now: datetime) -> dict[str, Any]:
    """Return a lead for another system: masked, or in clear with the scope for it (each such read is recorded).

    A key of a channel reads that channel's leads alone.

    Raises:
        LacksScope: the key may not read leads.
        NotFound: no such lead for this key.
    """
    clear = ApiScope.LEADS_CLEAR.value in holder.scopes
    if not clear:
        holder.require(ApiScope.LEADS_READ)
    with transaction() as db:
        query = sa.select(Lead).where(col(Lead.id) == lead_id, col(Lead.deleted_at).is_(None))
        if holder.channel_code:
            query = query.where(col(Lead.channel_code) == holder.channel_code)
        lead = db.execute(query).scalar_one_or_none()
        if lead is None:
            raise NotFound
        options = catalogue.sources(db)
        right = Access.READ if clear else Access.MASKED
        fields: dict[str, Any] = {}
        for spec in catalogue.current(db).for_form("lead"):
            value = catalogue.read_value(lead, spec)
            if value in (None, "", []):
                continue
            protected = spec.encrypted or bool(spec.mask)
            fields[spec.key] = (
                present(spec, value, right, now, options) if protected else spec.kind_object.to_json(value)
            )
        if clear:
            events.record(
                db, holder.actor(ip), "customer.revealed", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id,
                summary=f"{lead.number} 接口读取明文",
            )  # fmt: skip
        return {
            "id": lead.id, "number": lead.number, "status": lead.status.value, "status_label": lead.status.label,
            "created_at": lead.created_at.isoformat(), "fields": fields,
        }  # fmt: skip
