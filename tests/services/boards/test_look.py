"""Reading a board as rows, by kept queries, shows what reading whole records shows; and asks the database no more often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services import boards, leads
from loanhub.services._actor import Actor
from loanhub.services.boards.entities.lead import LeadCards
from tests.builders import NOON, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


@pytest.fixture
def rep() -> Actor:
    """Somebody with four cards in two columns, one of them late, one without an amount."""
    rep = make_user(RoleCode.SALES)
    found = [
        leads.create(rep, {"name": name, "phone": make_phone(), **fields}, now=NOON).lead_id or 0
        for name, fields in (
            ("孙立", {"amount_fen": "40万", "industry": "餐饮"}),
            ("周国强", {}),
            ("欧阳明", {"amount_fen": "85万", "occupation": "教师"}),
            ("吴桂芳", {"amount_fen": "1万"}),
        )
    ]
    for card in found[:2]:
        boards.move(rep, lead_id=card, to="intent", expected_version=1, now=NOON + timedelta(hours=1))
    return rep


QUESTIONS = [
    boards.Question(),
    boards.Question(order="amount"),
    boards.Question(limits={"lead": 1}),
    boards.Question(text="孙"),
    boards.Question(age="over"),
    boards.Question(criteria={"field": "city", "op": "is_empty"}),
    boards.Question(lane="owner"),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_rows_say_what_records_say(
    rep: Actor, question: boards.Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOON + timedelta(days=9)
    asked = [boards.look(rep, question, now=later, only=only) for only in ((), ("lead",), ("intent", "lead"))]
    monkeypatch.setattr(LeadCards, "card_columns", ())
    whole = [boards.look(rep, question, now=later, only=only) for only in ((), ("lead",), ("intent", "lead"))]
    assert asked == whole
    assert asked[0].cards or question.text or question.age


def test_a_kept_query_counts_by_the_clock_of_each_call(rep: Actor) -> None:
    soon, late = (
        {one["code"]: one for one in boards.look(rep, boards.Question(), now=NOON + after).columns}
        for after in (timedelta(minutes=5), timedelta(days=40))
    )
    assert (soon["lead"]["healthy"], soon["lead"]["over"]) == (2, 0)
    assert (late["lead"]["healthy"], late["lead"]["over"]) == (0, 2)


def test_another_reader_is_asked_for_by_a_query_of_their_own(rep: Actor) -> None:
    other = make_user(RoleCode.SALES)
    assert boards.look(rep, boards.Question(), now=NOON).total == 4
    assert boards.look(other, boards.Question(), now=NOON).total == 0
    assert boards.look(rep, boards.Question(), now=NOON).total == 4


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_two_columns_are_read_with_eight_questions(rep: Actor, database: Engine) -> None:
    """Board, figures, two columns, owners, products, channels, the catalogue; BEGIN and grades of customers aside."""
    boards.look(rep, boards.Question(), now=NOON)
    with statements(database) as seen:
        boards.look(rep, boards.Question(), now=NOON, only=["lead", "intent"])
    assert len([one for one in seen if not one.startswith("BEGIN")]) == 8
