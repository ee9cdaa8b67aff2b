"""Documents a stage asks for: who may pass, what is named as missing, and what is handed in from the board."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import MoveRefused, StageSpec, documents_due
from loanhub.models import Document
from loanhub.services import boards, documents, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_product, make_user
from tests.services.boards.test_entities import change

ASKED = ["id_front", "bank_flow"]


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
    make_product("personal_business", required_documents=[*ASKED, "property"])
    change("lead", documents=["id_front", "bank_flow", "vehicle"], documents_hard=True)
    change("intent", required=[])


def make_card(actor: Actor, **fields: str) -> int:
    raw = {"name": "孙立", "phone": make_phone(), "product_code": "personal_business", **fields}
    return leads.create(actor, raw, now=NOON).lead_id or 0


def upload(actor: Actor, **more: Any) -> int:
    """Store a file as the upload route leaves it: of its uploader, belonging to nothing."""
    with transaction() as db:
        row = Document(
            kind="other", label="", file_name="a.jpg", media_type="image/jpeg", sha256="0" * 64,
            owner_id=actor.user_id, department_id=actor.department_id, uploaded_by_id=actor.user_id, created_at=NOON,
            **more,
        )  # fmt: skip
        db.add(row)
        db.flush()
        return row.id or 0


def hand_in(actor: Actor, card: int, kind: str, **more: Any) -> None:
    boards.hand_in(actor, lead_id=card, document_id=upload(actor, **more), kind=kind, now=NOON)


def move(actor: Actor, card: int, to: str = "intent") -> boards.Moved:
    return boards.move_card(actor, entity="lead", card_id=card, to=to, expected_version=None, now=NOON)


def test_strict_stages_before_the_target_count_and_no_others() -> None:
    stages = [
        StageSpec("a", "甲", "lead", documents=("id_front",), documents_hard=True),
        StageSpec("b", "乙", "lead", documents=("income",)),
        StageSpec("c", "丙", "lead", documents=("tax",), documents_hard=True),
    ]

    assert [sorted(documents_due(stages, code)) for code in "abc"] == [[], ["id_front"], ["id_front"]]


class TestGate:
    def test_names_what_the_product_asks_for_and_lets_the_card_pass_with_it(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        with pytest.raises(MoveRefused, match="资料「身份证正面」、资料「银行流水」") as refusal:
            move(rep, card)
        form = boards.gate_form(rep, card_id=card, to="intent", now=NOON)
        assert refusal.value.papers == ("id_front", "bank_flow")
        assert form.papers == (("id_front", "身份证正面"), ("bank_flow", "银行流水"))
        over = boards.gates(rep, card_id=card, now=NOON)["intent"]
        assert over["missing"] == ["身份证正面", "银行流水"]

        hand_in(rep, card, "id_front")
        hand_in(rep, card, "bank_flow")

        assert move(rep, card).to_stage == "intent"

    def test_an_expired_document_does_not_count(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        hand_in(rep, card, "id_front")
        hand_in(rep, card, "bank_flow", expires_date=(NOON - timedelta(days=2)).date())

        with pytest.raises(MoveRefused) as refusal:
            move(rep, card)
        assert refusal.value.papers == ("bank_flow",)

    def test_a_soft_stage_lets_everybody_pass(self) -> None:
        rep = make_user(RoleCode.SALES)
        change("lead", documents_hard=False)

        assert move(rep, make_card(rep)).stage_changed

    def test_what_the_lead_handed_in_is_the_customers_and_asked_for_on_the_way(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        hand_in(rep, card, "id_front")
        customer = leads.convert(rep, lead_id=card, now=NOON)

        found = documents.checklist(rep, customer_id=customer, now=NOON)
        there = {slot.kind for _, slots in found.groups for slot in slots if slot.files}
        assert there == {"id_front"}
        with pytest.raises(MoveRefused) as refusal:
            move(rep, card)
        assert refusal.value.papers == ("bank_flow",)


class TestHandIn:
    def test_takes_only_ones_own_new_file_for_a_card_in_reach(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        card = make_card(rep)
        foreign, used = upload(other), upload(rep, lead_id=card)

        for number in (foreign, used, 9_999):
            with pytest.raises(NotFound, match="文件"):
                boards.hand_in(rep, lead_id=card, document_id=number, kind="id_front", now=NOON)
        with pytest.raises(NotFound):
            boards.hand_in(other, lead_id=card, document_id=foreign, kind="id_front", now=NOON)

    def test_needs_the_right_to_upload(self) -> None:
        audit = make_user(RoleCode.AUDITOR)
        card = make_card(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            boards.hand_in(audit, lead_id=card, document_id=upload(audit), kind="id_front", now=NOON)

    def test_says_what_it_is_and_whose(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        number = upload(rep)
        boards.hand_in(rep, lead_id=card, document_id=number, kind="income", now=NOON)

        with reading() as db:
            row = db.get(Document, number)
            assert row is not None and (row.kind, row.label, row.lead_id) == ("income", "收入证明", card)
