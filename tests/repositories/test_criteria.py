"""SQL agrees with the evaluator on records, on SQLite and PostgreSQL; encrypted fields go by index."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from loanhub.domain.catalogue import BUILTIN
from loanhub.domain.criteria import EVERYTHING, Node, Not, evaluate, matches, operators_for, parse
from loanhub.models import Installment, Lead, Loan
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.repositories.criteria import ENTITY_MODELS, to_condition
from tests.domain.criteria.cases import (
    CATALOGUE,
    CONTEXT,
    NOW,
    aggregates,
    owners,
    run_conditions,
    sample_conditions,
    sample_things,
    things,
    trees,
)
from tests.domain.criteria.tables import MODELS, Base, Thing, store


@pytest.fixture
def tables(db_engine: Engine) -> Engine:
    Base.metadata.create_all(db_engine)
    return db_engine


EVERY_CUSTOMER = replace(CONTEXT, segments=lambda _segment_id: EVERYTHING)


def found(db: Session, node: Node) -> set[int]:
    condition = to_condition(node, CATALOGUE, "thing", CONTEXT, models=MODELS)
    return set(db.scalars(sa.select(Thing.id).where(condition)))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(records=st.lists(things(), min_size=1, max_size=4), tree=trees())
def test_sql_agrees_with_the_record_evaluator(
    tables: Engine, records: list[dict[str, Any]], tree: dict[str, Any]
) -> None:
    node = parse(tree, CATALOGUE, "thing")
    expected = {i for i, r in enumerate(records, 1) if matches(node, r, CONTEXT, CATALOGUE, "thing")}

    with Session(tables) as db:
        store(db, records)
        answer = found(db, node)
        db.rollback()

    assert answer == expected
    for number, record in enumerate(records, 1):
        assert evaluate(node, record, CONTEXT, CATALOGUE, "thing").matched == (number in expected)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(owners(), min_size=3, max_size=6),
    trees_=st.lists(run_conditions() | aggregates(), min_size=5),
)
def test_figures_over_related_records_agree(
    tables: Engine, records: list[dict[str, Any]], trees_: list[dict[str, Any]]
) -> None:
    with Session(tables) as db:
        store(db, records)
        for tree in trees_:
            node = parse(tree, CATALOGUE, "thing")
            expected = {i for i, r in enumerate(records, 1) if matches(node, r, CONTEXT, CATALOGUE, "thing")}

            assert found(db, node) == expected, tree
        db.rollback()


def test_every_operator_agrees_on_every_field_and_so_does_its_negation(tables: Engine) -> None:
    records, all_ids = sample_things(), set(range(1, len(sample_things()) + 1))
    with Session(tables) as db:
        store(db, records)
        for tree in sample_conditions():
            node = parse(tree, CATALOGUE, "thing")
            expected = {i for i, r in enumerate(records, 1) if matches(node, r, CONTEXT, CATALOGUE, "thing")}

            assert found(db, node) == expected, tree
            assert found(db, Not(node)) == all_ids - expected, tree
        db.rollback()


def test_every_builtin_field_has_sql_for_every_operator_it_offers(db_engine: Engine) -> None:
    values = {
        "money": 1, "integer": 1, "level": 1, "percent": "0.1", "decimal": "0.1", "date": "2026-05-20",
        "datetime": "2026-05-20", "boolean": True, "user": 1, "department": 1, "relation": 1, "segment": 1,
        "phone": "15400000001", "id_number": "310000199003070017", "bank_card": "6222000000000017",
        "email": "a@example.com",
    }  # fmt: skip
    with Session(db_engine) as db:
        for entity in BUILTIN.entities:
            model = ENTITY_MODELS[entity.code]
            for spec in (s for s in entity.fields if s.in_filter):
                options = spec.options()
                value: Any = values.get(spec.kind, options[0][0] if options else "甲")
                for operator in operators_for(spec):
                    operand = "0001" if operator.code == "last_four" else value
                    operand = {"relative": "this_week"} if operator.code == "in_period" else operand
                    shape = {"none": {}, "one": {"value": operand}, "two": {"value": [operand, operand]}}
                    tree = {"field": spec.key, "op": operator.code} | shape.get(
                        operator.arity, {"value": [operand]}
                    )
                    node = parse(tree, BUILTIN, entity.code)
                    condition = to_condition(node, BUILTIN, entity.code, EVERY_CUSTOMER)

                    assert db.scalar(sa.select(sa.func.count()).select_from(model).where(condition)) == 0


class TestEncryptedFields:
    @pytest.fixture
    def db(self, db_engine: Engine) -> Any:
        with Session(db_engine) as db:
            for number, phone in enumerate(("+8615400000001", "+8615400000002", None), 1):
                db.add(
                    Lead(
                        id=number, number=f"L{number}", name="张三", phone=phone, status="new",
                        temperature="watch",
                        phone_index=blind_index("phone", phone) if phone else None,
                        phone_tail_index=blind_index_tail("phone", phone) if phone else None,
                        stage_entered_at=NOW, created_at=NOW, updated_at=NOW,
                    )
                )  # fmt: skip
            db.flush()
            yield db
            db.rollback()

    def found(self, db: Session, tree: dict[str, Any]) -> set[int]:
        node = parse(tree, BUILTIN, "lead")
        answer = set(db.scalars(sa.select(Lead.id).where(to_condition(node, BUILTIN, "lead", CONTEXT))))
        rows = db.scalars(sa.select(Lead)).all()
        assert answer == {row.id for row in rows if matches(node, row, CONTEXT, BUILTIN, "lead")}
        return answer

    def test_are_found_by_the_whole_number_however_it_was_typed(self, db: Session) -> None:
        assert self.found(db, {"field": "phone", "op": "eq", "value": "154 0000 0001"}) == {1}

    def test_are_found_by_their_last_four(self, db: Session) -> None:
        assert self.found(db, {"field": "phone", "op": "last_four", "value": "0002"}) == {2}

    def test_follow_the_rule_for_missing_values(self, db: Session) -> None:
        assert self.found(db, {"field": "phone", "op": "ne", "value": "15400000001"}) == {2}
        assert self.found(db, {"not": {"field": "phone", "op": "eq", "value": "15400000001"}}) == {2, 3}
        assert self.found(db, {"field": "phone", "op": "is_empty"}) == {3}


def test_a_relation_is_read_in_one_statement_of_the_outer_query(db_engine: Engine) -> None:
    overdue = {
        "all": [
            {"field": "due_date", "op": "lt", "value": {"relative": "today"}},
            {"field": "cleared_date", "op": "is_empty"},
        ]
    }
    tree = {"aggregate": "longest_run", "of": "installments", "where": overdue, "op": "gte", "value": 2}
    condition = to_condition(parse(tree, BUILTIN, "loan"), BUILTIN, "loan", CONTEXT)

    with Session(db_engine) as db:
        assert db.scalars(sa.select(Loan.id).where(condition)).all() == []
    assert Installment.__tablename__ in str(condition)
