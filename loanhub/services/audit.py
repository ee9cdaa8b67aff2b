"""The audit log 操作日志: seal it into a hash chain, prove it whole, and read it.

``hash = SHA256(previous hash ‖ canonical event)``. The chain's head is written to a file outside the database
once an hour, so that cutting off the newest entries, or making the whole chain anew, is found too.
Source: security guide §6.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from loanhub.domain.events import EVENT_TYPES, EventGroup
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Event
from loanhub.repositories import audit as repository
from loanhub.repositories.audit import Filter
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import engine, reading, transaction
from loanhub.settings import settings

GENESIS = "0" * 64
BATCH = 2_000
ANCHOR_EVERY = timedelta(hours=1)
BREAKS_SHOWN = 20
PAGE_ROWS = 50
DAYS_SHOWN = 30
_COLUMNS = (
    "id", "type", "entity", "entity_id", "customer_id", "lead_id", "actor_id", "actor_name", "actor_role",
    "session_id", "ip", "at", "before", "after", "reason", "summary", "key",
)  # fmt: skip
ENTITIES = {
    "lead": "线索", "customer": "客户", "application": "申请", "contract": "合同", "loan": "贷款", "payment": "还款",
    "task": "待办", "document": "资料", "product": "产品", "user": "员工", "department": "部门", "pipeline": "看板",
    "field": "字段", "setting": "参数", "import": "导入", "view": "视图", "batch": "导入", "event": "日志", "role": "角色",
}  # fmt: skip
TABS: tuple[tuple[str, str], ...] = (
    ("", "全部"), ("sensitive", "敏感操作"), ("change", "数据变更"), ("login", "登录"), ("system", "规则与系统"),
)  # fmt: skip


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold."""

    sequence: int
    event_id: int
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the chain found; ``breaks`` lists the first of them, in chain order."""

    whole: bool
    checked: int
    unsealed: int
    head: str
    breaks: tuple[Break, ...]


@dataclass(frozen=True)
class ChainView:
    """The chain as the page's head shows it; ``days`` are the last thirty, oldest first, True where something is sealed."""

    sealed: int
    head: str
    head_at: datetime | None
    days: tuple[bool, ...]
    last_check: str
    last_check_at: datetime | None
    last_check_whole: bool


@dataclass(frozen=True)
class Entry:
    """One line of the log for the auditor; values in ``changes`` (label, before, after) are masked already."""

    id: int
    at: datetime
    actor: str
    role: str
    type: str
    label: str
    icon: str
    sensitive: bool
    refused: bool
    entity: str
    entity_id: int
    subject: str
    summary: str
    reason: str
    ip: str
    session: str
    changes: tuple[tuple[str, str, str], ...]
    sequence: int
    hash: str


@dataclass(frozen=True)
class Page:
    """A page of the log and how many lines there are in all."""

    entries: tuple[Entry, ...]
    total: int


@dataclass(frozen=True)
class Link:
    """A neighbour in the chain of one entry, with whether it fits the one before."""

    event_id: int
    hash: str
    fits: bool


def canonical(event: Mapping[str, Any]) -> bytes:
    """Return the bytes an event is sealed by: JSON of every column, keys sorted, instants in UTC."""
    values = {name: event[name] for name in _COLUMNS}
    values["at"] = event["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def link(previous: str, event: Mapping[str, Any]) -> str:
    """Return the hash that chains an event to the one before it."""
    return hashlib.sha256(previous.encode() + canonical(event)).hexdigest()


def seal(*, now: datetime, everything: bool = False) -> int:
    """Seal what is not sealed yet, in order of id; return how many. Safe in several workers at once.

    ``everything`` also looks for events committed very late; otherwise only near the newest one.
    """
    total = 0
    while True:
        with transaction() as db:
            repository.lock_sealer(db)
            head = repository.find_head(db)
            rows = repository.list_unsealed(db, everything=everything, limit=BATCH)
            if not rows:
                break
            sequence, previous = (head["sequence"], head["hash"]) if head else (0, GENESIS)
            seals: list[dict[str, object]] = []
            for row in rows:
                sequence, chained = sequence + 1, link(previous, row)
                seals.append(
                    {"event_id": row["id"], "sequence": sequence, "previous_hash": previous, "hash": chained,
                     "sealed_at": now}
                )  # fmt: skip
                previous = chained
            repository.add_seals(db, seals)
        total += len(seals)
        if len(seals) < BATCH:
            break
    if total:
        _anchor(sequence, previous, now=now)
    return total


def verify(actor: Actor, *, now: datetime) -> Verdict:
    """Check every link of the chain and the anchors outside the database, and record that it was checked.

    Raises:
        NotPermitted: the actor lacks audit:verify.
    """
    actor.require(Permission.AUDIT_VERIFY)
    seal(now=now, everything=True)
    breaks: list[Break] = []
    checked, sequence, previous = 0, 0, GENESIS
    while True:
        with reading() as db:
            batch = repository.list_sealed(db, after=sequence, limit=BATCH)
        for one, event in batch:
            sentence = _fault(one, event, expected=sequence + 1, previous=previous)
            if sentence and len(breaks) < BREAKS_SHOWN:
                breaks.append(Break(one["sequence"], one["event_id"], sentence))
            checked, sequence, previous = checked + 1, one["sequence"], one["hash"]
        if len(batch) < BATCH:
            break
    with reading() as db:
        breaks += _broken_anchors(db)
        unsealed = len(repository.list_unsealed(db, everything=True, limit=BATCH))
    verdict = Verdict(
        not breaks, checked, unsealed, previous if checked else "", tuple(breaks[:BREAKS_SHOWN])
    )
    with transaction() as db:
        found = "完整" if verdict.whole else f"断开，首处 {breaks[0].sentence}"
        events.record(
            db, actor, "audit.verified", now=now, entity="event", summary=f"{checked:,} 条，{found}",
            after={"结果": "完整" if verdict.whole else "断"},
        )  # fmt: skip
    return verdict


def chain(actor: Actor, *, now: datetime, zone_hours: int = 8) -> ChainView:
    """Return the state of the chain without checking it; days are counted in China (UTC+8).

    Raises:
        NotPermitted: the actor lacks audit:read.
    """
    actor.require(Permission.AUDIT_READ)
    local = now.astimezone(UTC) + timedelta(hours=zone_hours)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=zone_hours)
    with reading() as db:
        head = repository.find_head(db)
        starts = [midnight - timedelta(days=days) for days in reversed(range(DAYS_SHOWN))]
        days = tuple(repository.any_between(db, start, start + timedelta(days=1)) for start in starts)
        checks = repository.list_events(db, Filter(types={"audit.verified"}), offset=0, limit=1)
        last = checks[0] if checks else None
        return ChainView(
            sealed=repository.count_seals(db), head=head["hash"] if head else "",
            head_at=head["sealed_at"] if head else None, days=days, last_check=last.summary if last else "",
            last_check_at=last.at if last else None,
            last_check_whole=last is None or last.after.get("结果") == "完整",
        )  # fmt: skip


def list_entries(
    actor: Actor,
    *,
    text: str = "",
    tab: str = "",
    event_type: str = "",
    actor_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    offset: int = 0,
) -> Page:
    """Return a page of the log, newest first; ``actor_id`` 0 is the system, ``until`` is exclusive.

    Raises:
        NotPermitted: the actor lacks audit:read.
    """
    actor.require(Permission.AUDIT_READ)
    text = text.strip()[:60]
    wanted = Filter(
        text=text,
        also_types=[code for code, spec in EVENT_TYPES.items() if text and text in spec.label],
        types=[event_type] if event_type else _types_of(tab),
        actor_id=actor_id or None,
        by_system=actor_id == 0,
        since=since,
        until=until,
    )
    with reading() as db:
        rows = repository.list_events(db, wanted, offset=max(0, offset), limit=PAGE_ROWS)
        seals = repository.list_seals_of(db, [row.id or 0 for row in rows])
        names = repository.list_user_names(db, {row.entity_id or 0 for row in rows if row.entity == "user"})
        entries = tuple(_entry(row, seals.get(row.id or 0), names) for row in rows)
        return Page(entries, repository.count_events(db, wanted))


def links_of(actor: Actor, *, event_id: int) -> list[Link]:
    """Return the entry before, this one and the one after in the chain, each checked against its neighbour.

    Raises:
        NotPermitted: the actor lacks audit:read.
    """
    actor.require(Permission.AUDIT_READ)
    with reading() as db:
        own = repository.list_seals_of(db, [event_id]).get(event_id)
        if own is None:
            return []
        found = repository.list_sealed(db, after=max(0, own["sequence"] - 2), limit=3)
    links: list[Link] = []
    previous: str | None = None
    for one, event in found:
        if abs(one["sequence"] - own["sequence"]) > 1:
            continue
        start = one["previous_hash"] if previous is None else previous
        fits = event is not None and one["previous_hash"] == start and link(start, event) == one["hash"]
        links.append(Link(one["event_id"], one["hash"], fits))
        previous = one["hash"]
    return links


def list_people(actor: Actor) -> list[tuple[str, str]]:
    """Return (id, name) of everybody who did something; 0 is the system.

    Raises:
        NotPermitted: the actor lacks audit:read.
    """
    actor.require(Permission.AUDIT_READ)
    with reading() as db:
        return [("0", SYSTEM.name), *[(str(one), name) for one, name in repository.list_actors(db)]]


def _types_of(tab: str) -> list[str] | None:
    kinds = EVENT_TYPES.values()
    if tab == "sensitive":
        return [e.code for e in kinds if e.sensitive]
    if tab == "login":
        return [e.code for e in kinds if e.code.startswith("session.")]
    if tab == "system":
        return [e.code for e in kinds if e.group is EventGroup.SYSTEM]
    if tab == "change":
        return [e.code for e in kinds if e.group in (EventGroup.FLOW, EventGroup.MONEY)]
    return None


def _entry(event: Event, sealed: Mapping[str, Any] | None, names: Mapping[int, str]) -> Entry:
    view = events.EventView.of(event)
    roles = [
        role.label if (role := RoleCode.find(code)) else code for code in event.actor_role.split(",") if code
    ]
    kind = ENTITIES.get(event.entity, event.entity)
    number = names.get(event.entity_id or 0, "") if event.entity == "user" else ""
    number = number or (f"#{event.entity_id}" if event.entity_id else "")
    return Entry(
        id=view.id, at=view.at, actor=view.actor or SYSTEM.name, role="、".join(roles), type=view.type, label=view.label,
        icon=view.icon, sensitive=view.sensitive, refused=view.type == "session.refused", entity=event.entity,
        entity_id=event.entity_id or 0, subject=f"{kind} {number}".strip(),
        summary=view.summary, reason=view.reason, ip=event.ip,
        session=f"s-{event.session_id}" if event.session_id else "", changes=view.changes,
        sequence=sealed["sequence"] if sealed else 0, hash=sealed["hash"] if sealed else "",
    )  # fmt: skip


def _fault(one: Mapping[str, Any], event: Mapping[str, Any] | None, *, expected: int, previous: str) -> str:
    number = f"#{one['event_id']}"
    if one["sequence"] != expected:
        return f"第 {expected:,} 节到第 {one['sequence'] - 1:,} 节的封印缺失"
    if event is None:
        return f"{number} 的记录被删除"
    if one["previous_hash"] != previous:
        return f"{number} 的封印接不上前一条"
    if link(previous, event) != one["hash"]:
        return f"{number} 的内容与封印不符，记录被改过"
    return ""


def _chain_name() -> str:
    url = engine().url.render_as_string(hide_password=True)
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _anchor_file() -> Path:
    return settings().data_dir / "audit-anchors.jsonl"


def _anchors() -> list[dict[str, Any]]:
    """Return the anchors of this database's chain, oldest first; a line that cannot be read is no anchor."""
    path, name = _anchor_file(), _chain_name()
    found = []
    for text in path.read_text("utf-8").splitlines() if path.exists() else []:
        try:
            one = json.loads(text)
            if one["chain"] == name:
                found.append(
                    {"sequence": int(one["sequence"]), "hash": str(one["hash"]), "at": str(one["at"])}
                )
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _anchor(sequence: int, head: str, *, now: datetime) -> None:
    known = _anchors()
    if known and now - datetime.fromisoformat(known[-1]["at"]) < ANCHOR_EVERY:
        return
    line = {"chain": _chain_name(), "sequence": sequence, "hash": head, "at": now.astimezone(UTC).isoformat()}
    with _anchor_file().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _broken_anchors(db: Session) -> list[Break]:
    anchors = _anchors()
    if not anchors:
        return []
    stored = repository.list_seals_at(db, {one["sequence"] for one in anchors})
    breaks = []
    for one in anchors:
        present = stored.get(one["sequence"])
        if present is None:
            breaks.append(
                Break(one["sequence"], 0, f"第 {one['sequence']:,} 节之后被截短（库外存有更晚的链头）")
            )
        elif present != one["hash"]:
            breaks.append(Break(one["sequence"], 0, f"第 {one['sequence']:,} 节与库外留存的链头不符"))
    return breaks
