"""Targets: who sets whose, what is refused, and what the sheet shows."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import targets
from loanhub.services._actor import Actor, OutOfReach
from loanhub.services._transaction import reading
from tests.builders import NOON, make_company, make_user

AMOUNT = "disbursed_amount"


@pytest.fixture
def firm(database: Engine) -> dict[str, Actor]:
    make_company()
    return {
        "rep": make_user(RoleCode.SALES, name="林若溪"),
        "other": make_user(RoleCode.SALES, team="华东二组", name="周子昂"),
        "lead": make_user(RoleCode.TEAM_LEAD),
        "manager": make_user(RoleCode.MANAGER),
    }


def put(
    actor: Actor, level: str, subject_id: int, text: str, *, version: int = 0, measure: str = AMOUNT
) -> None:
    targets.set_target(
        actor, month="2026-11", measure=measure, level=level, subject_id=subject_id, text=text, expected_version=version,
        now=NOON,
    )  # fmt: skip


def row(actor: Actor, level: str, subject_id: int) -> targets.TargetRow:
    found = targets.sheet(actor, month="2026-11", measure=AMOUNT).rows
    return next(one for one in found if (one.level, one.subject_id) == (level, subject_id))


class TestSet:
    def test_keeps_an_amount_in_wan_to_the_fen(self, firm: dict[str, Actor]) -> None:
        put(firm["manager"], "company", 0, "4,000.5")

        kept = row(firm["manager"], "company", 0)
        assert (kept.text, kept.shown, kept.version) == ("4000.50", "4,000.5 万", 1)
        with reading() as db:
            assert targets.of_month(db, targets.month_of("2026-11")) == {
                (AMOUNT, "company", 0): 4_000_500_000
            }

    def test_an_empty_one_is_taken_away(self, firm: dict[str, Actor]) -> None:
        put(firm["manager"], "company", 0, "100")
        put(firm["manager"], "company", 0, "", version=1)

        assert row(firm["manager"], "company", 0).text == ""

    def test_a_lead_sets_those_of_the_own_team_alone(self, firm: dict[str, Actor]) -> None:
        put(firm["lead"], "user", firm["rep"].user_id, "50")

        with pytest.raises(OutOfReach):
            put(firm["lead"], "user", firm["other"].user_id, "50")
        with pytest.raises(OutOfReach):
            put(firm["lead"], "company", 0, "50")
        shown = {one.label for one in targets.sheet(firm["lead"], month="2026-11", measure=AMOUNT).rows}
        assert "林若溪" in shown and "周子昂" not in shown

    def test_others_may_not(self, firm: dict[str, Actor]) -> None:
        with pytest.raises(NotPermitted):
            put(firm["rep"], "user", firm["rep"].user_id, "50")
        with pytest.raises(NotPermitted):
            targets.sheet(firm["rep"], month="2026-11", measure=AMOUNT)

    @pytest.mark.parametrize("text", ["0", "-5", "abc", "99999999999999", "１２x"])
    def test_refuses_what_is_no_target(self, firm: dict[str, Actor], text: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            put(firm["manager"], "company", 0, text)
        assert "value" in refused.value.fields

    def test_refuses_unknown_subjects_months_and_measures(self, firm: dict[str, Actor]) -> None:
        for level, subject in (("user", 999_999), ("department", 999_999), ("galaxy", 1), ("company", 3)):
            with pytest.raises(NotFound):
                put(firm["manager"], level, subject, "5")
        with pytest.raises(InvalidInput):
            put(firm["manager"], "company", 0, "5", measure="overdue_rate")
        with pytest.raises(InvalidInput):
            targets.sheet(firm["manager"], month="November", measure=AMOUNT)

    def test_refuses_what_was_shown_before_somebody_elses_change(self, firm: dict[str, Actor]) -> None:
        put(firm["manager"], "company", 0, "100")

        with pytest.raises(targets.TargetChanged):
            put(firm["manager"], "company", 0, "200")


class TestSheet:
    def test_says_when_the_parts_are_not_the_whole(self, firm: dict[str, Actor]) -> None:
        team = firm["rep"].department_id or 0
        put(firm["manager"], "department", team, "100")
        put(firm["manager"], "user", firm["rep"].user_id, "60")

        kept = row(firm["manager"], "department", team)
        assert (kept.below, kept.differs) == ("60.0 万", True)

    def test_last_months_are_taken_over_where_nothing_is_set(self, firm: dict[str, Actor]) -> None:
        put(firm["manager"], "company", 0, "100")
        put(firm["manager"], "user", firm["rep"].user_id, "60")
        targets.set_target(firm["manager"], month="2026-12", measure=AMOUNT, level="company", subject_id=0, text="120",
                           expected_version=0, now=NOON)  # fmt: skip

        copied = targets.copy_month(
            firm["manager"], source="2026-11", month="2026-12", measure=AMOUNT, now=NOON
        )

        found = targets.sheet(firm["manager"], month="2026-12", measure=AMOUNT)
        texts = {one.label: one.text for one in found.rows if one.text}
        assert copied == 1 and sorted(texts.values()) == ["120", "60"]
        with pytest.raises(InvalidInput):
            targets.copy_month(firm["manager"], source="2025-01", month="2026-12", measure=AMOUNT, now=NOON)


def test_a_reader_is_held_against_the_target_of_what_the_reader_sees(firm: dict[str, Actor]) -> None:
    team = firm["lead"].department_id or 0
    found = {
        (AMOUNT, "company", 0): 9,
        (AMOUNT, "department", team): 5,
        (AMOUNT, "user", firm["rep"].user_id): 2,
    }

    assert targets.goal_of(found, firm["manager"], AMOUNT) == 9
    assert targets.goal_of(found, firm["lead"], AMOUNT) == 5
    assert targets.goal_of(found, firm["rep"], AMOUNT) == 2
    assert targets.goal_of({}, firm["lead"], AMOUNT) is None
