"""Two years of an invented company's work, played through the same services that serve people.

Every balance, days overdue and number comes from the services; nothing here writes a figure into a table.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random

from loanhub.demo import repayments
from loanhub.demo._player import Player, Step
from loanhub.demo.company import Company
from loanhub.demo.people import PURPOSES, People
from loanhub.demo.plans import OVERDUE, Plan, Plans, Shape
from loanhub.demo.profiles import profile
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import applications, boards, contracts, customers, interactions, leads, loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

TALK = (
    "客户想借款周转，主要问利率和多久能放款", "说下周要付货款，催问需要哪些材料", "对比过两家银行，在意提前还款违约金",
    "已加微信，发了资料清单，等他回传", "客户在外地出差，约了改天再谈", "嫌额度偏低，想看看能不能再高一点",
    "名下有房产和车，征信无逾期，意向较强", "目前有一笔网贷未结清，先帮他算一下负债", "老客户介绍来的，沟通顺畅",
    "发了最近 6 个月流水，金额看着稳定", "问清了经营年限和纳税情况，基本符合", "配偶还在犹豫，约周末再谈一次",
)  # fmt: skip
MISSED_TALK = ("未接，晚点再打", "响铃无人接听", "挂断，改发短信")
RUNNING = ("contacted", "intent", "matching", "draft", "pending_1", "pending_2", "approved")
"""Outcomes of leads somebody is at work on; their next step is kept up."""


@dataclass
class Tally:
    """What came of it, for the closing line."""

    leads: int = 0
    customers: int = 0
    applications: int = 0
    contracts: int = 0
    loans: int = 0
    payments: int = 0
    refused: list[str] = field(default_factory=list)


class History:
    """Plays every plan and keeps count."""

    def __init__(
        self, company: Company, shape: Shape, *, now: datetime, seed: int, products: dict[str, int]
    ) -> None:
        self.company, self.shape, self.now = company, shape, now
        self.today = now.astimezone(SHANGHAI).date()
        self.pick = Random(seed + 1)
        self.people = People(seed + 2, self.today)
        self.player = Player(now)
        self.products = products
        self.tally = Tally()

    def play(self, progress: Callable[[datetime], None]) -> Tally:
        """Plan the leads, run time up to now, and return the tally."""
        plans = Plans(self.company, self.shape, self.people, self.pick, self.now)
        for plan, when in itertools.chain(plans.loans(), plans.others()):
            self._start(plan, when)
        self.player.run(progress)
        return self.tally

    def _later(self, when: datetime, step: Step) -> None:
        """Plan a person's step, moved into the hours in which people work."""
        local = when.astimezone(SHANGHAI)
        if local.hour < 9:
            when = local.replace(hour=9) + timedelta(minutes=self.pick.randrange(50))
        elif local.hour >= 20:
            morning = local.replace(hour=9, minute=0) + timedelta(days=1)
            when = morning + timedelta(minutes=self.pick.randrange(90))
        self.player.at(when, step)

    def _step_at(self, now: datetime, days: int) -> datetime:
        """Return an instant of a coming working day for a next step, on the half hour."""
        day = now.astimezone(SHANGHAI).date() + timedelta(days=days)
        while day.weekday() == 6:
            day += timedelta(days=1)
        return datetime.combine(day, time(self.pick.randint(9, 17), self.pick.choice((0, 30))), SHANGHAI)

    # one lead ---------------------------------------------------------------------------------------

    def _start(self, plan: Plan, when: datetime) -> None:
        self.player.at(when, lambda now: self._create(plan, now))

    def _create(self, plan: Plan, now: datetime) -> None:
        person = plan.person
        raw: dict[str, object] = {
            "name": person.name, "phone": person.phone, "city": person.city, "industry": person.industry,
            "amount_fen": str(plan.amount_fen // 100), "channel_code": plan.channel,
            "purpose": self.pick.choice(PURPOSES), "gender": person.gender,
            "product_code": "personal_business" if plan.outcome == "funded" else self.pick.choice(list(self.products)),
        }  # fmt: skip
        created = leads.create(plan.owner, raw, now=now)
        if not created.new or created.lead_id is None:
            return
        self.tally.leads += 1
        lead_id = created.lead_id
        if plan.outcome in ("fresh", "recycling"):
            return
        wait = timedelta(minutes=min(600, self.pick.lognormvariate(3.6, 1.1)))
        self._later(now + wait, lambda then: self._first_contact(plan, lead_id, then))

    def _first_contact(self, plan: Plan, lead_id: int, now: datetime) -> None:
        if plan.outcome == "invalid":
            interactions.record(plan.owner, kind="call", outcome="dead", text="", lead_id=lead_id, now=now)
            reason = self.pick.choice(
                ("dead_number", "suspended", "wrong_person", "no_need", "out_of_area", "malicious")
            )
            leads.close(plan.owner, lead_id=lead_id, invalid=reason, now=now + timedelta(minutes=1))
            return
        if plan.outcome in ("missed", "pooled"):
            interactions.record(
                plan.owner,
                kind="call",
                outcome="missed",
                text=self.pick.choice(MISSED_TALK),
                lead_id=lead_id,
                now=now,
            )
            if plan.outcome == "pooled" or now < self.now - timedelta(days=9):
                later = now + timedelta(days=7, hours=self.pick.uniform(0, 20))
                self._later(later, lambda then: self._pool(plan, lead_id, then))
            return
        step_at = self._step_at(now, self.pick.randint(1, 3))
        interactions.record(
            plan.owner, kind="call", outcome="answered", text=self.pick.choice(TALK), lead_id=lead_id,
            next_step="回访" if plan.outcome == "contacted" else "收资料", next_step_at=step_at,
            duration_seconds=self.pick.randint(40, 420), temperature="high" if plan.outcome != "contacted" else "watch",
            now=now,
        )  # fmt: skip
        self._move(plan.owner, lead_id, "intent", now + timedelta(minutes=2))
        if plan.outcome == "contacted" and now < self.now - timedelta(days=20):
            self._later(
                now + timedelta(days=self.pick.randint(6, 14)),
                lambda then: leads.close(
                    plan.owner,
                    lead_id=lead_id,
                    lost=self.pick.choice(("chose_other", "rate_too_high", "postponed")),
                    now=then,
                ),
            )
        if plan.outcome in RUNNING:
            self._later(step_at, lambda then: self._keep_up(plan, lead_id, then))
        if plan.outcome != "contacted":
            hours = self.pick.uniform(6, 40) if plan.outcome == "funded" else self.pick.uniform(3, 30)
            self._later(now + timedelta(hours=hours), lambda then: self._qualify(plan, lead_id, then))

    def _keep_up(self, plan: Plan, lead_id: int, now: datetime) -> None:
        """Take the next step of a running lead as planned and plan another, most of the time."""
        if self.pick.random() < 0.06:
            return
        with reading() as db:
            lead = db.get(Lead, lead_id)
            if lead is None or lead.closed_at is not None or lead.owner_id != plan.owner.user_id:
                return
        step_at = self._step_at(now, self.pick.randint(1, 4))
        interactions.record(
            plan.owner, kind=self.pick.choice(("wechat", "call")), text=self.pick.choice(TALK), lead_id=lead_id,
            next_step=self.pick.choice(("回访", "收资料", "核对资料")), next_step_at=step_at, now=now,
        )  # fmt: skip
        self._later(step_at, lambda then: self._keep_up(plan, lead_id, then))

    def _pool(self, plan: Plan, lead_id: int, now: datetime) -> None:
        leads.release(plan.owner, lead_ids=[lead_id], reason="7 天未跟进，自动退回", now=now)

    def _move(
        self, actor: Actor, lead_id: int, to: str, now: datetime, supply: dict[str, object] | None = None
    ) -> bool:
        with reading() as db:
            lead = db.get(Lead, lead_id)
            version = lead.version if lead else 0
        try:
            boards.move(actor, lead_id=lead_id, to=to, expected_version=version, supply=supply, now=now)
        except LoanHubError as refusal:
            self.tally.refused.append(refusal.sentence)
            return False
        return True

    def _qualify(self, plan: Plan, lead_id: int, now: datetime) -> None:
        kind = self.pick.choice(("wechat", "call", "visit"))
        interactions.record(
            plan.owner, kind=kind, text=self.pick.choice(TALK), lead_id=lead_id, next_step="核对资料",
            next_step_at=self._step_at(now, 2), now=now,
        )  # fmt: skip
        if plan.outcome == "intent":
            if now < self.now - timedelta(days=25):
                self._later(now + timedelta(days=self.pick.randint(8, 18)), lambda then: leads.close(
                    plan.owner, lead_id=lead_id, lost=self.pick.choice(("not_qualified", "no_documents", "chose_other")), now=then))  # fmt: skip
            return
        self._move(plan.owner, lead_id, "review", now + timedelta(minutes=5))
        self._later(
            now + timedelta(hours=self.pick.uniform(2, 20)), lambda then: self._convert(plan, lead_id, then)
        )

    def _convert(self, plan: Plan, lead_id: int, now: datetime) -> None:
        person = plan.person
        customer_id = leads.convert(plan.owner, lead_id=lead_id, raw={"id_number": person.id_number}, now=now)
        customers.edit(
            plan.owner, customer_id=customer_id, expected_version=None, now=now + timedelta(minutes=1),
            raw={
                "address": person.address, "bank_card": person.card, "bank_name": "示例银行", "industry": person.industry,
                "company_name": person.company_name, "monthly_income_fen": str(person.monthly_income_fen // 100),
                "marital_status": self.pick.choice(("married", "married", "single", "divorced")),
                "education": self.pick.choice(("high_school", "college", "bachelor")),
                **profile(self.pick, person, weak=plan.outcome == "rejected" or plan.behavior in OVERDUE,
                          day=now.astimezone(SHANGHAI).date()),
            },
        )  # fmt: skip
        self.tally.customers += 1
        if self.pick.random() < 0.35:
            customers.relate(
                plan.owner, customer_id=customer_id, kind="spouse", name=self.people.name("female"), now=now
            )
        if plan.outcome == "qualified":
            self._give_up(plan, lead_id, now)
            return
        self._move(plan.owner, lead_id, "match", now + timedelta(minutes=9))
        if plan.outcome == "matching":
            self._give_up(plan, lead_id, now)
            return
        self._later(
            now + timedelta(hours=self.pick.uniform(1, 20)),
            lambda then: self._apply(plan, lead_id, customer_id, then),
        )

    def _give_up(self, plan: Plan, lead_id: int, now: datetime) -> None:
        """Lose the lead some weeks later, unless it is still fresh today."""
        why = self.pick.choice(("not_qualified", "chose_other", "amount_too_low", "postponed"))
        when = now + timedelta(days=self.pick.randint(9, 24))
        self._later(when, lambda then: leads.close(plan.owner, lead_id=lead_id, lost=why, now=then))

    def _apply(self, plan: Plan, lead_id: int, customer_id: int, now: datetime) -> None:
        term = 24 if plan.behavior in ("M3+", "prepaid") else self.pick.choice((12, 12, 24, 24, 36))
        if plan.disburse_day is not None:
            held = (
                (self.today.year - plan.disburse_day.year) * 12 + self.today.month - plan.disburse_day.month
            )
            if plan.behavior in (*OVERDUE, "due_today") or self.pick.random() < 0.5:
                term = next((t for t in (12, 24, 36) if t > held + 1), 36)
        application_id = applications.create(
            plan.owner, customer_id=customer_id, lead_id=lead_id, now=now,
            raw={
                "product_code": "personal_business", "amount_fen": str(plan.amount_fen // 100), "term_months": str(term),
                "annual_rate": "12", "purpose": self.pick.choice(PURPOSES), "repayment_source": "经营收入",
            },
        )  # fmt: skip
        self.tally.applications += 1
        if plan.outcome == "draft":
            return
        applications.tick_documents(plan.owner, application_id=application_id, now=now + timedelta(minutes=2))
        applications.submit(plan.owner, application_id=application_id, now=now + timedelta(minutes=5))
        self._move(plan.owner, lead_id, "visit", now + timedelta(minutes=6))
        if plan.outcome == "pending_1":
            return
        hours = min(70, self.pick.lognormvariate(2.6, 0.7))
        if plan.disburse_day is not None:
            limit = datetime.combine(plan.disburse_day, time(9), SHANGHAI) - now
            hours = max(0.5, min(hours, limit.total_seconds() / 3600 * 0.5))
        self._later(
            now + timedelta(hours=hours),
            lambda then: self._decide(plan, lead_id, customer_id, application_id, 0, then),
        )

    def _decide(
        self, plan: Plan, lead_id: int, customer_id: int, application_id: int, level: int, now: datetime
    ) -> None:
        officer = self.company.staff[RoleCode.CREDIT][level]
        reject = plan.outcome == "rejected"
        status = applications.decide(
            officer, application_id=application_id, now=now,
            decision="reject" if reject else "approve",
            opinion="负债偏高，近期查询次数多，不予通过" if reject else self.pick.choice(
                ("经营稳定，流水匹配，同意", "征信良好，还款来源清晰，同意", "资料齐全，额度合理，同意")),
            amount_fen=None if reject else plan.amount_fen,
        )  # fmt: skip
        if reject:
            leads.close(plan.owner, lead_id=lead_id, lost="rejected", now=now + timedelta(minutes=30))
            return
        if status.value in ("second_review", "final_review"):
            if plan.outcome == "pending_2":
                return
            self._later(
                now + timedelta(hours=self.pick.uniform(0.3, 3)),
                lambda then: self._decide(plan, lead_id, customer_id, application_id, level + 1, then),
            )
            return
        if plan.outcome in ("approved", "pending_2"):
            return
        self._later(now + timedelta(hours=0.5), lambda then: self._contract(plan, application_id, then))

    def _contract(self, plan: Plan, application_id: int, now: datetime) -> None:
        clerk = self.pick.choice(self.company.staff[RoleCode.CONTRACTS])
        contract_id = contracts.create(
            clerk, application_id=application_id, signing_place="公司签约室", now=now
        )
        self.tally.contracts += 1
        contracts.record_print(clerk, contract_id=contract_id, copies=2, now=now + timedelta(minutes=3))
        contracts.confirm(
            clerk,
            contract_id=contract_id,
            read_seconds=self.pick.randint(25, 90),
            now=now + timedelta(minutes=6),
        )
        contracts.sign(
            clerk, contract_id=contract_id, signed_date=(now + timedelta(minutes=9)).astimezone(SHANGHAI).date(),
            note="面签，原件已核", now=now + timedelta(minutes=9),
        )  # fmt: skip
        if plan.outcome == "signed":
            return
        day = plan.disburse_day or self.today
        due = datetime.combine(day, time(10, self.pick.randrange(60)), SHANGHAI)
        when = max(due, now + timedelta(minutes=20))
        self._later(when, lambda then: self._disburse(plan, contract_id, then))

    def _disburse(self, plan: Plan, contract_id: int, now: datetime) -> None:
        maker, checker = self.company.staff[RoleCode.FINANCE][:2]
        day = now.astimezone(SHANGHAI).date()
        loan_id = loans.request(
            maker,
            contract_id=contract_id,
            value_date=day,
            bank_reference=f"FK{day:%Y%m%d}{contract_id:05d}",
            now=now,
        )
        loans.confirm(checker, loan_id=loan_id, now=now + timedelta(minutes=25))
        self.tally.loans += 1
        repayments.plan(self, plan, loan_id)
