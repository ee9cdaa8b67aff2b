"""Contacts: what the rules forbid is not made and leaves its trace; what is made is logged once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode, Scope
from loanhub.services import collections
from loanhub.services._transaction import reading
from loanhub.services.collections import CaseClosed, ContactRefused, Pledge, Report, SomebodysCase
from tests.builders import bare_actor, make_company, make_user
from tests.services.collections.builders import (
    LATE,
    Office,
    at,
    end_day,
    events_of,
    make_late_office,
    make_office,
)

DAY = LATE + timedelta(days=1)
MISSED = Report(outcome="missed")


@pytest.fixture(autouse=True)
def company(database: Engine, request: pytest.FixtureRequest) -> None:
    if "office" not in request.fixturenames:
        make_company()


@pytest.fixture
def office(company: None) -> Office:
    return make_late_office()


def call(
    office: Office, outcome: str = "missed", *, hour: int = 10, minute: int = 0, day: object = DAY
) -> None:
    dialed = collections.dial(office.collector, case_id=office.case_id, now=at(day, hour, minute))  # type: ignore[arg-type]
    collections.finish(
        office.collector,
        contact_id=dialed.contact_id,
        report=Report(outcome=outcome),
        now=at(day, hour, minute + 1),  # type: ignore[arg-type]
    )


class TestDial:
    def test_hands_the_number_out_and_counts_the_call(self, office: Office) -> None:
        dialed = collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 10))

        assert dialed.digits.startswith("+86154")
        case = office.case
        assert (case.stage, case.contact_count, case.owner_id) == ("contacting", 1, office.collector.user_id)
        assert events_of(office.case_id)[-1] == "phone.dialed"

    @pytest.mark.parametrize("hour", [22, 23, 0, 7])
    def test_is_refused_at_night_and_the_refusal_logged(self, office: Office, hour: int) -> None:
        with pytest.raises(ContactRefused, match="不能联系"):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, hour))

        assert office.case.contact_count == 0
        assert events_of(office.case_id)[-1] == "collection.refused"

    def test_is_refused_after_six_unanswered_calls(self, office: Office) -> None:
        for minute in range(6):
            call(office, minute=minute * 5)
        with pytest.raises(ContactRefused, match="6 次未接"):
            call(office, hour=15)

        call(office, day=DAY + timedelta(days=1))

    def test_calls_without_a_result_count_too(self, office: Office) -> None:
        for minute in range(6):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 10, minute))
        with pytest.raises(ContactRefused, match="6 次未接"):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 11))

    def test_the_same_key_dials_once(self, office: Office) -> None:
        first, second = (
            collections.dial(office.collector, case_id=office.case_id, key="k1", now=at(DAY, 10))
            for _ in range(2)
        )

        assert first.contact_id == second.contact_id
        assert office.case.contact_count == 1

    def test_leaves_a_colleagues_case_alone(self, office: Office) -> None:
        call(office)
        with pytest.raises(SomebodysCase, match="沈岩"):
            collections.dial(office.colleague, case_id=office.case_id, now=at(DAY, 11))

    def test_asks_for_the_permission_after_the_record(self, office: Office) -> None:
        with pytest.raises(NotPermitted):
            collections.dial(bare_actor(RoleCode.MANAGER), case_id=office.case_id, now=at(DAY, 10))
        with pytest.raises(NotFound):
            collections.dial(
                make_user(RoleCode.SALES, scope=Scope.OWN), case_id=office.case_id, now=at(DAY, 10)
            )

    def test_a_result_is_entered_once(self, office: Office) -> None:
        dialed = collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 10))
        collections.finish(office.collector, contact_id=dialed.contact_id, report=MISSED, now=at(DAY, 10, 1))
        with pytest.raises(Conflict, match="已经登记"):
            collections.finish(
                office.collector, contact_id=dialed.contact_id, report=MISSED, now=at(DAY, 10, 2)
            )


class TestThirdParties:
    def test_are_asked_only_when_the_debtor_is_lost(self, office: Office) -> None:
        sister = office.relate("sibling")
        with pytest.raises(ContactRefused, match="本人还联系得上"):
            collections.dial(office.collector, case_id=office.case_id, relation_id=sister, now=at(DAY, 10))
        for days in range(3):
            call(office, day=DAY + timedelta(days=days))

        dialed = collections.dial(
            office.collector, case_id=office.case_id, relation_id=sister, now=at(DAY + timedelta(days=2), 14)
        )
        with pytest.raises(InvalidInput, match="请选择联系结果"):
            collections.finish(
                office.collector, contact_id=dialed.contact_id, report=Report(outcome="promised"),
                now=at(DAY + timedelta(days=2), 14, 3),
            )  # fmt: skip

    def test_who_asked_to_be_left_alone_is(self, office: Office) -> None:
        sister = office.relate("sibling")
        call(office, "dead")
        dialed = collections.dial(
            office.collector, case_id=office.case_id, relation_id=sister, now=at(DAY, 14)
        )
        collections.finish(
            office.collector,
            contact_id=dialed.contact_id,
            report=Report(outcome="declined"),
            now=at(DAY, 14, 3),
        )
        with pytest.raises(ContactRefused, match="要求不再联系"):
            collections.dial(
                office.collector,
                case_id=office.case_id,
                relation_id=sister,
                now=at(DAY + timedelta(days=9), 14),
            )

    def test_a_guarantor_may_be_called(self, office: Office) -> None:
        guarantor = office.relate("guarantor")

        assert collections.check(office.collector, case_id=office.case_id, channel="call", relation_id=guarantor, now=at(DAY, 10)) == ""  # fmt: skip

    def test_somebody_elses_relation_is_not_found(self, office: Office) -> None:
        other = make_office()
        stranger = other.relate("sibling")
        with pytest.raises(NotFound):
            collections.dial(office.collector, case_id=office.case_id, relation_id=stranger, now=at(DAY, 10))


class TestLog:
    def test_an_incoming_call_is_logged_at_any_hour(self, office: Office) -> None:
        collections.log(
            office.collector, case_id=office.case_id, channel="call", direction="in", report=Report(outcome="answered", note="问怎么还"),
            now=at(DAY, 23),
        )  # fmt: skip

        assert events_of(office.case_id)[-1] == "collection.contacted"

    def test_a_message_at_night_is_refused(self, office: Office) -> None:
        with pytest.raises(ContactRefused):
            collections.log(
                office.collector, case_id=office.case_id, channel="sms", report=Report(outcome="sent"), now=at(DAY, 22, 30)
            )  # fmt: skip
        assert events_of(office.case_id)[-1] == "collection.refused"

    @pytest.mark.parametrize(
        ("report", "field"),
        [
            (Report(), "outcome"), (Report(outcome="relayed"), "outcome"), (Report(outcome="answered", note="再不还就去坐牢"), "note"),
            (Report(outcome="promised"), "due_date"), (Report(outcome="answered", note="x" * 1001), "note"),
            (Report(outcome="answered", next_step_at=at(DAY, 10) + timedelta(days=90)), "next_step_at"),
            (Report(outcome="answered", pledge=Pledge(DAY, "100")), "outcome"),
            (Report(outcome="promised", pledge=Pledge(DAY, "99999999")), "amount"),
            (Report(outcome="promised", pledge=Pledge(DAY, "一千")), "amount"),
        ],
    )  # fmt: skip
    def test_names_the_field_and_writes_nothing(self, office: Office, report: Report, field: str) -> None:
        with pytest.raises(InvalidInput) as fault:
            collections.log(
                office.collector, case_id=office.case_id, channel="call", direction="in", report=report, now=at(DAY, 10)
            )  # fmt: skip
        assert field in fault.value.fields
        assert office.case.contact_count == 0

    def test_a_promise_told_on_the_phone_is_one(self, office: Office) -> None:
        collections.log(
            office.collector, case_id=office.case_id, channel="call", direction="in",
            report=Report(outcome="promised", pledge=Pledge(DAY + timedelta(days=5), "5000")), now=at(DAY, 10),
        )  # fmt: skip

        assert (office.case.stage, office.case.promise_fen) == ("promised", 500_000)

    def test_a_complaint_stops_all_contact_for_a_week(self, office: Office) -> None:
        collections.log(
            office.collector, case_id=office.case_id, channel="call", direction="in", report=Report(outcome="complaint"),
            now=at(DAY, 10),
        )  # fmt: skip
        with pytest.raises(ContactRefused, match="停催中（投诉处理中"):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 11))
        with pytest.raises(ContactRefused):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY + timedelta(days=7), 11))
        collections.dial(office.collector, case_id=office.case_id, now=at(DAY + timedelta(days=8), 11))


class TestWork:
    def test_assigns_claims_and_refuses(self, office: Office) -> None:
        with pytest.raises(InvalidInput, match="催收员"):
            collections.assign(
                office.collector, case_id=office.case_id, owner_id=office.desk.sales.user_id, now=at(DAY, 9)
            )
        collections.claim(office.collector, case_id=office.case_id, now=at(DAY, 9))
        with pytest.raises(SomebodysCase):
            collections.claim(office.colleague, case_id=office.case_id, now=at(DAY, 9))
        collections.assign(
            office.collector, case_id=office.case_id, owner_id=office.colleague.user_id, now=at(DAY, 9)
        )

        assert office.case.owner_id == office.colleague.user_id
        with pytest.raises(NotPermitted):
            collections.assign(
                bare_actor(RoleCode.FINANCE), case_id=office.case_id, owner_id=1, now=at(DAY, 9)
            )

    def test_the_lawyers_take_a_reason_and_a_right(self, office: Office) -> None:
        with pytest.raises(InvalidInput, match="移送法务要写明理由"):
            collections.move_stage(office.collector, case_id=office.case_id, to="legal", now=at(DAY, 9))
        with pytest.raises(NotPermitted):
            collections.move_stage(bare_actor(RoleCode.FINANCE), case_id=office.case_id, to="legal", reason="多次未履约", now=at(DAY, 9))  # fmt: skip
        collections.move_stage(
            office.collector, case_id=office.case_id, to="legal", reason="多次未履约", now=at(DAY, 9)
        )

        assert (office.case.stage, office.case.legal_on) == ("legal", DAY)
        assert events_of(office.case_id)[-1] == "collection.sent_to_legal"

    def test_a_hold_is_lifted_with_a_reason(self, office: Office) -> None:
        collections.hold(
            office.collector, case_id=office.case_id, reason="illness", note="住院，已看病历", now=at(DAY, 9)
        )
        with pytest.raises(ContactRefused, match="重病"):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 10))
        with pytest.raises(InvalidInput):
            collections.resume(office.collector, case_id=office.case_id, note="", now=at(DAY, 10))
        collections.resume(
            office.collector, case_id=office.case_id, note="已出院，本人同意联系", now=at(DAY, 10)
        )

        collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 10))

    def test_nothing_is_done_on_a_closed_case(self, office: Office) -> None:
        from loanhub.services import loans

        shown = loans.preview_payment(
            office.desk.maker, loan_id=office.loan_id, amount="", value_date=DAY, now=at(DAY, 9)
        )
        loans.post(
            office.desk.maker,
            loan_id=office.loan_id,
            amount_fen=shown.amount_fen,
            value_date=DAY,
            now=at(DAY, 9),
        )
        end_day(DAY)
        with pytest.raises(CaseClosed):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 22))


class TestView:
    def test_shows_the_engines_money_and_masks_numbers(self, office: Office) -> None:
        from loanhub.services import loans

        office.relate("sibling", "刘芳菲")
        shown = collections.case_view(office.collector, case_id=office.case_id, now=at(DAY, 10))
        loan = loans.loan_view(office.desk.maker, loan_id=office.loan_id, now=at(DAY, 10))

        assert shown.due_fen == loan.due_fen and shown.dpd == loan.dpd
        assert sum(float(row.total.replace(",", "")) for row in shown.rows) == pytest.approx(
            loan.due_fen / 100
        )
        assert [party.phone[3:7] for party in shown.parties] == ["****", "****"]
        assert shown.parties[1].name == "刘*菲" and "本人还联系得上" in shown.parties[1].why
        assert shown.parties[0].can_call and "{" not in shown.script

    def test_a_reader_sees_but_does_not_work(self, office: Office) -> None:
        shown = collections.case_view(bare_actor(RoleCode.AUDITOR), case_id=office.case_id, now=at(DAY, 10))

        assert not (shown.can_contact or shown.can_assign or shown.parties[0].can_call)
        with pytest.raises(NotPermitted):
            collections.case_view(bare_actor(RoleCode.CONTRACTS), case_id=office.case_id, now=at(DAY, 10))
        assert (
            collections.of_customer(
                bare_actor(RoleCode.CONTRACTS), customer_id=office.customer_id, now=at(DAY, 10)
            )
            == []
        )
        with reading():
            assert (
                collections.of_loan(office.collector, loan_id=office.loan_id, now=at(DAY, 10))[0]["stage"]
                == "待联系"
            )


class TestParameters:
    def save(self, **changed: str) -> None:
        from loanhub.services import company_settings

        admin = make_user(RoleCode.ADMIN)
        group = next(
            one
            for one in company_settings.list_groups(admin, now=at(DAY, 9))
            if one.group.name == "collections"
        )
        company_settings.save(
            admin, name="collections", form={**group.values, **changed}, stamp=group.stamp, now=at(DAY, 9)
        )

    def test_a_stricter_hour_holds_at_once(self, office: Office) -> None:
        self.save(quiet_from="20:00", unanswered_per_number_day="2")
        with pytest.raises(ContactRefused, match="20:00"):
            collections.dial(office.collector, case_id=office.case_id, now=at(DAY, 20, 30))
        call(office, minute=0)
        call(office, minute=5)
        with pytest.raises(ContactRefused, match="2 次未接"):
            call(office, minute=10)

    @pytest.mark.parametrize(
        ("key", "value"), [("quiet_from", "23:00"), ("quiet_to", "6:00"), ("unanswered_per_number_day", "9"), ("start_dpd", "无")]
    )  # fmt: skip
    def test_nobody_sets_it_laxer_than_the_rules(self, key: str, value: str) -> None:
        with pytest.raises(InvalidInput) as fault:
            self.save(**{key: value})
        assert key in fault.value.fields
