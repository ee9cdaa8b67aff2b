"""Whom a collector may contact, when and how often 催收行为规范; what breaks a rule is refused, not remarked.

Source: lending guide §8: 中国银行业协会《金融机构个人消费类贷款催收工作指引（试行）》2026-01-30 (no contact 22:00–08:00, unanswered
calls to one number at most 6 a day, third parties only when the debtor cannot be reached and never about the debt),
GB/T 45251-2025. Stricter than the guide and the firm's own: 3 answered calls a person a day, contacts a week.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.customers import RelationKind
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.formats import local


class Channel(Choice):
    """How somebody is contacted 联系方式."""

    CALL = "call", "电话"
    SMS = "sms", "短信"
    WECHAT = "wechat", "微信"
    LETTER = "letter", "函件"
    VISIT = "visit", "外访"


class Direction(Choice):
    """Who began 发起方."""

    OUT = "out", "我方联系"
    IN = "in", "对方来电来访"


class Party(Choice):
    """Whom one talked to 联系对象."""

    DEBTOR = "debtor", "本人"
    OBLIGOR = "obligor", "担保人"
    THIRD = "third", "联系人"


class Outcome(Choice):
    """What came of it 联系结果."""

    ANSWERED = "answered", "已接通"
    MISSED = "missed", "无人接听"
    DEAD = "dead", "空号停机"
    WRONG = "wrong", "号码不是本人"
    SENT = "sent", "已送达"
    PROMISED = "promised", "承诺还款"
    REFUSED = "refused", "拒绝还款"
    PAID = "paid", "称已还款"
    DISPUTED = "disputed", "对债务有异议"
    COMPLAINT = "complaint", "投诉"
    RELAYED = "relayed", "已请转告"
    DECLINED = "declined", "要求不再联系"


UNREACHED = frozenset({Outcome.MISSED, Outcome.DEAD, Outcome.WRONG})
"""Outcomes of a call that reached nobody, or not the person meant."""
GONE = frozenset({Outcome.DEAD, Outcome.WRONG})
"""Outcomes that say a number leads nowhere."""
WITH_DEBTOR = (
    Outcome.ANSWERED, Outcome.MISSED, Outcome.DEAD, Outcome.WRONG, Outcome.SENT, Outcome.PROMISED, Outcome.REFUSED,
    Outcome.PAID, Outcome.DISPUTED, Outcome.COMPLAINT,
)  # fmt: skip
WITH_THIRD = (Outcome.RELAYED, Outcome.DECLINED, Outcome.MISSED, Outcome.DEAD, Outcome.COMPLAINT)
"""What a contact with a third party may end in: it is asked to pass a message on, nothing else."""
OBLIGORS = frozenset({RelationKind.GUARANTOR})
"""Related parties who owe the debt themselves."""

LAW_QUIET_FROM, LAW_QUIET_TO = time(22, 0), time(8, 0)
LAW_UNANSWERED = 6
FORBIDDEN_WORDS = (
    "坐牢", "抓人", "抓你", "上门闹", "通知单位", "通知村委", "曝光", "黑社会", "法院传票", "通缉", "公安", "黑名单", "全家",
    "打断", "弄死", "爆通讯录",
)  # fmt: skip
"""Threats and pretended authority: a collector neither says nor writes them. Source: lending guide §8 敏感词."""
THIRD_PARTY_SCRIPT = (
    "您好，我是{company}的工作人员。麻烦您转告{name}方便时回电 {phone}。其他情况不便说明，打扰了。"
)
"""All that may be said to a third party: no debt, no amount, no days."""


class ContactRefused(Conflict):
    """The rules of conduct forbid this contact now."""


@dataclass(frozen=True)
class ContactRules:
    """The limits in force; times are those of China. Never laxer than the law (:meth:`parse` sees to it)."""

    quiet_from: time = LAW_QUIET_FROM
    quiet_to: time = LAW_QUIET_TO
    unanswered_per_number_day: int = LAW_UNANSWERED
    answered_per_person_day: int = 3
    contacts_per_person_week: int = 15
    third_party_days: int = 3
    third_party_per_week: int = 2
    complaint_hold_days: int = 7
    start_dpd: int = 1

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> ContactRules:
        """Return the rules a parameter holds.

        Raises:
            InvalidInput: by key: unreadable, or laxer than the law.
        """
        faults: dict[str, str] = {}
        default = cls()
        found: dict[str, Any] = {}
        for key, (low, high) in LIMITS.items():
            try:
                number = int(str(value.get(key, getattr(default, key))))
            except ValueError:
                faults[key] = "请填整数"
                continue
            found[key] = number
            if not low <= number <= high:
                faults[key] = f"要在 {low} 到 {high} 之间"
        for key in ("quiet_from", "quiet_to"):
            try:
                found[key] = time.fromisoformat(str(value.get(key, getattr(default, key))))
            except ValueError:
                faults[key] = "时间写成 22:00"
        if "quiet_from" in found and not time(17, 0) <= found["quiet_from"] <= LAW_QUIET_FROM:
            faults["quiet_from"] = "不能晚于 22:00，也不能早于 17:00"
        if "quiet_to" in found and not LAW_QUIET_TO <= found["quiet_to"] <= time(12, 0):
            faults["quiet_to"] = "不能早于 8:00，也不能晚于 12:00"
        if faults:
            raise InvalidInput(fields=faults)
        return cls(**found)

    def is_quiet(self, at: datetime) -> bool:
        """Return whether nobody may be contacted at this instant: from ``quiet_from`` on, before ``quiet_to``."""
        clock = local(at).time()
        return clock >= self.quiet_from or clock < self.quiet_to

    @property
    def hours_text(self) -> str:
        """Return when contact is allowed: 8:00–22:00."""
        return f"{clock_text(self.quiet_to)}–{clock_text(self.quiet_from)}"


LIMITS: dict[str, tuple[int, int]] = {
    "unanswered_per_number_day": (1, LAW_UNANSWERED),
    "answered_per_person_day": (1, 3),
    "contacts_per_person_week": (1, 21),
    "third_party_days": (3, 30),
    "third_party_per_week": (0, 3),
    "complaint_hold_days": (7, 90),
    "start_dpd": (1, 30),
}
"""The least and the most an administrator may set."""


def clock_text(clock: time) -> str:
    """Return a time of day as it is said: 8:00, 22:00."""
    return f"{clock.hour}:{clock.minute:02d}"


@dataclass(frozen=True, slots=True)
class Past:
    """One contact that was. ``person`` is ``debtor`` or ``r<relation id>``; ``number`` a blind index, or empty.

    An outgoing call whose outcome nobody has entered yet counts as one that reached nobody.
    """

    at: datetime
    channel: Channel
    direction: Direction
    party: Party
    person: str
    number: str
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Wish:
    """A contact somebody is about to make."""

    channel: Channel
    party: Party
    person: str = "debtor"
    number: str = ""
    direction: Direction = Direction.OUT


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a person was contacted: unanswered calls to the number today, answered today, contacts in 7 days."""

    unanswered: int
    answered: int
    week: int


def count(wish: Wish, history: Iterable[Past], *, now: datetime) -> Counts:
    """Return the counts the rules look at for this person and number."""
    today, week_ago = local(now).date(), local(now).date() - timedelta(days=6)
    unanswered = answered = week = 0
    for one in history:
        if one.direction is Direction.IN or one.at > now:
            continue
        day = local(one.at).date()
        same_number = bool(wish.number) and one.number == wish.number
        call = one.channel is Channel.CALL
        if call and day == today and same_number and _unreached(one):
            unanswered += 1
        if one.person != wish.person or day < week_ago:
            continue
        if one.channel is not Channel.LETTER:
            week += 1
        if day == today and one.channel in (Channel.CALL, Channel.VISIT) and not _unreached(one):
            answered += 1
    return Counts(unanswered, answered, week)


def refusal(
    rules: ContactRules,
    wish: Wish,
    history: Sequence[Past],
    *,
    now: datetime,
    hold: str = "",
) -> str:
    """Return in Chinese why this contact may not be made now; empty when it may.

    ``hold`` says why contact is suspended 停催. What the other side begins is never refused: it is only logged.
    """
    if wish.direction is Direction.IN:
        return ""
    if hold:
        return f"停催中（{hold}），不能主动联系；对方来电仍可登记"
    if wish.channel is not Channel.LETTER and rules.is_quiet(now):
        return (
            f"现在是 {clock_text(local(now).time())}，{clock_text(rules.quiet_from)} 到次日 {clock_text(rules.quiet_to)}"
            f" 不能联系；{clock_text(rules.quiet_to)} 以后再联系"
        )
    found = count(wish, history, now=now)
    who = "本人" if wish.party is Party.DEBTOR else "对方"
    if wish.channel is Channel.CALL and found.unanswered >= rules.unanswered_per_number_day:
        return f"这个号码今天已有 {found.unanswered} 次未接，到了每天 {rules.unanswered_per_number_day} 次的上限；明天再打"
    if wish.channel in (Channel.CALL, Channel.VISIT) and found.answered >= rules.answered_per_person_day:
        return f"今天已联系上{who} {found.answered} 次，到了每天 {rules.answered_per_person_day} 次的上限；明天再联系"
    if wish.channel is not Channel.LETTER and found.week >= rules.contacts_per_person_week:
        return f"7 天内已联系{who} {found.week} 次，到了每周 {rules.contacts_per_person_week} 次的上限"
    return _third_party_refusal(rules, wish, history, found, now=now) if wish.party is Party.THIRD else ""


def _third_party_refusal(
    rules: ContactRules, wish: Wish, history: Sequence[Past], found: Counts, *, now: datetime
) -> str:
    if any(one.person == wish.person and one.outcome is Outcome.DECLINED for one in history):
        return "这位联系人已要求不再联系"
    if wish.channel not in (Channel.CALL, Channel.SMS):
        return "对联系人只能打电话或发短信请其转告，不能上门、发函"
    if not is_unreachable(rules, history, now=now):
        return f"本人还联系得上：连续 {rules.third_party_days} 天打不通，或号码已停用，才可以请联系人转告"
    if found.week >= rules.third_party_per_week:
        return f"7 天内已联系这位联系人 {found.week} 次，到了每周 {rules.third_party_per_week} 次的上限"
    return ""


def is_unreachable(rules: ContactRules, history: Sequence[Past], *, now: datetime) -> bool:
    """Return whether the debtor cannot be reached 失联: the number leads nowhere, or days in a row without an answer.

    Days in a row are the last days on which calls were made, newest first, each with unanswered calls alone; any
    word from the debtor ends the row.
    """
    with_debtor = sorted(
        (
            one
            for one in history
            if one.person == "debtor"
            and one.at <= now
            and (one.direction is Direction.IN or one.channel in (Channel.CALL, Channel.VISIT))
        ),
        key=lambda one: one.at,
        reverse=True,
    )
    days: set[date] = set()
    for one in with_debtor:
        if one.direction is Direction.IN or (one.outcome is not None and one.outcome not in UNREACHED):
            break
        if one.outcome in GONE:
            return True
        if one.outcome is Outcome.MISSED:
            days.add(local(one.at).date())
    return len(days) >= rules.third_party_days


def _unreached(one: Past) -> bool:
    return one.outcome is None or one.outcome in UNREACHED


def party_of(kind: str) -> Party:
    """Return what a related party is to a collector: a guarantor owes the debt, everybody else is a third party."""
    return Party.OBLIGOR if kind in OBLIGORS else Party.THIRD


def forbidden_in(text: str) -> str:
    """Return the first word of a text that a collector must not use, or an empty text."""
    return next((word for word in FORBIDDEN_WORDS if word in text), "")


def check_words(text: str, *, key: str = "note") -> None:
    """Return quietly when a text may be said or written to somebody.

    Raises:
        InvalidInput: naming ``key``, with the word that must go.
    """
    word = forbidden_in(text)
    if word:
        raise InvalidInput(fields={key: f"不能出现「{word}」这样的字眼，请如实、平和地写"})


def outcomes_for(party: Party, channel: Channel) -> tuple[Outcome, ...]:
    """Return what a contact with somebody through a channel may end in."""
    third = party is Party.THIRD
    if channel in (Channel.SMS, Channel.LETTER, Channel.WECHAT):
        more = (Outcome.DECLINED,) if third else (Outcome.PROMISED, Outcome.DISPUTED)
        return (Outcome.SENT, *more, Outcome.COMPLAINT)
    return WITH_THIRD if third else tuple(one for one in WITH_DEBTOR if one is not Outcome.SENT)
