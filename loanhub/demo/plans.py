"""What is to become of each lead of the invented company: how many, of whom, when, and with what end.

Shares and rhythms: lending guide §11. Nothing is written here; ``history`` plays the plans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from loanhub.demo.company import Company
from loanhub.demo.people import People, Person
from loanhub.domain.calendar import SHANGHAI, add_months, is_business_day
from loanhub.services._actor import Actor

CHANNELS = (
    # code, share of leads, valid, funded
    ("douyin", 28, 42, 2.0), ("baidu_sem", 16, 55, 3.2), ("wechat_moments", 12, 48, 2.6), ("loan_market", 18, 25, 0.9),
    ("website", 6, 70, 6.0), ("referral", 8, 88, 20.0), ("telesales", 8, 35, 1.8), ("field", 4, 60, 6.0),
)  # fmt: skip
MONTH_WEIGHT = {2: 0.55, 3: 1.2, 6: 1.12, 10: 0.85, 12: 1.13}
HOUR_WEIGHTS = ((9, 6), (10, 12), (11, 11), (12, 4), (13, 5), (14, 8), (15, 12), (16, 11), (17, 8), (18, 5), (19, 5),
                (20, 4))  # fmt: skip
BEHAVIORS = (
    ("punctual", 62), ("early", 7), ("late_days", 8), ("prepaid", 6), ("partial", 3), ("overpaid", 2), ("reversed", 2),
)  # fmt: skip
OVERDUE = ("M1", "M2", "M3", "M3+")
OVERDUE_EACH = 9
DUE_TODAY = 14
NEW_LOANS = 6
"""Lent in the last days to leads of these weeks, so that the month under way has conversions of its own."""
PENDING_APPROVALS = 11


@dataclass
class Shape:
    """How many of what; the shares of lending guide §11 with its minimum counts kept at any size."""

    customers: int
    months: int

    @property
    def leads(self) -> int:
        """Return how many leads come in over the whole time."""
        return self.customers * 33 // 10

    @property
    def loans(self) -> int:
        """Return how many own loans are made: enough for every bucket and queue to have something in it."""
        return max(120, self.customers * 42 // 100)


@dataclass
class Plan:
    """What is to become of one lead."""

    person: Person
    owner: Actor
    channel: str
    outcome: str
    amount_fen: int
    behavior: str = ""
    disburse_day: date | None = None


class Plans:
    """Plans every lead of a company, by the dice it is given."""

    def __init__(self, company: Company, shape: Shape, people: People, pick: Random, now: datetime) -> None:
        self.company, self.shape, self.people, self.pick, self.now = company, shape, people, pick, now
        self.today = now.astimezone(SHANGHAI).date()
        self.weights = [company.weight_of[a.user_id] for a in company.sales]

    def loans(self) -> Iterator[tuple[Plan, datetime]]:
        """Yield the leads that become loans of the company, each with the moment it comes in."""
        behaviors: list[str] = [b for b in OVERDUE for _ in range(OVERDUE_EACH + (4 if b == "M1" else 0))]
        behaviors += ["due_today"] * DUE_TODAY + ["new"] * NEW_LOANS
        rest = self.shape.loans - len(behaviors)
        behaviors += self.pick.choices([b for b, _ in BEHAVIORS], [w for _, w in BEHAVIORS], k=max(0, rest))
        for behavior in behaviors:
            owner = self._owner()
            amount = self._amount()
            if (
                behavior in OVERDUE
            ):  # many small bad loans, few large ones: the share of the balance stays believable
                amount = self.pick.choice((3, 3, 3, 3, 4)) * 1_000_000
            plan = Plan(self._person(owner), owner, self._good_channel(), "funded", amount, behavior)
            plan.disburse_day = self._disburse_day(behavior)
            longest = 9 if behavior == "new" else 28
            cycle = max(4, min(longest, int(self.pick.lognormvariate(2.4, 0.45))))
            yield plan, self._moment(plan.disburse_day - timedelta(days=cycle))

    def others(self) -> Iterator[tuple[Plan, datetime]]:
        """Yield every other lead with the moment it comes in: those lost, and those somebody is at work on."""
        outcomes = (
            ("invalid", 30), ("missed", 18), ("contacted", 18), ("intent", 13), ("qualified", 7), ("rejected", 5),
            ("pooled", 9),
        )  # fmt: skip
        for _ in range(max(0, self.shape.leads - self.shape.loans - 110)):
            owner = self._owner()
            outcome = self.pick.choices([o for o, _ in outcomes], [w for _, w in outcomes])[0]
            plan = Plan(self._person(owner), owner, self._channel(), outcome, self._amount())
            yield plan, self._moment(self._lead_day())
        for outcome, count, days in (
            ("fresh", 16, 0), ("recycling", 18, 1), ("contacted", 24, 10), ("intent", 20, 18), ("matching", 14, 20),
            ("pending_1", PENDING_APPROVALS, 3), ("pending_2", PENDING_APPROVALS, 4), ("approved", 5, 6), ("signed", 3, 6),
            ("draft", 6, 8), ("pooled", 16, 0),
        ):  # fmt: skip
            for _ in range(count):
                owner = self._owner() if self.pick.random() < 0.75 else self.company.sales[0]
                amount = self._amount()
                if outcome == "pending_2":  # above the first reviewer's authority
                    amount = self.pick.choice((25, 30, 35, 40, 50)) * 1_000_000
                plan = Plan(self._person(owner), owner, self._channel(), outcome, amount)
                if outcome == "recycling":
                    moment = self.now - timedelta(hours=self.pick.uniform(20, 23.5))
                elif outcome == "fresh":
                    moment = self.now - timedelta(minutes=self.pick.uniform(4, 150))
                elif outcome == "pooled":  # given back a week after the only call
                    moment = self._moment(self.today - timedelta(days=self.pick.randint(9, 20)))
                else:
                    moment = self._moment(self.today - timedelta(days=self.pick.randint(1, days) + 1))
                yield plan, moment

    def _owner(self) -> Actor:
        return self.pick.choices(self.company.sales, self.weights)[0]

    def _channel(self) -> str:
        return self.pick.choices([c[0] for c in CHANNELS], [c[1] for c in CHANNELS])[0]

    def _person(self, owner: Actor) -> Person:
        return self.people.make(self.company.city_of[owner.user_id])

    def _amount(self) -> int:
        wan = self.pick.choice((5, 8, 10, 10, 12, 15, 15, 18, 20, 20, 25, 30, 30, 35, 40, 50))
        return wan * 1_000_000

    def _moment(self, day: date) -> datetime:
        hour = self.pick.choices([h for h, _ in HOUR_WEIGHTS], [w for _, w in HOUR_WEIGHTS])[0]
        moment = datetime.combine(day, time(hour, self.pick.randrange(60), self.pick.randrange(60)), SHANGHAI)
        return min(moment, self.now - timedelta(minutes=self.pick.randrange(3, 40)))

    def _lead_day(self) -> date:
        """Return a day of the past months, by month and weekday weight; of each month more than of the one before.

        Fewer in the last weeks, from which most of the leads somebody is at work on come.
        """
        for _ in range(40):
            months = self.shape.months if self.pick.random() < 0.4 else min(self.shape.months, 9)
            back = int(self.pick.triangular(0, months * 30.4, 0))
            if back < 21 and self.pick.random() < 0.6:
                continue
            day = self.today - timedelta(days=back)
            weight = MONTH_WEIGHT.get(day.month, 1.0) * (1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.35)[day.weekday()]
            if self.pick.random() < weight / 1.2:
                return day
        return self.today

    def _good_channel(self) -> str:
        return self.pick.choices([c[0] for c in CHANNELS], [c[1] * c[3] for c in CHANNELS])[0]

    def _disburse_day(self, behavior: str) -> date:
        """Return a business day from which the loan can have come to its behavior by today."""
        if behavior == "new":
            return self._business_day(self.today - timedelta(days=self.pick.randint(2, 9)))
        months = self.shape.months
        least = {"M1": 2, "M2": 3, "M3": 4, "M3+": 6, "due_today": 1, "prepaid": 5, "reversed": 3}.get(
            behavior, 0
        )
        if behavior in OVERDUE:
            back = self.pick.randint(least, max(least + 1, min(months, 22)))
        else:  # the company grows: the nearer the month, the more loans
            back = int(self.pick.triangular(least, max(least + 1, min(months, 22)), least))
        if behavior == "due_today":
            return add_months(self.today, -self.pick.randint(1, min(months, 10)))
        day = add_months(self.today, -back) + timedelta(
            days=self.pick.randint(-12, 3) if back else -self.pick.randint(1, 20)
        )
        return self._business_day(min(day, self.today - timedelta(days=2)))

    def _business_day(self, day: date) -> date:
        while not is_business_day(day):
            day -= timedelta(days=1)
        return day
