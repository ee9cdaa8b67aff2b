"""The rules of assignment as one document 分配规则: what a draft holds, a version freezes and a rollback brings back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

MAX_RULES = 50
MAX_CANDIDATES = 60
MAX_WEIGHT = 100
MAX_CAP = 9_999
MAX_NAME = 30


class Strategy(Choice):
    """How one of several candidates is chosen 分配方式."""

    ROUND_ROBIN = "round_robin", "轮流"
    WEIGHTED = "weighted", "按权重轮流"
    LOAD = "load", "给手上最少的人"
    RANDOM = "random", "按权重随机"


class CandidateKind(Choice):
    """Who may be a candidate."""

    USER = "user", "员工"
    DEPARTMENT = "department", "部门"
    SKILL = "skill", "技能组"


class Hours(Choice):
    """When a rule hands out leads."""

    ANY = "any", "任何时间"
    WORKING = "working", "只在工作时间"


class Fallback(Choice):
    """What happens when a rule applies and nobody of its candidates can take the lead."""

    NEXT_RULE = "next_rule", "试下一条规则"
    TEAM_LEAD = "team_lead", "交给主管"
    POOL = "pool", "放入公海"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, a department (with those below) or a skill group; ``weight`` counts for each of its people."""

    kind: CandidateKind
    id: int
    weight: int = 1


@dataclass(frozen=True)
class Rule:
    """One rule: which leads, whom to, how; ``key`` stays over versions, so that turns go on."""

    key: str
    name: str
    criteria: Mapping[str, Any] = field(default_factory=dict)
    strategy: Strategy = Strategy.ROUND_ROBIN
    candidates: tuple[Candidate, ...] = ()
    hours: Hours = Hours.ANY
    fallback: Fallback = Fallback.NEXT_RULE
    active: bool = True


@dataclass(frozen=True)
class Document:
    """All rules in the order they are asked, and what holds for everybody.

    ``daily_cap`` and ``open_cap`` are the caps of whoever has none of the own; 0 means no cap. ``own_entry``:
    whether what a salesperson enters goes through the rules too instead of staying with that person.
    """

    rules: tuple[Rule, ...] = ()
    daily_cap: int = 0
    open_cap: int = 0
    own_entry: bool = False
    recycled: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the document to be stored."""
        return {
            "daily_cap": self.daily_cap, "open_cap": self.open_cap, "own_entry": self.own_entry,
            "recycled": self.recycled,
            "rules": [
                {
                    "key": rule.key, "name": rule.name, "criteria": dict(rule.criteria),
                    "strategy": rule.strategy.value, "hours": rule.hours.value, "fallback": rule.fallback.value,
                    "active": rule.active,
                    "candidates": [
                        {"kind": one.kind.value, "id": one.id, "weight": one.weight} for one in rule.candidates
                    ],
                }
                for rule in self.rules
            ],
        }  # fmt: skip

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> Document:
        """Return what was stored; written by :meth:`as_json`, so nothing is checked."""
        return cls(
            rules=tuple(_stored_rule(one) for one in raw.get("rules", ())),
            daily_cap=int(raw.get("daily_cap", 0)), open_cap=int(raw.get("open_cap", 0)),
            own_entry=bool(raw.get("own_entry")), recycled=bool(raw.get("recycled")),
        )  # fmt: skip

    def faults(self) -> dict[str, str]:
        """Return what keeps the document from being published, by place: ``rules`` or a rule's key."""
        found: dict[str, str] = {}
        active = [rule for rule in self.rules if rule.active]
        if not active:
            found["rules"] = "至少要有一条启用的规则"
        for rule in active:
            if not rule.candidates:
                found[rule.key] = f"规则「{rule.name}」还没有接单的人"
        return found


def _stored_rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(
        key=str(raw["key"]), name=str(raw["name"]), criteria=raw.get("criteria") or {},
        strategy=Strategy(raw["strategy"]), hours=Hours(raw["hours"]), fallback=Fallback(raw["fallback"]),
        active=bool(raw.get("active", True)),
        candidates=tuple(
            Candidate(CandidateKind(one["kind"]), int(one["id"]), int(one["weight"])) for one in raw["candidates"]
        ),
    )  # fmt: skip


def read_rule(
    *, key: str, name: str, criteria: Mapping[str, Any], strategy: str, hours: str, fallback: str,
    candidates: Sequence[tuple[str, int, int]], active: bool = True, taken: Sequence[str] = (),
) -> Rule:  # fmt: skip
    """Return a rule as a person put it together; ``candidates`` are (kind, id, weight), ``taken`` the other names.

    Raises:
        InvalidInput: a sentence for each part at fault.
    """
    faults: dict[str, str] = {}
    name = name.strip()
    if not name:
        faults["name"] = "给规则起个名字"
    elif len(name) > MAX_NAME:
        faults["name"] = f"名字最多 {MAX_NAME} 个字，现在 {len(name)} 个"
    elif name in taken:
        faults["name"] = "已经有一条规则叫这个名字"
    chosen, time, then = Strategy.find(strategy), Hours.find(hours), Fallback.find(fallback)
    for place, found in (("strategy", chosen), ("hours", time), ("fallback", then)):
        if found is None:
            faults[place] = "没有这个选项"
    if len(candidates) > MAX_CANDIDATES:
        faults["candidates"] = f"一条规则最多选 {MAX_CANDIDATES} 项，多的请建成技能组或选部门"
    read: list[Candidate] = []
    for kind_text, number, weight in candidates:
        kind = CandidateKind.find(kind_text)
        if kind is None:
            faults["candidates"] = "没有这种接单的人"
        elif not 1 <= weight <= MAX_WEIGHT:
            faults["candidates"] = f"权重填 1 到 {MAX_WEIGHT} 的整数"
        else:
            read.append(Candidate(kind, number, weight))
    if len({(one.kind, one.id) for one in read}) < len(read):
        faults["candidates"] = "同一个人或组选了两次"
    if faults or chosen is None or time is None or then is None:
        raise InvalidInput(fields=faults)
    return Rule(key, name, criteria, chosen, tuple(read), time, then, active)
