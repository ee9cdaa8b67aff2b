"""Follow-up sequences 跟进节奏: steps with waits, who enters, who leaves; as a document, pure.

A wait counts from when the step before was done (the first from entering), so nothing piles up. Source: lending-domain.md §5.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from loanhub.domain.calendar import Overrides
from loanhub.domain.catalogue.choices import TaskKind
from loanhub.domain.choice import Choice
from loanhub.domain.public_pool import Clock, advance

MAX_STEPS = 30
MAX_SOPS = 50


class Trigger(Choice):
    """What lets a record into a sequence 进入时机; each but the last two is an event."""

    CREATED = "created", "新线索进来"
    ASSIGNED = "assigned", "分到负责人"
    MOVED = "moved", "阶段变化"
    REPEATED = "repeated", "重复进线"
    TALKED = "talked", "有了跟进"
    DISBURSED = "disbursed", "放款"
    SETTLED = "settled", "结清"
    REJECTED = "rejected", "审批拒绝"
    DAILY = "daily", "每天检查一次"
    HAND = "hand", "只由人手动加入"


EVENTS: Mapping[Trigger, tuple[str, ...]] = {
    Trigger.CREATED: ("lead.created", "lead.imported"),
    Trigger.ASSIGNED: ("lead.assigned", "lead.claimed", "lead.created", "lead.imported"),
    Trigger.MOVED: ("lead.moved",),
    Trigger.REPEATED: ("lead.repeated",),
    Trigger.TALKED: ("interaction.recorded",),
    Trigger.DISBURSED: ("loan.disbursed",),
    Trigger.SETTLED: ("loan.settled",),
    Trigger.REJECTED: ("application.rejected",),
}
"""The events of each trigger; a lead may come in with its owner, so that its coming is also its assignment."""
OFFERED: Mapping[str, tuple[Trigger, ...]] = {
    "lead": (
        Trigger.CREATED, Trigger.ASSIGNED, Trigger.MOVED, Trigger.REPEATED, Trigger.TALKED, Trigger.DAILY, Trigger.HAND,
    ),
    "customer": (
        Trigger.DISBURSED, Trigger.SETTLED, Trigger.REJECTED, Trigger.TALKED, Trigger.DAILY, Trigger.HAND,
    ),
}  # fmt: skip


class StepKind(Choice):
    """What a step does 步骤类型."""

    TASK = "task", "待办"
    MESSAGE = "message", "发消息（话术）"
    REMINDER = "reminder", "提醒"


class Unit(Choice):
    """What a wait is counted in."""

    MINUTE = "minute", "分钟"
    HOUR = "hour", "小时"
    DAY = "day", "天"


class SopClock(Choice):
    """How a wait and a deadline pass 计时方式."""

    NATURAL = "natural", "自然时间"
    WORKING = "working", "工作时间"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: wait, then a to-do, a message to send, or a reminder; ``due_hours`` are given to do it, 0 for no deadline."""

    key: str
    title: str
    kind: StepKind = StepKind.TASK
    task_kind: TaskKind = TaskKind.FOLLOW_UP
    script: str = ""
    wait: int = 0
    unit: Unit = Unit.DAY
    clock: SopClock = SopClock.NATURAL
    due_hours: int = 4
    priority: int = 2

    def begins_at(self, after: datetime, overrides: Overrides | None = None) -> datetime:
        """Return when the step begins, counted from ``after``; a working day is nine hours of working time."""
        working = self.clock is SopClock.WORKING
        hours = {
            Unit.MINUTE: Fraction(self.wait, 60),
            Unit.HOUR: Fraction(self.wait),
            Unit.DAY: Fraction(self.wait * (9 if working else 24)),
        }[self.unit]
        if not hours:
            return after
        return advance(after, hours, Clock.WORKING if working else Clock.NATURAL, overrides)

    def due_at(self, begun: datetime, overrides: Overrides | None = None) -> datetime | None:
        """Return the deadline of a step begun then, always in working time: what begins at night is due in the day."""
        return advance(begun, self.due_hours, Clock.WORKING, overrides) if self.due_hours else None

    @property
    def wait_words(self) -> str:
        """Return the wait as it reads: 立即, 3 天后, 2 个工作小时后."""
        if not self.wait:
            return "立即"
        working = self.clock is SopClock.WORKING
        unit = {Unit.MINUTE: "分钟", Unit.HOUR: "个工作小时" if working else "小时",
                Unit.DAY: "个工作日" if working else "天"}[self.unit]  # fmt: skip
        return f"{self.wait} {unit}后"

    def as_json(self) -> dict[str, object]:
        """Return what is stored."""
        return {
            "key": self.key, "title": self.title, "kind": self.kind.value, "task_kind": self.task_kind.value,
            "script": self.script, "wait": self.wait, "unit": self.unit.value, "clock": self.clock.value,
            "due_hours": self.due_hours, "priority": self.priority,
        }  # fmt: skip

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> Step:
        """Return a stored step."""
        return cls(
            str(raw["key"]), str(raw["title"]), StepKind(raw["kind"]), TaskKind(raw["task_kind"]), str(raw["script"]),
            int(raw["wait"]), Unit(raw["unit"]), SopClock(raw["clock"]), int(raw["due_hours"]), int(raw["priority"]),
        )  # fmt: skip


def read_step(texts: Mapping[str, str], *, key: str) -> tuple[Step | None, dict[str, str]]:
    """Return the step a form describes, or None and a sentence for each field at fault."""
    faults: dict[str, str] = {}
    title, script = texts.get("title", "").strip(), texts.get("script", "").strip()
    if not title or len(title) > 60:
        faults["title"] = "写一下这一步做什么" if not title else "最多 60 个字"
    if len(script) > 1000:
        faults["script"] = f"最多 1000 个字，现在 {len(script)} 个"
    kind, task_kind = (
        StepKind.find(texts.get("kind", "")),
        TaskKind.find(texts.get("task_kind") or "follow_up"),
    )
    unit, clock = Unit.find(texts.get("unit", "")), SopClock.find(texts.get("clock", ""))
    for name, found in (("kind", kind), ("task_kind", task_kind), ("unit", unit), ("clock", clock)):
        if found is None:
            faults[name] = "没有这个选项"
    if kind is StepKind.MESSAGE:
        task_kind = TaskKind.MESSAGE
        if not script:
            faults["script"] = "写一下要发的话"
    wait = _whole(texts.get("wait", ""), 525_600)
    if wait is None or (unit is Unit.DAY and wait > 365):
        faults["wait"] = "填 0 到 365 天以内的整数"
    due_hours = _whole(texts.get("due_hours", ""), 720)
    if due_hours is None:
        faults["due_hours"] = "填 0 到 720 的整数，0 是不限"
    priority = _whole(texts.get("priority") or "2", 3)
    if not priority:
        faults["priority"] = "没有这个优先级"
    if (
        faults or kind is None or task_kind is None or unit is None or clock is None or wait is None
        or due_hours is None or priority is None
    ):  # fmt: skip
        return None, faults
    return Step(key, title, kind, task_kind, script, wait, unit, clock, due_hours, priority), {}


def _whole(text: str, most: int) -> int | None:
    plain = str(text).strip().replace(",", "")
    if not plain.isascii() or not plain.isdigit() or len(plain) > 7 or int(plain) > most:
        return None
    return int(plain)


@dataclass(frozen=True, slots=True)
class Document:
    """A sequence: what lets in, which records, when they leave, what is done.

    ``rest_days`` must pass since the last time a record left before it enters again; 0 lets each in only once.
    ``per_day`` is how many a person at most gets a day from a daily check (0 for no limit).
    ``on_reply`` ends it when the person was reached or answered since entering, ``on_stage`` when the stage changes.
    """

    trigger: Trigger = Trigger.CREATED
    criteria: Mapping[str, Any] = field(default_factory=dict)
    leave: Mapping[str, Any] = field(default_factory=dict)
    on_reply: bool = False
    on_stage: bool = False
    rest_days: int = 0
    per_day: int = 20
    steps: tuple[Step, ...] = ()

    def faults(self, entity: str) -> list[str]:
        """Return why it cannot be published; empty when it can."""
        found = []
        if not self.steps:
            found.append("还没有步骤")
        if self.trigger not in OFFERED.get(entity, ()):
            found.append("请选择进入时机")
        if self.trigger is Trigger.DAILY and not self.criteria:
            found.append("每天检查的节奏要有进入条件，否则所有人都会进来")
        return found

    def as_json(self) -> dict[str, object]:
        """Return what is stored."""
        return {
            "trigger": self.trigger.value, "criteria": dict(self.criteria), "leave": dict(self.leave),
            "on_reply": self.on_reply, "on_stage": self.on_stage, "rest_days": self.rest_days, "per_day": self.per_day,
            "steps": [step.as_json() for step in self.steps],
        }  # fmt: skip

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> Document:
        """Return a stored document; nothing stored is an empty one."""
        if not raw:
            return cls()
        return cls(
            Trigger(raw["trigger"]), dict(raw["criteria"]), dict(raw["leave"]), bool(raw["on_reply"]),
            bool(raw["on_stage"]), int(raw["rest_days"]), int(raw["per_day"]), tuple(Step.of_json(one) for one in raw["steps"]),
        )  # fmt: skip


def position(step: int, steps: Sequence[Step]) -> str:
    """Return where a record stands: 第 2 步/共 5 步：三天后再联系; ``step`` counts those that have begun."""
    if not steps:
        return ""
    number = min(max(step, 1), len(steps))
    return f"第 {number} 步/共 {len(steps)} 步：{steps[number - 1].title}"
