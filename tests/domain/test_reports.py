"""Definitions of reports: what fits goes through unchanged, and every fault is said at its part."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.analytics.measures import DIMENSIONS
from loanhub.domain.catalogue import BUILTIN
from loanhub.domain.errors import InvalidInput
from loanhub.domain.reports import Known, faults_of_name, read
from loanhub.services.reports import READY
from loanhub.services.reports._known import specs

KNOWN = Known(specs(), DIMENSIONS, BUILTIN)


class TestRead:
    @pytest.mark.parametrize("code", sorted(READY))
    def test_what_it_reads_it_writes_again(self, code: str) -> None:
        found = read(READY[code].definition, KNOWN)

        assert read(found.to_json(), KNOWN) == found

    @pytest.mark.parametrize(
        ("raw", "part", "sentence"),
        [
            (None, "definition", "报表的写法不对"),
            ([], "definition", "报表的写法不对"),
            ({"measures": ["new_leads"], "sql": "drop"}, "definition", "不认识的部分：sql"),
            ({}, "measures", "请至少选一个指标"),
            ({"measures": []}, "measures", "请至少选一个指标"),
            ({"measures": "new_leads"}, "measures", "写法不对"),
            ({"measures": [1]}, "measures", "写法不对"),
            ({"measures": ["nope"]}, "measures", "不存在的项"),
            ({"measures": ["new_leads", "new_leads"]}, "measures", "重复"),
            ({"measures": list(specs())[:7]}, "measures", "最多 6 个"),
            ({"measures": ["new_leads"], "rows": ["bucket"]}, "rows", "「新增线索」的记录没有逾期阶段"),
            ({"measures": ["new_leads"], "rows": ["channel", "owner", "city", "month"]}, "rows", "最多 3 个"),
            ({"measures": ["output_per_head"], "rows": ["owner"]}, "rows", "分母是另一类记录"),
            ({"measures": ["outstanding_principal"], "rows": ["month"]}, "rows", "当前时点"),
            ({"measures": ["new_leads"], "columns": ["month"]}, "columns", "请先选行"),
            ({"measures": ["new_leads"], "rows": ["month"], "columns": ["month"]}, "columns", "既作行又作列"),
            ({"measures": ["new_leads"], "rows": ["city"], "columns": ["month", "week"]}, "columns", "最多 1 个"),
            ({"measures": ["new_leads"], "period": "month"}, "period", "写法不对"),
            ({"measures": ["new_leads"], "period": {"code": "soon"}}, "period", "请选择时间段"),
            ({"measures": ["new_leads"], "period": {"code": "custom"}}, "period", "请填写起止日期"),
            ({"measures": ["new_leads"], "period": {"code": "custom", "first": "2026-02-30", "last": "2026-03-01"}}, "period", "请填写起止日期"),
            ({"measures": ["new_leads"], "period": {"code": "custom", "first": "2026-03-02", "last": "2026-03-01"}}, "period", "不能早于"),
            ({"measures": ["new_leads"], "period": {"code": "custom", "first": "2001-01-01", "last": "2026-03-01"}}, "period", "最长十年"),
            ({"measures": ["new_leads"], "period": {"code": "month", "first": "2026-01-01"}}, "period", "只有自定义"),
            ({"measures": ["new_leads"], "criteria": []}, "criteria", "条件的写法不对"),
            ({"measures": ["new_leads"], "criteria": {"user": {"field": "x"}}}, "criteria", "条件的写法不对"),
            ({"measures": ["new_leads"], "criteria": {"loan": {"field": "dpd", "op": "gt", "value": 1}}}, "criteria", "没有贷款的"),
            ({"measures": ["new_leads"], "criteria": {"lead": {"field": "dpd", "op": "gt", "value": 1}}}, "criteria", "线索的条件："),
            ({"measures": ["output_per_head"], "criteria": {"loan": {"field": "dpd", "op": "gt", "value": 1}}}, "criteria", "不能加条件"),
            ({"measures": ["new_leads"], "sort": {"by": "city"}}, "sort", "只能按报表里的"),
            ({"measures": ["new_leads"], "sort": "city"}, "sort", "写法不对"),
            ({"measures": ["new_leads"], "rows": ["city"], "top": 0.5}, "top", "前几名"),
            ({"measures": ["new_leads"], "rows": ["city"], "top": 101}, "top", "1 到 100"),
            ({"measures": ["new_leads"], "rows": ["city"], "top": True}, "top", "前几名"),
            ({"measures": ["new_leads"], "top": 5}, "top", "先选行"),
            ({"measures": ["new_leads"], "compare": "always"}, "compare", "请选择对比"),
            ({"measures": ["new_leads"], "rows": ["city"], "columns": ["month"], "compare": "before"}, "compare", "有列时"),
            ({"measures": ["new_leads"], "rows": ["month"], "compare": "before"}, "compare", "按时间分行"),
            ({"measures": ["new_leads"], "chart": "pie"}, "chart", "请选择图形"),
            ({"measures": ["new_leads"], "rows": ["city"], "chart": "line"}, "chart", "按时间分行"),
            ({"measures": ["new_leads"], "rows": ["city"], "chart": "heat"}, "chart", "要有列"),
            ({"measures": ["new_leads"], "chart": "bar"}, "chart", "要有行"),
        ],
    )  # fmt: skip
    def test_a_fault_is_said_at_its_part(self, raw: Any, part: str, sentence: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            read(raw, KNOWN)

        assert sentence in refused.value.fields[part]

    def test_several_faults_are_all_said(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            read({"measures": ["nope"], "period": 1, "top": -1, "chart": 3}, KNOWN)

        assert set(refused.value.fields) >= {"measures", "period", "top", "chart"}


def test_a_name_has_one_to_thirty_letters() -> None:
    assert faults_of_name("", "") == {"name": "报表名称要 1 到 30 个字"}
    assert set(faults_of_name("长" * 31, "长" * 201)) == {"name", "note"}
    assert faults_of_name("渠道周报", "") == {}
