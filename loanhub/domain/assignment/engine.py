"""Who gets a lead: rules in order, candidates who can take it, one of them by strategy, and why in one sentence."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from loanhub.domain.assignment.document import Fallback, Hours, Rule, Strategy
from loanhub.domain.assignment.turn import Turn
from loanhub.domain.calendar import SHANGHAI, WORK_ENDS, WORK_STARTS, Overrides, is_business_day
from loanhub.domain.choice import Choice

MAX_REASON = 200
"""What the lead's column holds."""


class Outcome(Choice):
    """Where a lead went."""

    RULE = "rule", "按规则"
    TEAM_LEAD = "team_lead", "交给主管"
    POOL = "pool", "公海"


@dataclass(slots=True)
class Person:
    """Somebody who may be given leads, and how much is on the desk; ``open`` and ``taken`` rise with each decision.

    A cap of 0 is none. ``away`` are leaves, each from (inclusive) until (exclusive). ``taken`` counts the leads the
    engine gave on each day in Shanghai.
    """

    id: int
    name: str
    department_id: int | None = None
    daily_cap: int = 0
    open_cap: int = 0
    open: int = 0
    taken: dict[date, int] = field(default_factory=dict)
    away: tuple[tuple[datetime, datetime], ...] = ()
    paused: bool = False

    def hindered(self, now: datetime, day: date) -> str:
        """Return why this person can take no lead now, or an empty text."""
        if self.paused:
            return "暂停接单"
        for start, end in self.away:
            if start <= now < end:
                return "请假"
        if self.daily_cap and self.taken.get(day, 0) >= self.daily_cap:
            return "今天已满"
        if self.open_cap and self.open >= self.open_cap:
            return "手上已满"
        return ""


@dataclass(frozen=True)
class Team:
    """A rule ready to be asked: its people with their weights, the team leads behind them, how its condition reads."""

    rule: Rule
    people: tuple[tuple[int, int], ...]
    leads: tuple[int, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a lead goes and why; ``owner_id`` None is the public pool."""

    owner_id: int | None
    outcome: Outcome
    rule_key: str
    rule_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Able:
    """Who of a rule's people could take a lead at a moment, with their weights, and what hinders the others."""

    asked: tuple[datetime, frozenset[int]]
    people: list[tuple[int, int]]
    ids: tuple[int, ...]
    hindered: str


@dataclass
class Engine:
    """The rules in force with their turns and people; asked lead after lead, it keeps count itself."""

    teams: Sequence[Team]
    people: Mapping[int, Person]
    turns: dict[str, Turn]
    seed: str
    overrides: Overrides | None = None
    _found: dict[str, _Able] = field(default_factory=dict, repr=False, compare=False)
    """Who can take leads of a rule, by its key; good until somebody becomes full."""

    def decide(
        self, applies: Callable[[Rule], bool], *, now: datetime, besides: frozenset[int] = frozenset()
    ) -> Decision:
        """Return whose a lead is to be and count it; ``besides`` are people who may not get it (the former owner).

        Rules are asked in order; the first that applies and has somebody decides. A rule without anybody does
        as its fallback says; after the last one the lead goes to the pool.
        """
        local = now.astimezone(SHANGHAI)
        day = local.date()
        passed: list[str] = []
        for place, team in enumerate(self.teams, start=1):
            rule = team.rule
            if not rule.active or not applies(rule):
                continue
            title = f"规则 {place}「{rule.name}」"
            if rule.hours is Hours.WORKING and not self._is_open(local):
                passed.append(f"{title}只在工作时间分配")
                continue
            found = self._found.get(rule.key)
            if found is None or found.asked != (now, besides):
                found = self._found[rule.key] = self._able(team, now, day, besides)
            if found.people:
                chosen, how = self._choose(rule, found)
                self._count(chosen, now, day)
                why = f"（{team.sentence}）" if team.sentence else ""
                return Decision(
                    chosen, Outcome.RULE, rule.key, rule.name, _said(passed, f"{title}{why}：{how}")
                )
            passed.append(f"{title}没有人能接（{found.hindered}）")
            if rule.fallback is Fallback.TEAM_LEAD:
                for lead_id in team.leads:
                    lead = self.people.get(lead_id)
                    if lead is not None and lead_id not in besides and not _is_away(lead, now):
                        self._count(lead_id, now, day)
                        return Decision(
                            lead_id,
                            Outcome.TEAM_LEAD,
                            rule.key,
                            rule.name,
                            _said(passed, f"交给主管{lead.name}"),
                        )
                passed.append("主管也不在")
            if rule.fallback is not Fallback.NEXT_RULE:
                return Decision(None, Outcome.POOL, rule.key, rule.name, _said(passed, "放入公海"))
        if not passed:
            passed.append("没有规则适用" if self.teams else "还没有启用分配规则")
        return Decision(None, Outcome.POOL, "", "", _said(passed, "放入公海"))

    def _is_open(self, local: datetime) -> bool:
        return is_business_day(local.date(), self.overrides) and WORK_STARTS <= local.time() < WORK_ENDS

    def _able(self, team: Team, now: datetime, day: date, besides: frozenset[int]) -> _Able:
        able: list[tuple[int, int]] = []
        hindered: Counter[str] = Counter()
        for person_id, weight in team.people:
            person = self.people.get(person_id)
            why = (
                "已离职"
                if person is None
                else "原负责人"
                if person_id in besides
                else person.hindered(now, day)
            )
            if why:
                hindered[why] += 1
            else:
                able.append((person_id, weight))
        said = "、".join(f"{number} 人{why}" for why, number in hindered.items())
        return _Able((now, besides), able, tuple(one for one, _ in able), said or "没有候选人")

    def _choose(self, rule: Rule, found: _Able) -> tuple[int, str]:
        able = found.people
        turn = self.turns.setdefault(rule.key, Turn())
        if rule.strategy is Strategy.LOAD:
            chosen = min(able, key=lambda one: (self.people[one[0]].open, one[0]))[0]
            turn.drawn += 1
            person = self.people[chosen]
            return chosen, f"{person.name}手上最少（{person.open} 条在跟）"
        if rule.strategy is Strategy.RANDOM:
            turn.drawn += 1
            chosen = draw(f"{self.seed}:{rule.key}:{turn.drawn}", able)
            return chosen, f"随机抽中{self.people[chosen].name}（种子 {self.seed}，第 {turn.drawn} 次）"
        if rule.strategy is Strategy.ROUND_ROBIN:
            chosen = turn.take_evenly(found.ids)
            return chosen, f"轮流，轮到{self.people[chosen].name}（第 {turn.drawn} 条）"
        chosen = turn.take(able)
        weight, total = dict(able)[chosen], sum(weight for _, weight in able)
        return chosen, f"按权重轮到{self.people[chosen].name}（权重 {weight}/{total}，第 {turn.drawn} 条）"

    def _count(self, person_id: int, now: datetime, day: date) -> None:
        person = self.people[person_id]
        person.open += 1
        person.taken[day] = person.taken.get(day, 0) + 1
        if person.hindered(now, day):
            self._found.clear()


def _is_away(person: Person, now: datetime) -> bool:
    return any(start <= now < end for start, end in person.away)


def draw(text: str, weights: Sequence[tuple[int, int]]) -> int:
    """Return one of the people by weight; the same text always draws the same one, on every machine."""
    total = sum(weight for _, weight in weights)
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") % total
    for person, weight in weights:
        number -= weight
        if number < 0:
            return person
    raise AssertionError("weights add up")


def _said(passed: Sequence[str], last: str) -> str:
    """Return the whole reason in at most 200 characters; what was passed over is cut first, never the decision."""
    before = "；".join(passed)
    room = MAX_REASON - len(last) - 1
    if not before or room < 4:
        return last[:MAX_REASON]
    return (before if len(before) <= room else before[: room - 1] + "…") + "；" + last
