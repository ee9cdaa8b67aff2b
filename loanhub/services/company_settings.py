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
from loanhub.domain.caps import LenderType
from loanhub.domain.catalogue.kinds import KINDS
from loanhub.domain.contact_rules import ContactRules
from loanhub.domain.duplicates import STOPPABLE, Key, Mode, Rules
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.messages import clock_time
from loanhub.domain.money import format_fen, format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import Clock
from loanhub.models import Setting, User
from loanhub.services import events, parameters
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import check_calendar, check_pool, check_response
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import providers
from loanhub.services.tasks._shared import check_rules as check_task_rules
from loanhub.settings import settings

DISPUTE_KINDS = (("court", "诉讼"), ("arbitration", "仲裁"))
LENDER_TYPES = tuple((one.value, one.label) for one in (LenderType.MICROLOAN, LenderType.PRIVATE))


PROVIDERS = (("builtin", "本系统"), ("http", "第三方电子签"))


CLOCKS = tuple((one.value, one.label) for one in Clock)
SWITCH = (("on", "开"), ("off", "关"))
WARNING = ((Mode.WARN.value, Mode.WARN.label), (Mode.OFF.value, Mode.OFF.label))
STOPPING = ((Mode.STOP.value, Mode.STOP.label), *WARNING)


class StaleParameters(Conflict):
    """Somebody set this group since the form was opened."""

    def __init__(self) -> None:
        super().__init__("这组参数刚被别人改过，请刷新后再改")


@dataclass(frozen=True)
class Entry:
    """One input of a group; ``kind`` is the form's (text, tel, money, percent, radio), ``dated`` groups take a day."""

    key: str
    label: str
    kind: str = "text"
    required: bool = False
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 100


@dataclass(frozen=True)
class Group:
    """Parameters stored under one name, edited together."""

    name: str
    label: str
    help: str
    entries: tuple[Entry, ...]
    dated: bool = False


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


GROUPS: tuple[Group, ...] = (
    Group(
        "company", "公司资料", "印在合同、明示表和还款计划上",
        (
            Entry("name", "公司全称", required=True),
            Entry("credit_code", "统一社会信用代码", required=True),
            Entry("legal_representative", "法定代表人", longest=40),
            Entry("address", "住所地"),
            Entry("phone", "联系电话", longest=30),
            Entry("complaint_phone", "投诉电话", longest=30, help="合同和明示表必须写明"),
            Entry("license_number", "经营许可证号", longest=60),
        ),
    ),
    Group(
        "repayment_account", "还款账户", "借款人把钱还到这里；印在合同和还款计划上",
        (
            Entry("holder", "户名", required=True),
            Entry("bank", "开户行", required=True),
            Entry("number", "账号", required=True, longest=30),
        ),
    ),
    Group(
        "lender", "出借主体", "决定自营贷款适用「利率与上限」里哪些综合融资成本上限；助贷产品按资方适用",
        (Entry("type", "类型", kind="radio", required=True, options=LENDER_TYPES),),
        dated=True,
    ),
    Group(
        "approval_authority", "审批权限", "按批复金额决定由哪一级审批",
        (
            Entry("first_fen", "初审最高金额", kind="money", required=True),
            Entry("second_fen", "复审最高金额", kind="money", required=True, help="更高的由终审决定"),
        ),
        dated=True,
    ),
    Group(
        "waiver_authority", "减免权限", "单笔减免不超过这个金额，有审批贷后变更权限的人可以批；更高的和减免本金须有审批核销的权限",
        (Entry("limit_fen", "单笔最高金额", kind="money", required=True),),
        dated=True,
    ),
    Group(
        "dispute", "争议解决", "印在合同的争议解决条款里",
        (
            Entry("kind", "方式", kind="radio", required=True, options=DISPUTE_KINDS),
            Entry("body", "管辖机构", required=True, help="例如 出借人住所地人民法院"),
        ),
    ),
    Group(
        "signing", "电子签署", "签署链接多久失效；时间戳向谁要（不填用系统自带的开发时间戳，不具法律效力）",
        (
            Entry("link_days", "签署链接有效天数", kind="integer", required=True, help="1 到 30 天"),
            Entry("tsa_url", "时间戳服务地址", help="RFC 3161，https:// 开头", longest=200),
            Entry("provider", "默认在哪里签", kind="radio", options=PROVIDERS),
            Entry("provider_url", "第三方接口地址", help="https:// 开头，接口约定见运维手册", longest=200),
            Entry("provider_secret", "第三方密钥", kind="password", help="whsec_ 开头；已保存的不再显示，不改就留空", longest=200),
        ),
    ),
    Group(
        "contract_code", "合同编号", "合同号以它开头，例如 CJ-JK-20260101-0001",
        (Entry("company", "公司代码", required=True, help="2 到 6 个大写字母", longest=6),),
    ),
    Group(
        "first_response", "首次联系时限", "新线索分到人之后多久要联系上；到点提醒负责人，超时升级给主管",
        (
            Entry("minutes", "时限（分钟）", kind="integer", required=True),
            Entry("remind_minutes", "提前多少分钟提醒", kind="integer", required=True),
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("escalate", "超时通知主管", kind="radio", required=True, options=SWITCH),
        ),
        dated=True,
    ),
    Group(
        "public_pool", "公海规则", "线索没人跟进时自动收回公海，认领有上限；从开启那一刻起算，不追溯",
        (
            Entry("recycle", "自动收回", kind="radio", required=True, options=SWITCH),
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("first_contact_hours", "分配后多少小时未联系就收回", kind="integer", required=True),
            Entry("no_follow_days", "多少天未跟进就收回", kind="integer", required=True),
            Entry("remind_days", "从第几天起提醒负责人和主管", kind="integer", required=True),
            Entry("cooldown_days", "原负责人多少天后才能再认领", kind="integer", required=True),
            Entry("daily_cap", "每人每天认领上限", kind="integer", required=True),
            Entry("owned_cap", "每人在跟上限", kind="integer", required=True, help="到了上限不能再认领"),
            Entry("lock_days", "锁定天数", kind="integer", required=True, help="锁定的线索这么多天内不收回"),
            Entry("lock_limit", "每人同时锁定几条", kind="integer", required=True),
        ),
    ),
    Group(
        "tasks", "待办", "剩余时间按什么算，超时多久告诉主管；跟进节奏里的待办总按工作时间",
        (
            Entry("clock", "计时方式", kind="radio", required=True, options=CLOCKS),
            Entry("escalate", "超时通知主管", kind="radio", required=True, options=SWITCH),
            Entry("escalate_minutes", "超时多少分钟后通知", kind="integer", required=True),
        ),
    ),
    Group(
        "duplicates", "查重规则", "拦截：不再新建，记为重复进线；提示：照常新建，这一对进「查重」待处理；证件号码不同的永远是两个人",
        (
            *(
                Entry(one.value, one.label, kind="radio", required=True, options=STOPPING if one in STOPPABLE else WARNING)
                for one in Key
            ),
            Entry("threshold", "多少分以上列为可能重复", kind="integer", required=True, help="40 到 100"),
            Entry("blind_per_day", "每人每天盲查重次数", kind="integer", required=True),
            Entry("undo_days", "合并后多少天内可撤销", kind="integer", required=True),
            Entry("protect_days", "裁定后默认保护天数", kind="integer", required=True),
        ),
    ),
    Group(
        "recycle", "回收站", "删除的内容先进回收站，到期彻底清除；有合同、贷款的客户不能删除",
        (Entry("days", "保留天数", kind="integer", required=True, help="7 到 365"),),
    ),
    Group(
        "messages", "营销消息", "发给客户的营销短信和邮件：什么时候不发，同一个人最多收几条；退订的人一条不发",
        (
            Entry("quiet_from", "每天几点后不发", required=True, help="例如 21:00", longest=5),
            Entry("quiet_to", "每天几点起才发", required=True, help="例如 09:00", longest=5),
            Entry("marketing_per_day", "同一人每天最多几条", kind="integer", required=True),
            Entry("marketing_per_week", "同一人 7 天内最多几条", kind="integer", required=True),
        ),
    ),
    Group(
        "calendar", "工作日历", "国务院放假安排已内置；公司自己的安排和还没公布的年份填在这里，首联时限、公海按它计时",
        (
            Entry("off", "放假", help="例如 2027-02-05 2027-02-06，用空格隔开", longest=2_000),
            Entry("worked", "上班（调休）", help="周末要上班的日子", longest=2_000),
        ),
    ),
    Group(
        "collections", "催收规则", "谁能联系、什么时候、多少次；只能比《催收工作指引》更严，越线的拨打和发信系统不放行",
        (
            Entry("quiet_to", "每天几点起可以联系", required=True, help="不早于 08:00", longest=5),
            Entry("quiet_from", "每天几点后不能联系", required=True, help="不晚于 22:00", longest=5),
            Entry("unanswered_per_number_day", "同一号码每天最多未接次数", kind="integer", required=True, help="最多 6 次"),
            Entry("answered_per_person_day", "同一人每天最多接通次数", kind="integer", required=True, help="最多 3 次"),
            Entry("contacts_per_person_week", "同一人 7 天内最多联系次数", kind="integer", required=True),
            Entry("third_party_days", "连续几天打不通才可请联系人转告", kind="integer", required=True, help="至少 3 天"),
            Entry("third_party_per_week", "同一联系人 7 天内最多次数", kind="integer", required=True, help="最多 3 次"),
            Entry("complaint_hold_days", "投诉后停催天数", kind="integer", required=True, help="至少 7 天"),
            Entry("start_dpd", "逾期第几天立案", kind="integer", required=True, help="宽限期过后起算"),
        ),
        dated=True,
    ),
)  # fmt: skip
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
