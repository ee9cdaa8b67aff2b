"""The firm's own parameters as an administrator edits them 公司参数: dated, checked, recorded.

A new value holds from an instant on and never backwards: what was decided before keeps the value of its day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.channels import check_url
from loanhub.domain import formats
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.catalogue.kinds import KINDS
from loanhub.domain.contact_rules import ContactRules
from loanhub.domain.duplicates import Rules
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.messages import clock_time
from loanhub.domain.money import format_fen, format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.models import Setting, User
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import check_calendar, check_pool, check_response
from loanhub.services._transaction import reading, transaction
from loanhub.services.company_groups import DISPUTE_KINDS, GROUPS, LENDER_TYPES, PROVIDERS, Entry, Group
from loanhub.services.signing import providers
from loanhub.services.tasks._shared import check_rules as check_task_rules
from loanhub.settings import settings


class StaleParameters(Conflict):
    """Somebody set this group since the form was opened."""

    def __init__(self) -> None:
        super().__init__("这组参数刚被别人改过，请刷新后再改")


@dataclass(frozen=True)
class Past:
    """A value a group had, has or will have: from when, who set it, in words."""

    valid_from: datetime
    changed_by: str
    text: str
    state: str


@dataclass(frozen=True)
class GroupView:
    """A group with its texts to edit by key, and its history, newest first; ``stamp`` guards against lost edits."""

    group: Group
    values: dict[str, str]
    history: tuple[Past, ...]
    stamp: str


_BY_NAME = {group.name: group for group in GROUPS}


def list_groups(actor: Actor, *, now: datetime) -> list[GroupView]:
    """Return every group with the values in force at ``now``.

    Raises:
        NotPermitted: the actor lacks parameters:edit.
    """
    actor.require(Permission.PARAMETERS_EDIT)
    with reading() as db:
        return [_view(db, group, now=now) for group in GROUPS]


def save(
    actor: Actor,
    *,
    name: str,
    form: Mapping[str, str],
    stamp: str,
    now: datetime,
    from_date: date | None = None,
) -> None:
    """Set a group's values from now on, or from the start of a later day in China (dated groups only).

    Raises:
        NotFound: no such group.
        NotPermitted: the actor lacks parameters:edit.
        StaleParameters: ``stamp`` is not the present one.
        InvalidInput: by entry, or ``from_date`` lies in the past.
    """
    group = _BY_NAME.get(name)
    if group is None:
        raise NotFound("没有这组参数")
    actor.require(Permission.PARAMETERS_EDIT)
    texts = {entry.key: str(form.get(entry.key, "")).strip() for entry in group.entries}
    faults = {e.key: "请填写这一项" for e in group.entries if e.required and not texts[e.key]}
    faults |= {
        e.key: f"最多 {e.longest} 个字"
        for e in group.entries
        if len(texts[e.key]) > e.longest and e.key not in faults
    }
    valid_from = now
    if from_date is not None and from_date != now.astimezone(SHANGHAI).date():
        valid_from = datetime.combine(from_date, time(), SHANGHAI)
        if not group.dated or valid_from < now:
            faults["from_date"] = "生效日不能早于今天"
    if faults:
        raise InvalidInput(fields=faults)
    value = _CHECKS[name](texts)
    with transaction() as db:
        if _stamp(db, name) != stamp:
            raise StaleParameters
        old = parameters.get(db, name, now=now)
        if name == "signing":
            value["provider_secret"] = providers.keep_secret(
                db, actor, texts["provider_secret"], wanted=value["provider"] != providers.BUILTIN,
                before=str(old.get("provider_secret", "")), now=now,
            )  # fmt: skip
        before, after = _words(group, old), _words(group, value)
        changed = [label for label in after if before.get(label) != after[label]]
        if not changed:
            return
        if name == "public_pool" and value["recycle"] == "on" and old["recycle"] != "on":
            value["since"] = valid_from.isoformat()
        parameters.put(db, name, {**old, **value}, valid_from=valid_from, changed_by_id=actor.actor_id)
        later = f"，自 {formats.day(from_date)} 起" if valid_from > now and from_date else ""
        events.record(
            db, actor, "parameters.edited", now=now, entity="setting", summary=f"{group.label}{later}",
            before={label: before.get(label, "—") for label in changed}, after={label: after[label] for label in changed},
        )  # fmt: skip


def _view(db: Session, group: Group, *, now: datetime) -> GroupView:
    value = parameters.get(db, group.name, now=now)
    if group.name == "company":
        value.setdefault("name", settings().company_name)
    query = (
        sa.select(Setting, col(User.name))
        .outerjoin(User, col(User.id) == col(Setting.changed_by_id))
        .where(col(Setting.name) == group.name)
        .order_by(col(Setting.valid_from).desc())
        .limit(10)
    )
    history: list[Past] = []
    in_force = False
    for row, who in db.execute(query):
        state = "待生效" if row.valid_from > now else "已过去" if in_force else "生效中"
        in_force = in_force or state == "生效中"
        words = "；".join(
            f"{label} {text}" for label, text in _words(group, row.value).items() if text != "—"
        )
        history.append(Past(row.valid_from, who or "系统", words, state))
    return GroupView(
        group,
        {e.key: _text(e, value.get(e.key)) for e in group.entries},
        tuple(history),
        _stamp(db, group.name),
    )


def _stamp(db: Session, name: str) -> str:
    query = sa.select(sa.func.max(Setting.id), sa.func.max(Setting.valid_from)).where(
        col(Setting.name) == name
    )
    newest, at = db.execute(query).one()
    return f"{newest or 0}@{at.isoformat() if at else ''}"


def _text(entry: Entry, value: Any) -> str:
    """Return the text an input starts with."""
    if value in (None, "") or entry.kind == "password":
        return ""
    if isinstance(value, list):
        return " ".join(value)
    if entry.kind == "percent":
        return format((Decimal(str(value)) * 100).normalize(), "f")
    return format_plain(int(value)).replace(",", "") if entry.kind == "money" else str(value)


def _words(group: Group, value: Mapping[str, Any]) -> dict[str, str]:
    """Return Chinese labels to display texts, as history and log show them."""
    found = {}
    for entry in group.entries:
        raw = value.get(entry.key)
        if raw in (None, "", []):
            found[entry.label] = "—"
        elif isinstance(raw, list):
            found[entry.label] = "、".join(raw)
        elif entry.kind == "money":
            found[entry.label] = format_fen(int(raw))
        elif entry.kind == "percent":
            found[entry.label] = formats.percent(Decimal(str(raw)))
        else:
            found[entry.label] = dict(entry.options).get(str(raw), str(raw))
    return found


def _duplicates(texts: Mapping[str, str]) -> dict[str, Any]:
    return Rules.parse(texts).as_dict()


def _recycle(texts: Mapping[str, str]) -> dict[str, Any]:
    days = texts["days"]
    if not days.isascii() or not days.isdigit() or len(days) > 3 or not 7 <= int(days) <= 365:
        raise InvalidInput(fields={"days": "填 7 到 365 的整数"})
    return {"days": int(days)}


def _company(texts: Mapping[str, str]) -> dict[str, Any]:
    try:
        code = KINDS["uscc"].parse(texts["credit_code"])
    except InvalidInput as fault:
        raise InvalidInput(fields={"credit_code": fault.sentence}) from None
    return {**texts, "credit_code": code}


def _account(texts: Mapping[str, str]) -> dict[str, Any]:
    number = texts["number"].replace(" ", "").replace("-", "")
    if not re.fullmatch(r"[0-9]{6,30}", number):
        raise InvalidInput(fields={"number": "账号为 6 到 30 位数字"})
    return {**texts, "number": number}


def _lender(texts: Mapping[str, str]) -> dict[str, Any]:
    if texts["type"] not in dict(LENDER_TYPES):
        raise InvalidInput(fields={"type": "请选择出借主体的类型"})
    return dict(texts)


def _authority(texts: Mapping[str, str]) -> dict[str, Any]:
    first = parse_fen(texts["first_fen"], field="first_fen")
    second = parse_fen(texts["second_fen"], field="second_fen")
    if first <= 0:
        raise InvalidInput(fields={"first_fen": "金额要大于 0"})
    if second <= first:
        raise InvalidInput(fields={"second_fen": "复审最高金额要大于初审"})
    return {"first_fen": first, "second_fen": second}


def _waiver(texts: Mapping[str, str]) -> dict[str, Any]:
    return {"limit_fen": parse_fen(texts["limit_fen"], field="limit_fen")}


def _dispute(texts: Mapping[str, str]) -> dict[str, Any]:
    if texts["kind"] not in dict(DISPUTE_KINDS):
        raise InvalidInput(fields={"kind": "请选择诉讼或仲裁"})
    return dict(texts)


def _contract_code(texts: Mapping[str, str]) -> dict[str, Any]:
    if not re.fullmatch(r"[A-Z]{2,6}", texts["company"]):
        raise InvalidInput(fields={"company": "公司代码为 2 到 6 个大写字母"})
    return dict(texts)


def _signing(texts: Mapping[str, str]) -> dict[str, Any]:
    days = texts["link_days"]
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= 30):
        raise InvalidInput(fields={"link_days": "填 1 到 30 之间的整数"})
    address = check_url(texts["tsa_url"], field="tsa_url") if texts["tsa_url"] else ""
    provider, url = texts["provider"] or providers.BUILTIN, texts["provider_url"]
    if provider not in dict(PROVIDERS):
        raise InvalidInput(fields={"provider": "请选择在哪里签"})
    if provider != providers.BUILTIN and not url:
        raise InvalidInput(fields={"provider_url": "填第三方的接口地址"})
    url = check_url(url, field="provider_url").rstrip("/") if url else ""
    return {"link_days": int(days), "tsa_url": address, "provider": provider, "provider_url": url}


def _collections(texts: Mapping[str, str]) -> dict[str, Any]:
    rules = ContactRules.parse({key: text.zfill(5) if ":" in text else text for key, text in texts.items()})
    clocks = {"quiet_from": f"{rules.quiet_from:%H:%M}", "quiet_to": f"{rules.quiet_to:%H:%M}"}
    return {**{key: getattr(rules, key) for key in texts}, **clocks}


def _messages(texts: Mapping[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = {
        key: f"{clock_time(texts[key], key):%H:%M}" for key in ("quiet_from", "quiet_to")
    }
    for key in ("marketing_per_day", "marketing_per_week"):
        if not re.fullmatch(r"[0-9]{1,3}", texts[key], re.ASCII):
            raise InvalidInput(fields={key: "填 0 到 999 的整数"})
        value[key] = int(texts[key])
    return value


_CHECKS: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
    "company": _company, "repayment_account": _account, "lender": _lender, "approval_authority": _authority,
    "waiver_authority": _waiver, "dispute": _dispute, "contract_code": _contract_code,
    "first_response": check_response, "public_pool": check_pool, "calendar": check_calendar,
    "tasks": check_task_rules,
    "messages": _messages,
    "collections": _collections, "signing": _signing, "duplicates": _duplicates, "recycle": _recycle,
}  # fmt: skip
