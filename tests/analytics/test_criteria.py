"""The Polars evaluator agrees with the one on records."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loanhub.analytics.criteria import to_expression
from loanhub.domain.criteria import matches, parse
from tests.domain.criteria.cases import (
    CATALOGUE,
    CONTEXT,
    aggregates,
    owners,
    run_conditions,
    sample_conditions,
    sample_things,
    things,
    trees,
)

DTYPES: dict[str, Any] = {
    "text": pl.String, "region": pl.String, "choice": pl.String, "money": pl.Int64, "integer": pl.Int64,
    "level": pl.Int64, "user": pl.Int64, "department": pl.Int64, "percent": pl.Decimal(38, 12),
    "date": pl.Date, "datetime": pl.Datetime("us", "UTC"), "boolean": pl.Boolean, "tags": pl.List(pl.String),
}  # fmt: skip


def frames(records: list[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    things_schema = {
        spec.key: DTYPES[spec.kind] for spec in CATALOGUE.fields("thing") if spec.kind != "segment"
    }
    parts_schema = {spec.key: DTYPES[spec.kind] for spec in CATALOGUE.fields("part")}
    rows = [{"id": i} | {key: record[key] for key in things_schema} for i, record in enumerate(records, 1)]
    parts = [{"thing_id": i} | part for i, record in enumerate(records, 1) for part in record["parts"]]
    parts = [{"id": i} | part for i, part in enumerate(parts, 1)]
    return (
        pl.DataFrame(rows, schema={"id": pl.Int64} | things_schema),
        pl.DataFrame(parts, schema={"id": pl.Int64, "thing_id": pl.Int64} | parts_schema),
    )


def check(records: list[dict[str, Any]], tree: dict[str, Any]) -> None:
    node = parse(tree, CATALOGUE, "thing")
    frame, parts = frames(records)

    expression = to_expression(node, CATALOGUE, "thing", CONTEXT, {"parts": parts})
    answer = frame.with_columns(met=expression)["met"]

    assert answer.null_count() == 0
    assert answer.to_list() == [matches(node, record, CONTEXT, CATALOGUE, "thing") for record in records]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(things(), min_size=1, max_size=4), tree=trees())
def test_polars_agrees_with_the_record_evaluator(records: list[dict[str, Any]], tree: dict[str, Any]) -> None:
    check(records, tree)


@settings(max_examples=80, deadline=None)
@given(
    records=st.lists(owners(), min_size=3, max_size=6),
    trees_=st.lists(run_conditions() | aggregates(), min_size=5),
)
def test_figures_over_related_records_agree(
    records: list[dict[str, Any]], trees_: list[dict[str, Any]]
) -> None:
    for tree in trees_:
        check(records, tree)


def test_every_operator_agrees_on_every_field_and_so_does_its_negation() -> None:
    records = sample_things()
    for tree in sample_conditions():
        check(records, tree)
        check(records, {"not": tree})
