"""The workbench: what waits for each role, in order, and what one click does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import Temperature
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Application, Contract, Customer, Lead, Loan, Sop
from loanhub.services import customers, leads, sops, tasks, workbench
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_product, make_user
from tests.services.customers.making import make_application, make_customer, make_loan


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def titles(actor: Actor, span: str = "today", after: timedelta = timedelta()) -> list[str]:
    return [item.title for item in workbench.desk(actor, span=span, now=NOON + after).items]


def make_lead(actor: Actor, name: str, amount: str) -> int:
    return (
        leads.create(actor, {"name": name, "phone": make_phone(), "amount_fen": amount}, now=NOON).lead_id
        or 0
    )


class TestDesk:
    def test_orders_by_urgency_then_value(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep, "小额", "10万")
        make_lead(rep, "大额", "60万")
        tasks.create(rep, title="收资料", due_at=NOON + timedelta(hours=6), now=NOON)

        assert titles(rep) == ["首次联系 大额", "首次联系 小额", "收资料"]

    def test_what_is_not_drawn_is_counted_and_one_step_away(self) -> None:
        rep = make_user(RoleCode.SALES)
        for name in ("甲一", "乙二", "丙三"):
            make_lead(rep, name, "10万")

        first, whole = (workbench.desk(rep, shown=shown, now=NOON) for shown in (2, 4))

        assert (len(first.items), first.more, first.counts["today"]) == (2, 1, "3")
        assert (whole.items[:2], len(whole.items), whole.more) == (first.items, 3, 0)

    def test_counts_what_is_over_and_says_what_to_do_first(self) -> None:
        rep = make_user(RoleCode.SALES, name="林若溪")
        make_lead(rep, "胡德胜", "60万")

        desk = workbench.desk(rep, span="late", now=NOON + timedelta(hours=3))

        assert (desk.counts["late"], desk.items[0].state, desk.items[0].left) == ("1", "o", "超时 1 时")
        assert (desk.greeting, desk.headline) == ("下午好，若溪", "先打 1 个电话")
        assert desk.figures[0].unit == "项 · 1 超时"

    def test_a_customer_with_an_open_lead_appears_once(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep, "孙立", "30万")
        made = leads.convert(rep, lead_id=lead_id, now=NOON)
        customers.follow_up(
            rep, customer_id=made, kind="call", text="约面签", outcome="answered", next_step="面签",
            next_step_at=NOON + timedelta(hours=4), now=NOON,
        )  # fmt: skip

        assert titles(rep) == ["面签 孙立"]

    def test_shows_nothing_of_others(self) -> None:
        make_lead(make_user(RoleCode.SALES), "孙立", "30万")

        assert titles(make_user(RoleCode.SALES)) == []

    def test_each_role_gets_its_own_list(self) -> None:
        rep, product = make_user(RoleCode.SALES), make_product()
        made = make_customer(rep, "张建国")
        for status in (
            ApplicationStatus.FIRST_REVIEW,
            ApplicationStatus.APPROVED,
            ApplicationStatus.RETURNED,
        ):
            make_application(made, product, number=f"A-{status.value}", status=status, submitted_at=NOON)
        loan_id = make_loan(made, product)
        with transaction() as db:
            loan = db.get(Loan, loan_id)
            assert loan is not None
            loan.status, loan.requested_by_id = LoanStatus.PENDING, rep.user_id
            first = db.get(Contract, loan.contract_id)
            assert first is not None
            for number, status, copies in (("HT-1", ContractStatus.TO_SIGN, 0), ("HT-2", ContractStatus.TO_SIGN, 2),
                                           ("HT-3", ContractStatus.SIGNED, 2)):  # fmt: skip
                db.add(
                    Contract(
                        number=number, application_id=first.application_id, customer_id=made, template_code="loan_contract",
                        status=status, copy_count=copies, amount_fen=1, annual_rate=first.annual_rate,
                        owner_id=rep.user_id, department_id=rep.department_id, created_at=NOON, updated_at=NOON,
                    )
                )  # fmt: skip

        assert titles(rep) == ["补充申请 张建国"]
        assert titles(make_user(RoleCode.CREDIT)) == ["审批 张建国"]
        assert set(titles(make_user(RoleCode.CONTRACTS))) == {
            "生成合同 张建国",
            "打印合同 张建国",
            "登记签署 张建国",
        }
        assert set(titles(make_user(RoleCode.FINANCE))) == {"发起放款 张建国", "复核放款 张建国"}
        assert workbench.desk(make_user(RoleCode.ADMIN), now=NOON).items == []

    def test_nobody_approves_or_confirms_what_is_their_own(self) -> None:
        lead, product = make_user(RoleCode.TEAM_LEAD, team="上海分公司"), make_product()
        made = make_customer(lead)
        make_application(
            made,
            product,
            status=ApplicationStatus.FIRST_REVIEW,
            submitted_at=NOON,
            submitted_by_id=lead.user_id,
        )

        assert [t for t in titles(lead, "week") if t.startswith("审批")] == []

    def test_overdue_loans_go_to_collections_and_to_the_owner(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_loan(make_customer(rep, "张建国"), make_product(), dpd=9)

        assert titles(rep) == titles(make_user(RoleCode.COLLECTIONS)) == ["逾期跟进 张建国"]
        assert titles(make_user(RoleCode.SALES)) == []

    def test_every_role_has_a_desk(self) -> None:
        for role in RoleCode:
            desk = workbench.desk(make_user(role), now=NOON)
            assert len(desk.figures) <= 4

    def test_wants_the_permission(self) -> None:
        with pytest.raises(NotPermitted):
            workbench.desk(Actor(user_id=1, name="无权"), now=NOON)


class TestFigures:
    def test_the_first_contact_rate_counts_what_is_past_its_limit(self) -> None:
        rep = make_user(RoleCode.SALES)
        quick, slow = make_lead(rep, "快的", "10万"), make_lead(rep, "慢的", "10万")
        make_lead(rep, "没联系", "10万")
        for lead_id, hours in ((quick, 1), (slow, 3)):
            key = f"lead:{lead_id}"
            workbench.finish_step(
                rep,
                key=key,
                outcome="answered",
                text="",
                choice="none",
                own="",
                now=NOON + timedelta(hours=hours),
            )

        rate = workbench.desk(rep, now=NOON + timedelta(hours=3)).figures[2]

        assert (rate.digits, rate.hint) == ("33.3", "1 / 3 条按时")

    def test_the_funnel_adds_up_to_the_board(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep, "甲某", "10万")
        make_lead(rep, "乙某", "30万")

        desk = workbench.desk(rep, now=NOON)

        assert (desk.funnel[0]["count"], desk.funnel[0]["amount"]) == ("2", "40.0 万")
        assert (desk.funnel_count, desk.funnel_amount) == ("2 单", "40.0 万")

    def test_the_week_shows_what_is_planned(self) -> None:
        rep = make_user(RoleCode.SALES)
        tasks.create(rep, title="面签", due_at=NOON + timedelta(days=2), now=NOON)

        assert [d["count"] for d in workbench.desk(rep, now=NOON).week[:3]] == ["0", "0", "1"]


class TestActs:
    def test_a_task_is_done_and_taken_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        key = f"task:{tasks.create(rep, title='收资料', due_at=NOON, now=NOON)}"

        workbench.complete_task(rep, key=key, now=NOON)
        done = workbench.desk(rep, now=NOON)
        workbench.take_back(rep, key=key, now=NOON)

        assert ([d["title"] for d in done.done], done.items) == (["收资料"], [])
        assert titles(rep) == ["收资料"]

    def test_a_call_is_written_with_the_next_step(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep, "孙立", "30万")

        workbench.finish_step(
            rep,
            key=f"lead:{lead_id}",
            outcome="answered",
            text="要 30 万",
            choice="tomorrow",
            own="",
            now=NOON,
        )

        with reading() as db:
            lead = db.get(Lead, lead_id)
        assert lead is not None
        assert lead.first_contact_at == NOON
        assert titles(rep) == []
        assert titles(rep, "week") == ["回访 孙立"]

    def test_no_next_step_is_an_answer_silence_is_not(self) -> None:
        rep = make_user(RoleCode.SALES)
        key = f"customer:{make_customer(rep)}"

        with pytest.raises(InvalidInput):
            workbench.finish_step(rep, key=key, outcome="answered", text="", choice="", own="", now=NOON)
        workbench.finish_step(rep, key=key, outcome="answered", text="", choice="none", own="", now=NOON)

    @pytest.mark.parametrize("entity", ["lead", "customer", "task"])
    def test_everything_can_be_put_off(self, entity: str) -> None:
        rep = make_user(RoleCode.SALES)
        make: dict[str, Callable[[], int]] = {
            "lead": lambda: make_lead(rep, "孙立", "30万"),
            "customer": lambda: _customer_due(rep),
            "task": lambda: tasks.create(rep, title="收资料", due_at=NOON, now=NOON),
        }
        key = f"{entity}:{make[entity]()}"

        until = workbench.snooze(rep, key=key, choice="tomorrow", now=NOON)

        assert until == NOON + timedelta(hours=21)  # 9:00 in Shanghai
        assert titles(rep) == []

    def test_refuses_strangers_and_who_may_not(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep, "孙立", "30万")
        stranger, auditor = make_user(RoleCode.SALES), make_user(RoleCode.AUDITOR)

        for act in (
            lambda who: workbench.snooze(who, key=f"lead:{lead_id}", choice="hour", now=NOON),
            lambda who: workbench.dial(who, key=f"lead:{lead_id}", now=NOON),
        ):
            with pytest.raises(NotFound):
                act(stranger)
            with pytest.raises(NotPermitted):
                act(auditor)
        for key in ("loan:1", "lead:x", "task:9999999999999", "customer", ""):
            with pytest.raises(NotFound):
                workbench.snooze(rep, key=key, choice="hour", now=NOON)

    def test_dials_the_owned_lead(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        lead_id = leads.create(rep, {"name": "孙立", "phone": phone}, now=NOON).lead_id

        assert workbench.dial(rep, key=f"lead:{lead_id}", now=NOON).digits.endswith(phone)
        assert rep.can(Permission.CUSTOMERS_REVEAL)


def _customer_due(rep: Actor) -> int:
    made = make_customer(rep)
    with transaction() as db:
        customer = db.get(Customer, made)
        assert customer is not None
        customer.next_step, customer.next_step_at = "回访", NOON
    return made


def test_the_builders_store_what_they_say() -> None:
    rep = make_user(RoleCode.SALES)
    with reading() as db:
        row = db.get(Application, make_application(make_customer(rep), make_product()))
    assert row is not None
    assert row.owner_id == rep.user_id


class TestWorkingTime:
    """The first contact is counted as the clock of leads counts it: two hours of working time."""

    FRIDAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    """17:30 in Shanghai."""
    MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    """10:00 in Shanghai."""

    def _lead(self, rep: Actor, name: str) -> int:
        values = {"name": name, "phone": make_phone(), "amount_fen": "10万"}
        return leads.create(rep, values, now=self.FRIDAY).lead_id or 0

    def test_a_contact_after_the_weekend_is_in_time(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = self._lead(rep, "孙立")
        with transaction() as db:  # the week of the figure begins on Monday
            lead = db.get(Lead, lead_id)
            assert lead is not None
            lead.assigned_at = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 8:00: the clock begins at nine
        workbench.finish_step(
            rep, key=f"lead:{lead_id}", outcome="answered", text="", choice="none", own="",
            now=datetime(2026, 11, 23, 2, 50, tzinfo=UTC),
        )  # fmt: skip

        rate = workbench.desk(rep, now=self.MONDAY + timedelta(hours=2)).figures[2]

        assert (rate.digits, rate.hint) == ("100.0", "1 / 1 条按时")
        assert "工作时间" in rate.explain

    def test_a_lead_of_the_evening_is_not_over_in_the_morning(self) -> None:
        rep = make_user(RoleCode.SALES)
        self._lead(rep, "孙立")

        sunday = workbench.desk(rep, now=self.FRIDAY + timedelta(days=2)).items
        monday = workbench.desk(rep, now=self.MONDAY).items[0]
        late = workbench.desk(rep, now=self.MONDAY + timedelta(hours=1)).items[0]

        assert all(item.state != "o" for item in sunday)
        assert (monday.state, monday.left) == ("w", "剩 30 分")
        assert (late.state, late.left) == ("o", "超时 30 分")

    def test_a_lead_of_the_evening_stands_on_the_list_at_once(self) -> None:
        rep = make_user(RoleCode.SALES)
        self._lead(rep, "孙立")

        evening = workbench.desk(rep, now=self.FRIDAY + timedelta(hours=2))

        assert [(item.title, item.left) for item in evening.items] == [("首次联系 孙立", "剩 1 时 30 分")]
        assert evening.figures[1].hint == "最近一条剩 1 时 30 分须首联"

    def test_without_a_next_step_the_clock_of_leads_counts(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = self._lead(rep, "孙立")
        with transaction() as db:
            lead = db.get(Lead, lead_id)
            assert lead is not None
            lead.next_step_at = None

        assert workbench.desk(rep, span="week", now=self.FRIDAY + timedelta(hours=4)).items[0].state != "o"


class TestTasksOnTheDesk:
    def test_a_to_do_about_a_lead_is_called_and_done_in_one(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep, "孙立", "30万")
        task = tasks.create(rep, title="回电", due_at=NOON + timedelta(hours=1), lead_id=lead_id, now=NOON)

        workbench.dial(rep, key=f"task:{task}", now=NOON)
        workbench.finish_step(
            rep, key=f"task:{task}", outcome="answered", text="要 30 万", choice="tomorrow", own="", temperature="high", now=NOON
        )  # fmt: skip

        assert tasks.open_task(rep, task_id=task, now=NOON).state == "done"
        with reading() as db:
            lead = db.get(Lead, lead_id)
        assert lead is not None and (lead.first_contact_at, lead.temperature) == (NOON, "high")

    def test_a_missed_call_puts_the_to_do_off(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = make_lead(rep, "孙立", "30万")
        task = tasks.create(rep, title="回电", due_at=NOON + timedelta(hours=1), lead_id=lead_id, now=NOON)

        workbench.finish_step(
            rep, key=f"task:{task}", outcome="missed", text="", choice="tomorrow", own="", now=NOON
        )

        view = tasks.open_task(rep, task_id=task, now=NOON)
        assert (view.state, view.due_title) == ("open", "2026-11-21 10:00")

    def test_the_hot_and_large_come_first_in_their_band(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_lead(rep, "大额", "60万")
        hot = make_lead(rep, "小额", "10万")
        with transaction() as db:
            lead = db.get(Lead, hot)
            assert lead is not None
            lead.temperature = Temperature.HIGH

        assert titles(rep) == ["首次联系 小额", "首次联系 大额"]

    def test_a_call_to_a_new_lead_does_the_step_of_its_sequence(self) -> None:
        rep = make_user(RoleCode.SALES)
        with transaction() as db:
            sops.install(db, now=NOON)
        one = next(number for number, name in _sops() if name == "新线索首周节奏")
        lead_id = make_lead(rep, "孙立", "30万")
        sops.put_in(rep, sop_id=one, lead_id=lead_id, now=NOON)
        lines = workbench.desk(rep, now=NOON).items

        workbench.finish_step(
            rep, key=f"lead:{lead_id}", outcome="answered", text="", choice="three_days", own="", now=NOON
        )

        assert [(line.title, line.sop) for line in lines] == [
            ("首次联系 孙立", "新线索首周节奏 · 第 1 步/共 5 步")
        ]
        assert sops.runs_of(rep, lead_id=lead_id, now=NOON)[0].then == "明天 12:00：加微信，发产品介绍"


def _sops() -> list[tuple[int, str]]:
    with reading() as db:
        return [
            (int(one or 0), name) for one, name in db.execute(sa.select(col(Sop.id), col(Sop.name))).all()
        ]
