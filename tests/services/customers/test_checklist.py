"""The checklist by product and stage: what must be there, by when, what no longer counts."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import Image
from sqlmodel import select

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.documents import SlotState, slot_state, valid_until
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Lead, Pipeline
from loanhub.services import documents, files
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.documents import Slot
from tests.builders import NOON, TODAY, make_product, make_user
from tests.services.customers.making import make_application, make_customer


def photo() -> io.BytesIO:
    target = io.BytesIO()
    Image.effect_noise((32, 24), 50).convert("RGB").save(target, "JPEG")
    target.seek(0)
    return target


def slots(actor: Actor, customer_id: int, days: int = 0) -> dict[str, Slot]:
    found = documents.checklist(actor, customer_id=customer_id, now=NOON + timedelta(days=days))
    return {slot.kind: slot for _, group in found.groups for slot in group}


def at_stage(customer_id: int, stage: str) -> None:
    with transaction() as db:
        customer = db.get(Customer, customer_id)
        pipeline = db.exec(select(Pipeline).where(Pipeline.entity == "lead")).first()
        assert customer is not None and pipeline is not None
        db.add(
            Lead(
                number=f"L{customer_id}", name=customer.name, customer_id=customer_id, pipeline_id=pipeline.id,
                stage_code=stage, status=LeadStatus.CONTACTED, owner_id=customer.owner_id, department_id=customer.department_id, created_at=NOON,
                updated_at=NOON, stage_entered_at=NOON,
            )
        )  # fmt: skip


def test_names_the_products_that_ask_and_the_stage_by_which() -> None:
    rep = make_user(RoleCode.SALES)
    made = make_customer(rep)
    product = make_product(label="房抵经营贷", required_documents=["id_front", "property", "bank_flow"])
    asking = make_application(made, product, status=ApplicationStatus.DRAFT)
    at_stage(made, "review")

    found = slots(rep, made)

    assert {kind: (one.products, one.stage, one.due) for kind, one in found.items()} == {
        "id_front": (("房抵经营贷",), "资质审核", True),
        "property": (("房抵经营贷",), "银行面签", False),
        "bank_flow": (("房抵经营贷",), "方案匹配", False),
    }
    whole = documents.checklist(rep, customer_id=made, now=NOON)
    assert (whole.stage, whole.application_id) == ("资质审核", asking)


def test_what_has_expired_is_missing_again() -> None:
    rep = make_user(RoleCode.SALES)
    made = make_customer(rep)
    make_application(
        made, make_product(required_documents=["credit_report", "id_front"]), status=ApplicationStatus.DRAFT
    )
    file = files.upload(
        rep, source=photo(), file_name="a.jpg", kind="credit_report", customer_id=made, now=NOON
    )
    states = [slots(rep, made, days)["credit_report"].state for days in (0, 16, 30, 31)]
    assert states == [SlotState.PRESENT, SlotState.EXPIRING, SlotState.EXPIRING, SlotState.EXPIRED]
    late = documents.checklist(rep, customer_id=made, now=NOON + timedelta(days=31))
    assert [slot.label for slot in late.missing] == ["身份证正面", "征信报告"] and late.done == 0

    documents.attach(
        rep, document_id=file.id, kind="credit_report", expires=TODAY + timedelta(days=60), now=NOON
    )

    assert slots(rep, made, 31)["credit_report"].state is SlotState.PRESENT
    documents.attach(rep, document_id=file.id, kind="credit_report", now=NOON)
    assert slots(rep, made, 31)["credit_report"].until == "2027-01-19"


def test_an_identity_card_ends_when_the_record_says() -> None:
    rep = make_user(RoleCode.SALES)
    made = make_customer(rep, id_valid_until="2026-11-19")
    files.upload(rep, source=photo(), file_name="a.jpg", kind="id_front", customer_id=made, now=NOON)
    assert slots(rep, made)["id_front"].state is SlotState.EXPIRED


def test_the_log_of_a_file_names_who_looked() -> None:
    rep, credit = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT)
    made = make_customer(rep)
    file = files.upload(rep, source=photo(), file_name="a.jpg", kind="id_front", customer_id=made, now=NOON)
    for minutes in (1, 5, 20):
        files.open_file(credit, document_id=file.id, preview=True, now=NOON + timedelta(minutes=minutes))
    files.open_file(credit, document_id=file.id, now=NOON + timedelta(minutes=21))
    found = files.looks_at(rep, document_id=file.id, now=NOON + timedelta(hours=1))
    assert [(one.by, one.what) for one in found] == [
        (credit.name, "下载资料"), (credit.name, "查看资料"), (credit.name, "查看资料"), (rep.name, "上传资料"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "given", "record", "expected"),
    [
        ("credit_report", None, None, date(2026, 12, 20)),
        ("credit_report", date(2026, 12, 1), None, date(2026, 12, 1)),
        ("id_front", None, date(2036, 8, 1), date(2036, 8, 1)),
        ("property", None, None, None),
        ("contract", None, None, None),
    ],
)
def test_valid_until(kind: str, given: date | None, record: date | None, expected: date | None) -> None:
    assert valid_until(kind, given=given, handed_in=TODAY, of_record=record) == expected


def test_slot_state_of_what_nobody_asks_for() -> None:
    assert slot_state(required=False, there=False, until=None, today=TODAY) is SlotState.OPTIONAL


def test_an_original_somebody_saw_counts_and_says_where() -> None:
    rep = make_user(RoleCode.SALES)
    made = make_customer(rep)
    product = make_product(label="个人经营贷", required_documents=["id_front", "income"])
    make_application(
        made, product, number="A20261120001", status=ApplicationStatus.FUNDED,
        documents=[{"kind": "income", "note": "面签时看过"}],
    )  # fmt: skip

    found = documents.checklist(rep, customer_id=made, now=NOON)

    assert (found.done, found.total, found.products) == (1, 2, ("个人经营贷",))
    income = slots(rep, made)["income"]
    assert (income.state, income.original, income.missing) == (SlotState.PRESENT, "A20261120001", False)
