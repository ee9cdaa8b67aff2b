"""The queue and the page of an application: whose turn, what stands there, what may be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import applications, customers, segments
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.products import install_products
from tests.builders import NOON, bare_actor, make_company, make_user
from tests.services.applications.test_applications import approve, make_draft, stored, submitted


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
    with transaction() as db:
        install_products(db, lender="澄江普惠", now=NOON)


def numbers(actor: Actor, scope: str, **more: Any) -> list[int]:
    return [row.id for row in applications.queue(actor, scope=scope, now=NOON, **more).rows]


class TestQueue:
    def test_waits_for_those_who_may_decide_it_and_only_until_they_did(self) -> None:
        rep, first, second = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT), make_user(RoleCode.CREDIT)
        application_id = submitted(rep, "40万")
        make_draft(rep)
        assert numbers(first, "todo") == numbers(second, "todo") == [application_id]

        approve(first, application_id)

        assert (numbers(first, "todo"), numbers(second, "todo")) == ([], [application_id])

    def test_comes_back_to_the_same_reviewer_in_a_new_round(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        application_id = submitted(rep)
        applications.decide(
            officer, application_id=application_id, decision="return", opinion="补近半年流水", now=NOON
        )
        assert numbers(officer, "todo") == []

        applications.submit(rep, application_id=application_id, now=NOON)

        assert numbers(officer, "todo") == [application_id]

    def test_never_waits_for_who_made_it(self) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        application_id = submitted(chief)

        assert numbers(chief, "todo") == [] and numbers(chief, "mine") == [application_id]

    def test_narrows_to_a_segment_of_customers_the_reader_may_use(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        application_id = submitted(rep)
        inside, outside = (
            segments.create(
                lead, name=op, raw_criteria={"all": [{"field": "city", "op": op}]}, shared=shared, now=NOON
            )
            for op, shared in (("is_empty", "all"), ("is_not_empty", "own"))
        )
        assert numbers(rep, "all", segment_id=inside) == [application_id]
        assert numbers(lead, "all", segment_id=outside) == numbers(rep, "all", segment_id=outside) == []
        assert applications.queue(rep, now=NOON).segments == ((inside, "is_empty"),)

    def test_stays_inside_the_scope_and_counts_what_it_shows(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        submitted(rep)

        assert numbers(other, "all") == []
        assert applications.queue(rep, now=NOON).counts == {"todo": 0, "mine": 1, "all": 1}

    def test_finds_by_name_number_and_status(self) -> None:
        officer, rep = make_user(RoleCode.CREDIT), make_user(RoleCode.SALES)
        application_id = submitted(rep)
        draft = make_draft(rep)

        assert numbers(officer, "all", text="张建国") == [draft, application_id]
        assert numbers(officer, "all", text=stored(application_id).number.lower()) == [application_id]
        assert numbers(officer, "all", status="draft") == [draft]

    def test_needs_the_permission(self) -> None:
        with pytest.raises(NotPermitted):
            applications.queue(bare_actor(RoleCode.COLLECTIONS), now=NOON)


class TestOpen:
    def test_shows_masked_facts_score_rules_documents_and_path(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        application_id = submitted(rep, "40万")

        view = applications.open_application(officer, application_id=application_id, now=NOON)

        facts = dict(view.facts)
        assert "****" in facts["手机号"] and "********" in facts["证件号码"]
        assert view.score.score == stored(application_id).score and len(view.score.reasons) == 8
        assert {c.code for c in view.score.checks} >= {"P01", "C11", "D10"} and not view.score.hits
        assert view.documents_done == len(view.documents) == 6
        assert [(s.name, s.state) for s in view.path] == [
            ("提交申请", "d"), ("初审", "c"), ("复审", ""), ("签约", ""), ("放款", ""),
        ]  # fmt: skip
        assert view.can_decide and not view.can_edit and not view.can_withdraw

    def test_says_why_somebody_may_not_decide(self) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        view = applications.open_application(chief, application_id=submitted(chief), now=NOON)

        assert not view.can_decide and "自己经办" in view.why_not

    def test_keeps_person_opinion_and_working_time_of_each_level(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT, name="秦语桐")
        application_id = submitted(rep)
        applications.decide(officer, application_id=application_id, decision="approve", opinion="经营稳定，同意",
                            now=NOON + timedelta(hours=3))  # fmt: skip

        view = applications.open_application(
            rep, application_id=application_id, now=NOON + timedelta(hours=4)
        )

        assert [(a.level, a.who, a.decision, a.spent) for a in view.approvals] == [
            ("初审", "秦语桐", "通过", "3 时")
        ]
        assert view.path[1].state == "d" and dict(view.result)["批复金额"] == "¥100,000.00"

    def test_hides_what_lies_outside_the_scope(self) -> None:
        application_id = submitted(make_user(RoleCode.SALES))

        with pytest.raises(NotFound):
            applications.open_application(make_user(RoleCode.SALES), application_id=application_id, now=NOON)
        with pytest.raises(NotPermitted):
            applications.open_application(
                make_user(RoleCode.COLLECTIONS), application_id=application_id, now=NOON
            )

    def test_shows_a_hit_of_a_hard_rule(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        application_id = make_draft(rep)
        customer_id = stored(application_id).customer_id
        customers.edit(
            rep, customer_id=customer_id, expected_version=None, raw={"is_dishonest": "true"}, now=NOON
        )
        applications.tick_documents(rep, application_id=application_id, now=NOON)
        applications.submit(rep, application_id=application_id, now=NOON)

        view = applications.open_application(officer, application_id=application_id, now=NOON)

        assert view.score.hits == ("失信被执行人",) and view.score.advice == "建议拒绝"


class TestPreview:
    def test_says_whose_turn_it_will_be(self) -> None:
        officer = make_user(RoleCode.CREDIT)
        make_user(RoleCode.CREDIT, name="方绍庭")
        application_id = submitted(make_user(RoleCode.SALES), "40万")

        full = applications.preview(
            officer, application_id=application_id, decision="approve", amount="400000", now=NOON
        )
        less = applications.preview(
            officer, application_id=application_id, decision="approve", amount="15万", now=NOON
        )

        assert "方绍庭" in full.sentence and full.verb == "通过并送复审" and full.difference == "与申请一致"
        assert (
            less.verb == "通过 15.0 万" and less.difference == "较申请 −25.0 万" and "合同岗" in less.sentence
        )

    def test_needs_the_permission(self) -> None:
        rep = make_user(RoleCode.SALES)
        with pytest.raises(NotPermitted):
            applications.preview(rep, application_id=submitted(rep), decision="approve", amount="", now=NOON)


class TestDraft:
    def test_saves_what_is_valid_and_names_the_rest(self) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep)

        saved = applications.autosave(rep, application_id=application_id, expected_version=None, now=NOON,
                                      raw={"purpose": "装修门店", "amount_fen": "很多"})  # fmt: skip

        assert set(saved.errors) == {"amount_fen"} and stored(application_id).purpose == "装修门店"
        with pytest.raises(applications.StaleEdit):
            applications.autosave(rep, application_id=application_id, expected_version=saved.version - 1,
                                  raw={"purpose": "进货"}, now=NOON)  # fmt: skip

    def test_takes_a_tick_back(self) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep)
        applications.tick_documents(
            rep, application_id=application_id, kinds=["id_front"], note="原件已看", now=NOON
        )
        applications.untick_document(rep, application_id=application_id, kind="id_front", now=NOON)

        with pytest.raises(InvalidInput):
            applications.untick_document(rep, application_id=application_id, kind="id_front", now=NOON)

    def test_withdraws_with_a_reason_and_empties_the_inboxes(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        application_id = submitted(rep)
        with pytest.raises(InvalidInput):
            applications.withdraw(rep, application_id=application_id, reason="", now=NOON)

        applications.withdraw(rep, application_id=application_id, reason="客户暂不需要", now=NOON)

        assert numbers(officer, "todo") == []
        with pytest.raises(NotPermitted):
            applications.withdraw(officer, application_id=application_id, reason="不是我的", now=NOON)

    def test_refuses_somebody_too_old_at_maturity(self) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep, id_birth="19610101")

        with pytest.raises(InvalidInput) as refusal:
            applications.submit(rep, application_id=application_id, now=NOON)

        assert refusal.value.fields["customer.age"] == "客户 65 岁，本产品要求 22–60 岁"

    def test_joins_the_open_lead_of_the_customer(self) -> None:
        rep = make_user(RoleCode.SALES)
        first = stored(make_draft(rep))

        second = applications.create(
            rep, customer_id=first.customer_id, raw={"product_code": "turnover"}, now=NOON
        )

        assert stored(second).lead_id == first.lead_id
        assert stored(second).method == "interest_only" and stored(second).annual_rate is not None

    def test_is_for_those_who_may_create(self) -> None:
        rep = make_user(RoleCode.SALES)
        customer_id = stored(make_draft(rep)).customer_id

        with pytest.raises(NotPermitted):
            applications.create(make_user(RoleCode.CREDIT), customer_id=customer_id, raw={}, now=NOON)
        with pytest.raises(NotFound):
            applications.create(make_user(RoleCode.SALES), customer_id=customer_id, raw={}, now=NOON)
