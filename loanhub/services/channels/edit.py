"""The list of channels and the form of one 渠道管理."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.channels import CODE, ChannelKind, CostModel, OwnerRule
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.money import format_fen, format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.models import Channel, User, WebhookEndpoint
from loanhub.services import consent_texts, events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.channels.links import link_of

READERS = (Permission.CHANNELS_EDIT, Permission.CHANNELS_COST)


class StaleChannel(Conflict):
    """Somebody changed this channel since its form was opened."""

    def __init__(self) -> None:
        super().__init__("这个渠道刚被别人改过，请看过最新内容再保存")


@dataclass(frozen=True)
class ChannelView:
    """A channel as the list and its form show it; ``price`` is one phrase, ``values`` what the form starts with."""

    id: int
    code: str
    label: str
    kind: str
    cost_model: str
    price: str
    owner: str
    consent: str
    link: str
    active: bool
    webhook: bool
    version: int
    values: dict[str, str]


@dataclass(frozen=True)
class ChannelForm:
    """The choices of the form: people who may own leads, versions of the consent texts."""

    people: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]


def list_channels(actor: Actor, *, now: datetime) -> tuple[list[ChannelView], ChannelForm]:
    """Return every channel in order, and the choices of the form.

    Raises:
        NotPermitted: the actor holds neither channels:edit nor channels:cost.
    """
    if not actor.can_any(*READERS):
        actor.require(Permission.CHANNELS_EDIT)
    with reading() as db:
        people = _people(db)
        names = dict(people)
        hooked = set(
            db.execute(
                sa.select(col(WebhookEndpoint.channel_code)).where(col(WebhookEndpoint.active))
            ).scalars()
        )
        rows = db.execute(
            sa.select(Channel).order_by(col(Channel.active).desc(), col(Channel.sort), col(Channel.id))
        )
        views = [_view(row, names, hooked) for row in rows.scalars()]
        return views, ChannelForm(people, consent_texts.versions(db))


def save(
    actor: Actor, *, channel_id: int, version: int, form: Mapping[str, str], key: str = "", now: datetime
) -> int:
    """Make a channel (``channel_id`` 0) or change one; returns its id. The code of a channel never changes.

    A lead that came in keeps the price of its day. A channel put out of use keeps its links working, so that a poster
    on a wall loses nobody.

    Raises:
        NotFound: no such channel.
        NotPermitted: the actor lacks channels:edit.
        StaleChannel: ``version`` is not the present one.
        InvalidInput: a sentence for each field at fault.
    """
    with transaction() as db:
        row = db.get(Channel, channel_id, with_for_update=True) if channel_id else None
        if channel_id and row is None:
            raise NotFound("没有这个渠道")
        actor.require(Permission.CHANNELS_EDIT)
        if row is not None and row.version != version:
            raise StaleChannel

        def work() -> dict[str, object]:
            return {"id": _write(db, actor, row, form, now=now)}

        request = [channel_id, version, dict(form)]
        return int(str(once(db, actor, "channels.save", key, request, now=now, work=work)["id"]))


def _write(db: Session, actor: Actor, row: Channel | None, form: Mapping[str, str], *, now: datetime) -> int:
    people = dict(_people(db))
    values = _checked(db, row, form, people)
    before = _words(row, people) if row is not None else {}
    if row is None:
        last = db.execute(sa.select(sa.func.max(Channel.sort))).scalar() or 0
        row = Channel(code=str(values["code"]), label="", sort=int(last) + 1)
    else:
        row.version += 1
    for name, value in values.items():
        setattr(row, name, value)
    db.add(row)
    db.flush()
    after = _words(row, people)
    changed = [label for label in after if before.get(label, "—") != after[label]]
    if changed:
        events.record(
            db, actor, "channel.edited", now=now, entity="channel", entity_id=row.id, summary=row.label,
            before={label: before.get(label, "—") for label in changed}, after={label: after[label] for label in changed},
        )  # fmt: skip
    return row.id or 0


def _checked(
    db: Session, row: Channel | None, form: Mapping[str, str], people: Mapping[str, str]
) -> dict[str, object]:
    text = {key: " ".join(str(form.get(key, "")).split()) for key in (
        "code", "label", "kind", "cost_model", "price", "owner_rule", "owner_id", "consent_version", "utm_source",
        "utm_medium", "utm_campaign", "note",
    )}  # fmt: skip
    faults: dict[str, str] = {}
    code = row.code if row is not None else text["code"].lower()
    if row is None and CODE.fullmatch(code) is None:
        faults["code"] = "代码用 2 到 32 个小写字母、数字或下划线，以字母开头"
    elif row is None and db.execute(sa.select(col(Channel.id)).where(col(Channel.code) == code)).first():
        faults["code"] = "这个代码已经有渠道在用"
    same = sa.select(col(Channel.id)).where(col(Channel.label) == text["label"])
    if row is not None:
        same = same.where(col(Channel.id) != row.id)
    if not 1 <= len(text["label"]) <= 40:
        faults["label"] = "请填写渠道名称，最多 40 个字"
    elif db.execute(same).first():
        faults["label"] = "已经有同名的渠道"
    kind, model, rule = (
        ChannelKind.find(text["kind"]),
        CostModel.find(text["cost_model"]),
        OwnerRule.find(text["owner_rule"]),
    )
    if kind is None:
        faults["kind"] = "请选择渠道类型"
    if model is None:
        faults["cost_model"] = "请选择计费方式"
    if rule is None:
        faults["owner_rule"] = "请选择分配去向"
    elif rule is OwnerRule.PERSON and text["owner_id"] not in people:
        faults["owner_id"] = "请选择负责人"
    price = 0
    if model in (CostModel.PER_LEAD, CostModel.PER_PAYOUT):
        try:
            price = parse_fen(text["price"] or "0", field="price")
        except InvalidInput as fault:
            faults.update(fault.fields)
    if text["consent_version"] and text["consent_version"] not in dict(consent_texts.versions(db)):
        faults["consent_version"] = "没有这个版本的授权文本"
    for key in ("utm_source", "utm_medium", "utm_campaign"):
        if len(text[key]) > 60:
            faults[key] = "最多 60 个字"
    if len(text["note"]) > 200:
        faults["note"] = "最多 200 个字"
    if faults or kind is None or model is None or rule is None:
        raise InvalidInput(fields=faults)
    owner: dict[str, object] = {"kind": rule.value}
    if rule is OwnerRule.PERSON:
        owner["user_id"] = int(text["owner_id"])
    return {
        "code": code, "label": text["label"], "kind": kind.value, "cost_model": model.value,
        "cost_per_lead_fen": price if model is CostModel.PER_LEAD else 0,
        "cost_per_payout_fen": price if model is CostModel.PER_PAYOUT else 0, "owner_rule": owner,
        "consent_version": text["consent_version"], "utm_source": text["utm_source"], "utm_medium": text["utm_medium"],
        "utm_campaign": text["utm_campaign"], "note": text["note"],
        "active": str(form.get("active", "")).lower() in ("on", "true", "1"),
    }  # fmt: skip


def _people(db: Session) -> tuple[tuple[str, str], ...]:
    """Return who may own leads: people at work with a role that edits them."""
    from loanhub.models import Role, UserRole

    query = (
        sa.select(col(User.id), col(User.name), col(Role.permissions))
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(User.active))
        .order_by(col(User.id))
    )
    found: dict[str, str] = {}
    for user_id, name, permissions in db.execute(query).all():
        if Permission.LEADS_EDIT.value in permissions:
            found[str(user_id)] = name
    return tuple(found.items())


def price_of(row: Channel) -> str:
    """Return the price as one phrase: 每条 ¥80.00, 每笔放款 ¥300.00, 按账单分摊, 不计费."""
    model = CostModel(row.cost_model)
    if model is CostModel.PER_LEAD:
        return f"每条 {format_fen(row.cost_per_lead_fen)}" if row.cost_per_lead_fen else "每条 ¥0.00"
    if model is CostModel.PER_PAYOUT:
        return f"每笔放款 {format_fen(row.cost_per_payout_fen)}"
    return "账单按条分摊" if model is CostModel.PER_MONTH else "不计费"


def _owner_words(row: Channel, people: Mapping[str, str]) -> str:
    rule = OwnerRule.find(str(row.owner_rule.get("kind", ""))) or OwnerRule.ENGINE
    if rule is not OwnerRule.PERSON:
        return rule.label
    return people.get(str(row.owner_rule.get("user_id", "")), "负责人已停用，按分配规则")


def _words(row: Channel, people: Mapping[str, str]) -> dict[str, str]:
    return {
        "渠道名称": row.label, "渠道类型": ChannelKind(row.kind).label, "计费方式": CostModel(row.cost_model).label,
        "价格": price_of(row), "分配去向": _owner_words(row, people), "授权文本": row.consent_version or "最新版本",
        "来源参数": " / ".join(t for t in (row.utm_source, row.utm_medium, row.utm_campaign) if t) or "—",
        "状态": "启用" if row.active else "停用", "备注": row.note or "—",
    }  # fmt: skip


def _view(row: Channel, people: Mapping[str, str], hooked: set[str]) -> ChannelView:
    rule = str(row.owner_rule.get("kind") or OwnerRule.ENGINE.value)
    price = row.cost_per_payout_fen if row.cost_model == CostModel.PER_PAYOUT.value else row.cost_per_lead_fen
    values = {
        "code": row.code, "label": row.label, "kind": row.kind, "cost_model": row.cost_model,
        "price": format_plain(price).replace(",", "") if price else "", "owner_rule": rule,
        "owner_id": str(row.owner_rule.get("user_id", "")), "consent_version": row.consent_version,
        "utm_source": row.utm_source, "utm_medium": row.utm_medium, "utm_campaign": row.utm_campaign,
        "note": row.note, "active": "true" if row.active else "",
    }  # fmt: skip
    return ChannelView(
        id=row.id or 0, code=row.code, label=row.label, kind=ChannelKind(row.kind).label,
        cost_model=CostModel(row.cost_model).label, price=price_of(row), owner=_owner_words(row, people),
        consent=row.consent_version or "最新版本", link=link_of(row), active=row.active, webhook=row.code in hooked,
        version=row.version, values=values,
    )  # fmt: skip
