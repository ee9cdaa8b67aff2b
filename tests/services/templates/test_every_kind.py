"""A firm's default is what every kind of document is made from, and each kind is tried on its own records."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Payment
from loanhub.services import loans, papers, templates
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans.files import schedule_pdf
from tests.builders import NOON, TODAY, make_user
from tests.services.papers.test_papers import disburse, make_case, offered
from tests.services.templates.test_templates import publish, text_of

LATER = NOON + timedelta(days=1)


@pytest.fixture
def writer() -> Actor:
    return make_user(RoleCode.CONTRACTS)


@pytest.fixture
def case(writer: Actor) -> tuple[int, int]:
    """An application with a guarantor and its loan, with one payment received."""
    application_id, contract_id = make_case(writer, guarantor={})
    loan_id = disburse(contract_id)
    loans.post(make_user(RoleCode.FINANCE), loan_id=loan_id, amount_fen=100_000, value_date=TODAY, now=LATER)
    return application_id, loan_id


def own_default(writer: Actor, base: str, mark: str) -> int:
    """Publish a copy of a built-in document whose first text says something of its own; return the template."""
    version_id = templates.create(writer, base=base, name=f"自有{base[:12]}", now=NOON)
    block = next(
        one for one in templates.look(writer, version_id=version_id, now=NOON).blocks if one.kind == "title"
    )
    templates.save_block(
        writer, version_id=version_id, raw={"id": block.id, "kind": "title", "text": mark}, now=NOON
    )
    second = publish(writer, version_id)
    template_id = templates.look(writer, version_id=version_id, now=NOON).template_id
    templates.set_default(second, template_id=template_id, on=True, now=NOON)
    return version_id


def payment_of(loan_id: int) -> int:
    with reading() as db:
        query = sa.select(Payment.id).where(Payment.loan_id == loan_id, Payment.kind == "payment")  # type: ignore[arg-type]
        return int(db.execute(query).scalar_one())


def test_receipts_schedules_and_papers_follow_the_default(writer: Actor, case: tuple[int, int]) -> None:
    application_id, loan_id = case
    for base, mark in (
        ("receipt", "本店收据"),
        ("repayment_schedule", "本店计划"),
        ("guarantee_contract", "本店保证"),
    ):
        own_default(writer, base, mark)
    found = offered(papers.desk(writer, application_id=application_id, now=LATER), "guarantee_contract")

    paper_id = papers.issue(writer, application_id=application_id, code="guarantee_contract", subject=found.subject,
                            answers=found.answers, now=LATER)  # fmt: skip

    from loanhub.services import contracts

    assert "自有guarantee_co v1" in found.template
    assert "本店保证" in text_of(contracts.open_pdf(writer, contract_id=paper_id, now=LATER)[1])
    assert "本店收据" in text_of(loans.receipt_pdf(writer, payment_id=payment_of(loan_id), now=LATER)[1])
    assert "本店计划" in text_of(schedule_pdf(writer, loan_id=loan_id, now=LATER)[1])


def test_each_kind_is_tried_on_its_own_records(writer: Actor, case: tuple[int, int]) -> None:
    application_id, loan_id = case
    found = offered(papers.desk(writer, application_id=application_id, now=LATER), "guarantee_contract")
    paper_id = papers.issue(writer, application_id=application_id, code="guarantee_contract", subject=found.subject,
                            answers=found.answers, now=LATER)  # fmt: skip

    for base, key in (
        ("receipt", f"payment:{payment_of(loan_id)}"),
        ("guarantee_contract", f"paper:{paper_id}"),
    ):
        version_id = templates.create(writer, base=base, name=f"试{base[:10]}", now=NOON)
        shown = templates.look(writer, version_id=version_id, now=LATER).candidates
        assert [one.key for one in shown] == [key, "sample"]
        picture, pages, faults = templates.preview(writer, version_id=version_id, record=key, now=LATER)
        assert picture.startswith(b"\x89PNG") and pages and not faults
        assert [one.key for one in templates.find_records(writer, version_id=version_id, text="张建")] == [
            key,
            "sample",
        ]
        assert [
            one.key for one in templates.find_records(writer, version_id=version_id, text="没有此人")
        ] == ["sample"]
    *_, (fault,) = templates.preview(writer, version_id=version_id, record=f"contract:{paper_id}", now=LATER)
    assert "不适用" in fault.refusal
    with pytest.raises(NotFound):
        templates.find_records(writer, version_id=version_id + 999, text="")
