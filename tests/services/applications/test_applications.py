"""Applications: complete before review, scored, decided by level, by somebody else."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.applications import ApplicationStatus, ApprovingOwnSubmission, ApprovingTwice, IllegalMove
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Approval, Lead, Notification
from loanhub.services import applications, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.products import install_products
from tests.builders import NOON, make_company, make_id_number, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
    with transaction() as db:
        install_products(db, lender="澄江普惠", now=NOON)


def make_draft(rep: Actor, amount: str = "10万", *, id_birth: str = "19900307", **more: str) -> int:
    person = {"name": "张建国", "phone": make_phone(), "id_number": make_id_number(id_birth)}
    made = leads.create(rep, person, now=NOON)
    customer_id = leads.convert(rep, lead_id=made.lead_id or 0, now=NOON)
    raw = {"product_code": "personal_business", "amount_fen": amount, "term_months": "12", "annual_rate": "12",
           "purpose": "进货", **more}  # fmt: skip
    return applications.create(rep, customer_id=customer_id, lead_id=made.lead_id, raw=raw, now=NOON)


def submitted(rep: Actor, amount: str = "10万") -> int:
    application_id = make_draft(rep, amount)
    applications.tick_documents(rep, application_id=application_id, now=NOON)
    applications.submit(rep, application_id=application_id, now=NOON)
    return application_id


def stored(application_id: int) -> Application:
    with reading() as db:
        row = db.get(Application, application_id)
        assert row is not None
        return row


def approve(officer: Actor, application_id: int, **more: object) -> ApplicationStatus:
    return applications.decide(
        officer,
        application_id=application_id,
        decision="approve",
        opinion="经营稳定，同意",
        now=NOON,
        **more,  # type: ignore[arg-type]
    )


class TestSubmit:
    def test_names_everything_still_missing(self) -> None:
        rep = make_user(RoleCode.SALES)
        application_id = make_draft(rep, "80万", term_months="18", annual_rate="15")

        with pytest.raises(InvalidInput) as refusal:
            applications.submit(rep, application_id=application_id, now=NOON)

        assert set(refusal.value.fields) == {"amount_fen", "term_months", "annual_rate", "documents"}
        assert stored(application_id).status is ApplicationStatus.DRAFT

    def test_scores_and_tells_the_reviewers(self) -> None:
        officer = make_user(RoleCode.CREDIT)
        application = stored(submitted(make_user(RoleCode.SALES)))

        assert application.status is ApplicationStatus.FIRST_REVIEW
        assert 500 < (application.score or 0) < 740 and application.risk_grade in (1, 2, 3, 4)
        with reading() as db:
            told = (
                db.execute(sa.select(Notification).where(col(Notification.user_id) == officer.user_id))
                .scalars()
                .all()
            )
            lead = db.get(Lead, application.lead_id)
        assert len(told) == 1 and lead is not None and lead.status is LeadStatus.SUBMITTED

    def test_is_for_the_owner(self) -> None:
        application_id = make_draft(make_user(RoleCode.SALES))

        with pytest.raises(NotFound):
            applications.submit(make_user(RoleCode.SALES), application_id=application_id, now=NOON)
        with pytest.raises(NotPermitted):
            applications.submit(make_user(RoleCode.CREDIT), application_id=application_id, now=NOON)


class TestDecide:
    def test_approves_within_the_first_levels_authority(self) -> None:
        application_id = submitted(make_user(RoleCode.SALES))

        assert approve(make_user(RoleCode.CREDIT), application_id) is ApplicationStatus.APPROVED
        assert stored(application_id).approved_amount_fen == 10_000_000

    def test_passes_a_larger_amount_on_to_somebody_else(self) -> None:
        first, second = make_user(RoleCode.CREDIT), make_user(RoleCode.CREDIT)
        application_id = submitted(make_user(RoleCode.SALES), "40万")

        assert approve(first, application_id) is ApplicationStatus.SECOND_REVIEW
        with pytest.raises(ApprovingTwice):
            approve(first, application_id)
        assert approve(second, application_id, amount_fen=35_000_000) is ApplicationStatus.APPROVED
        with reading() as db:
            levels = (
                db.execute(sa.select(col(Approval.level_label)).order_by(col(Approval.id))).scalars().all()
            )
        assert levels == ["初审", "复审"] and stored(application_id).approved_amount_fen == 35_000_000

    def test_refuses_the_person_who_made_it(self) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        application_id = submitted(chief)

        with pytest.raises(ApprovingOwnSubmission):
            approve(chief, application_id)

    def test_needs_an_opinion_and_a_sensible_amount(self) -> None:
        application_id = submitted(make_user(RoleCode.SALES))

        with pytest.raises(InvalidInput) as refusal:
            applications.decide(make_user(RoleCode.CREDIT), application_id=application_id, decision="approve",
                                opinion="好", amount_fen=20_000_000, now=NOON)  # fmt: skip
        assert set(refusal.value.fields) == {"opinion", "amount_fen"}

    def test_returns_for_completion_and_begins_a_new_round(self) -> None:
        rep, officer = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
        application_id = submitted(rep)
        applications.decide(
            officer, application_id=application_id, decision="return", opinion="补近半年流水", now=NOON
        )
        applications.edit(
            rep, application_id=application_id, raw={"purpose": "备货"}, expected_version=None, now=NOON
        )
        applications.submit(rep, application_id=application_id, now=NOON)

        assert approve(officer, application_id) is ApplicationStatus.APPROVED

    def test_decides_once(self) -> None:
        officer = make_user(RoleCode.CREDIT)
        application_id = submitted(make_user(RoleCode.SALES))
        version = stored(application_id).version
        approve(officer, application_id, key="k", expected_version=version)

        assert (
            approve(officer, application_id, key="k", expected_version=version) is ApplicationStatus.APPROVED
        )
        with pytest.raises((IllegalMove, Conflict)):
            approve(make_user(RoleCode.CREDIT), application_id)
