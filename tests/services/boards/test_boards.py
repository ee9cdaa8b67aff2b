"""The board: gates, order, one winner of two, nothing lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import MoveRefused
from loanhub.models import Event, Lead, StageMove
from loanhub.services import boards, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def make_card(actor: Actor, name: str = "孙立", **fields: str) -> int:
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=NOON).lead_id or 0


def stored(lead_id: int) -> Lead:
    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        return lead


class TestMove:
    def test_goes_between_its_neighbors(self) -> None:
        rep = make_user(RoleCode.SALES)
        c, b, a = make_card(rep, "丙先"), make_card(rep, "乙先"), make_card(rep, "甲先")
        boards.move(rep, lead_id=c, to="lead", after_id=a, before_id=b, expected_version=1, now=NOON)

        assert boards.look(rep, boards.Question(), now=NOON).order["lead"] == [str(a), str(c), str(b)]

    def test_logs_the_stage_and_sets_the_status(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        later = NOON + timedelta(hours=3)

        moved = boards.move(rep, lead_id=card, to="intent", expected_version=1, now=later)

        assert (moved.version, moved.stage_changed) == (2, True)
        assert stored(card).status is LeadStatus.CONTACTED
        with reading() as db:
            log = db.execute(sa.select(StageMove)).scalar_one()
            assert (log.from_stage, log.to_stage, log.stayed_seconds) == ("lead", "intent", 3 * 3600)
            assert (
                db.execute(sa.select(Event).where(col(Event.type) == "lead.moved")).scalar_one().lead_id
                == card
            )

    def test_names_what_the_gate_misses_and_takes_it_from_the_side_sheet(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        with pytest.raises(MoveRefused) as refusal:
            boards.move(rep, lead_id=card, to="review", expected_version=1, now=NOON)
        assert refusal.value.missing == ("amount_fen", "city")
        assert stored(card).stage_code == "lead"
        boards.move(rep, lead_id=card, to="review", expected_version=1, now=NOON,
                    supply={"amount_fen": "40万", "city": "苏州"})  # fmt: skip
        assert (stored(card).stage_code, stored(card).amount_fen) == ("review", 40_000_000)

    def test_is_stopped_by_a_fact_nobody_can_type(self) -> None:
        rep = make_user(RoleCode.SALES)

        with pytest.raises(MoveRefused, match="放款"):
            boards.move(rep, lead_id=make_card(rep), to="disbursed", expected_version=1, now=NOON)

    def test_of_two_at_once_has_one_winner_and_the_other_is_told(self) -> None:
        chief, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        card = make_card(rep)
        results: list[str] = []

        def attempt(actor: Actor) -> None:
            try:
                boards.move(actor, lead_id=card, to="intent", expected_version=1, now=NOON)
                results.append("won")
            except boards.MovedBySomebody as told:
                results.append(told.sentence)

        threads = [threading.Thread(target=attempt, args=(actor,)) for actor in (chief, rep)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(results)[0] == "won" and "初步沟通" in sorted(results)[1]

    def test_is_made_once_for_one_key(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        one = boards.move(rep, lead_id=card, to="intent", expected_version=1, key="k", now=NOON)
        two = boards.move(rep, lead_id=card, to="intent", expected_version=1, key="k", now=NOON)

        assert one == two and stored(card).version == 2

    def test_needs_scope_and_permission(self) -> None:
        card = make_card(make_user(RoleCode.SALES))

        with pytest.raises(NotFound):
            boards.move(make_user(RoleCode.SALES), lead_id=card, to="intent", expected_version=1, now=NOON)
        with pytest.raises(NotPermitted):
            boards.move(make_user(RoleCode.MANAGER), lead_id=card, to="intent", expected_version=1, now=NOON)


class TestLook:
    def test_counts_sums_and_ages_each_column(self) -> None:
        rep = make_user(RoleCode.SALES)
        for _ in range(3):
            make_card(rep, amount_fen="40万")
        view = boards.look(rep, boards.Question(limits={"lead": 2}), now=NOON + timedelta(hours=25))

        column = view.columns[0]
        assert (column["count"], column["over"], column["amount_text"]) == (3, 3, "¥120.0 万")
        assert len(view.order["lead"]) == 2 and view.total == 3

    def test_shows_only_what_the_filter_and_the_scope_allow(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep, amount_fen="40万")
        make_card(rep, amount_fen="8万")

        big = {"field": "amount_fen", "op": "gte", "value": 10_000_000}
        assert boards.look(rep, boards.Question(criteria=big), now=NOON).total == 1
        assert boards.look(make_user(RoleCode.SALES), boards.Question(), now=NOON).total == 0


class TestGateForm:
    def test_names_what_is_met_and_draws_what_is_missing(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)

        form = boards.gate_form(rep, card_id=card, to="review", now=NOON)

        assert (form.met, [field.key for field in form.missing]) == (("姓名",), ["amount_fen", "city"])
        with pytest.raises(NotFound):
            boards.gate_form(make_user(RoleCode.SALES), card_id=card, to="review", now=NOON)
        with pytest.raises(NotPermitted):
            boards.gate_form(make_user(RoleCode.MANAGER), card_id=card, to="review", now=NOON)


class TestQuickAdd:
    def test_reads_one_line(self) -> None:
        rep = make_user(RoleCode.SALES)

        made = boards.quick_add(rep, f"孙立 {make_phone()} 40万 想周末面谈", now=NOON)

        lead = stored(made.lead_id or 0)
        assert (lead.name, lead.amount_fen, lead.note) == ("孙立", 40_000_000, "想周末面谈")

    def test_refuses_a_line_without_phone_and_those_who_may_not_create(self) -> None:
        with pytest.raises(InvalidInput, match="手机号"):
            boards.quick_add(make_user(RoleCode.SALES), "孙立 40万", now=NOON)
        with pytest.raises(NotPermitted):
            boards.quick_add(make_user(RoleCode.MANAGER), f"孙立 {make_phone()}", now=NOON)


class TestLocate:
    def test_finds_only_what_the_reader_sees(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = make_card(rep)
        question = boards.Question()

        assert boards.locate(rep, question, [card, 0], now=NOON) == {str(card): "lead"}
        assert boards.locate(make_user(RoleCode.SALES), question, [card], now=NOON) == {}
        assert boards.link_of(rep, card_id=card) == f"/leads?lead={card}"
