"""A condition made ready for many records says what the evaluator on one record says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loanhub.domain import criteria as language
from loanhub.domain.catalogue import BUILTIN

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
RECORDS: list[dict[str, Any]] = [
    {
        "city": "上海",
        "amount_fen": 40_000_000,
        "channel_code": "douyin",
        "created_at": NOON - timedelta(days=1),
    },
    {"city": "上海浦东", "amount_fen": 9_999, "channel_code": "", "created_at": NOON},
    {"city": "", "amount_fen": None, "channel_code": "website", "created_at": NOON - timedelta(days=40)},
    {},
]
CONDITIONS: list[dict[str, Any]] = [
    {"field": "city", "op": "eq", "value": "上海"}, {"field": "city", "op": "contains", "value": "上海"},
    {"field": "amount_fen", "op": "gte", "value": 40_000_000}, {"field": "amount_fen", "op": "is_empty"},
    {"not": {"field": "channel_code", "op": "in", "value": ["douyin", "website"]}},
    {"any": [{"field": "city", "op": "is_empty"}, {"all": [{"field": "amount_fen", "op": "lt", "value": 10_000}]}]},
    {"field": "created_at", "op": "in_period", "value": {"relative": "this_month"}}, {"all": []},
]  # fmt: skip


@pytest.mark.parametrize("raw", CONDITIONS, ids=str)
@pytest.mark.parametrize("moment", [NOON, NOON - timedelta(days=35), NOON + timedelta(days=20)])
def test_agrees_with_the_evaluator(raw: dict[str, Any], moment: datetime) -> None:
    node = language.parse(raw, BUILTIN, "lead")
    test = language.compiled(node, BUILTIN, "lead")

    for record in RECORDS:
        expected = language.matches(node, record, language.Context(now=moment), BUILTIN, "lead")
        assert test(record, moment) == expected
