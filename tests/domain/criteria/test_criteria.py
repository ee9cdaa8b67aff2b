"""Conditions are read strictly, said in Chinese, compared by meaning, put in links, and explained."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.catalogue import BUILTIN, Access, FieldSpec
from loanhub.domain.criteria import (
    EVERYTHING,
    OPERATORS,
    Context,
    InvalidCriteria,
    criteria_hash,
    decode_from_url,
    encode_for_url,
    evaluate,
    fields_used,
    matches,
    operators_for,
    parse,
    to_json,
    to_sentence,
)
from loanhub.domain.errors import InvalidInput
from tests.domain.criteria.cases import CATALOGUE, CONTEXT, things, trees

NOW = datetime(2026, 11, 21, 6, 8, tzinfo=UTC)
ME = Context(NOW, actor_id=7, team_user_ids=frozenset({7, 8}))
MINE: dict[str, Any] = {"field": "owner_id", "op": "eq", "value": "me"}
BIG: dict[str, Any] = {"field": "amount_fen", "op": "gte", "value": 10_000_000}
STALE: dict[str, Any] = {"field": "last_follow_up_at", "op": "lt", "value": {"relative": "today", "days": -3}}


def say(tree: dict[str, Any], entity: str = "lead") -> str:
    sources = {"channel": (("douyin", "抖音"), ("baidu", "百度")), "user": (("8", "李四"),)}
    return to_sentence(parse(tree, BUILTIN, entity), BUILTIN, entity, sources)


SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    ("lead", {"all": [MINE, BIG, STALE]}, "负责人是我 且 意向金额 ≥ 10 万 且 最近跟进早于 3 天前"),
    ("lead", {}, "全部"),
    ("lead", {"any": [MINE, {"all": [BIG, STALE]}]},
     "负责人是我 或 （意向金额 ≥ 10 万 且 最近跟进早于 3 天前）"),
    ("lead", {"not": BIG}, "并非（意向金额 ≥ 10 万）"),
    ("lead", {"field": "amount_fen", "op": "eq", "value": 123_450}, "意向金额 = ¥1,234.50"),
    ("lead", {"field": "amount_fen", "op": "between", "value": [0, 15_000_000_000]},
     "意向金额介于 ¥0.00 ～ 1.5 亿"),
    ("lead", {"field": "channel_code", "op": "in", "value": ["douyin", "baidu"]}, "来源渠道属于抖音、百度"),
    ("lead", {"field": "owner_id", "op": "ne", "value": 8}, "负责人不是李四"),
    ("lead", {"field": "name", "op": "contains", "value": "张"}, "姓名包含「张」"),
    ("lead", {"field": "phone", "op": "last_four", "value": "0001"}, "手机号后四位是「0001」"),
    ("lead", {"field": "status", "op": "eq", "value": "new"}, "状态是新线索"),
    ("lead", {"field": "city", "op": "is_empty"}, "城市为空"),
    ("lead", {"field": "term_months", "op": "lte", "value": 12}, "意向期限 ≤ 12 个月"),
    ("lead", {"field": "created_at", "op": "in_period", "value": {"relative": "this_week"}},
     "创建时间在本周内"),
    ("lead", {"field": "created_at", "op": "in_period", "value": {"relative": "last_days", "days": 15}},
     "创建时间在近 15 天内"),
    ("lead", {"field": "assigned_at", "op": "lte", "value": {"relative": "now", "hours": -24}},
     "分配时间不晚于 24 小时前"),
    ("lead", {"field": "registered_date", "op": "gte", "value": "2026-05-01"}, "登记日期不早于 2026-05-01"),
    ("lead", {"field": "created_at", "op": "lt", "value": "2026-05-01T08:00:00+08:00"},
     "创建时间早于 2026-05-01 08:00"),
    ("customer", {"field": "risk_grade", "op": "gte", "value": 3}, "风险等级 ≥ 高"),
    ("customer", {"field": "firm_share_rate", "op": "gt", "value": "0.255"}, "本人占股 > 25.5%"),
    ("customer", {"field": "tags", "op": "has_any", "value": ["VIP", "老客户"]}, "标签包含任一 VIP、老客户"),
    ("customer", {"field": "has_car", "op": "eq", "value": True}, "有车辆为是"),
    ("loan", {"aggregate": "longest_run", "of": "installments", "op": "gte", "value": 2,
              "where": {"field": "due_date", "op": "lt", "value": {"relative": "today"}}},
     "「应还日早于今天」的还款计划连续期数 ≥ 2 期"),
    ("loan", {"aggregate": "sum", "of": "payments", "field": "amount_fen", "op": "gte", "value": 1_000_000},
     "入账金额合计 ≥ 1 万"),
    ("customer", {"aggregate": "exists", "of": "loans", "where": {"field": "dpd", "op": "gt", "value": 30}},
     "有「逾期天数 > 30 天」的借据"),
    ("customer", {"aggregate": "count", "of": "applications", "op": "eq", "value": 0}, "申请笔数 = 0 笔"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "tree", "sentence"), SENTENCES, ids=[s for *_, s in SENTENCES])
def test_reads_back_as_a_chinese_sentence(entity: str, tree: dict[str, Any], sentence: str) -> None:
    assert say(tree, entity) == sentence


def _nested(depth: int) -> dict[str, Any]:
    tree = BIG
    for _ in range(depth - 1):
        tree = {"not": tree}
    return tree


REFUSED: list[tuple[Any, str, str]] = [
    ("amount_fen > 5", "$", "写法"),
    ({"all": {}}, "$", "写法"),
    ({"all": [BIG], "any": [BIG]}, "$", "写法"),
    ({"or": [BIG]}, "$", "写法"),
    ({"any": []}, "$", "还没有条件"),
    ({"all": [{}]}, "$.all[0]", "写法"),
    (BIG | {"extra": 1}, "$", "写法"),
    ({"all": [BIG, {"field": "nope", "op": "eq", "value": 1}]}, "$.all[1].field", "没有「nope」这个字段"),
    ({"field": ["x"], "op": "eq", "value": 1}, "$.field", "这个字段"),
    (BIG | {"op": "like"}, "$.op", "没有这种比较方式"),
    (BIG | {"op": ["gte"]}, "$.op", "没有这种比较方式"),
    (BIG | {"op": "contains"}, "$.op", "「意向金额」不能用「包含」比较"),
    ({"field": "phone", "op": "contains", "value": "154"}, "$.op", "手机号"),
    ({"field": "wechat", "op": "eq", "value": "x"}, "$.op", "微信号"),
    (BIG | {"value": "100"}, "$.value", "金额"),
    (BIG | {"value": 1.5}, "$.value", "金额"),
    (BIG | {"value": True}, "$.value", "金额"),
    (BIG | {"value": 10**16}, "$.value", "过大"),
    (BIG | {"op": "between", "value": [1]}, "$.value", "起止"),
    (BIG | {"op": "in", "value": []}, "$.value", "至少"),
    (BIG | {"op": "in", "value": list(range(201))}, "$.value", "200"),
    (BIG | {"op": "in", "value": [1, "2"]}, "$.value[1]", "金额"),
    (BIG | {"op": "is_empty"}, "$.value", "不需要"),
    ({"field": "name", "op": "contains", "value": "长" * 201}, "$.value", "200"),
    ({"field": "name", "op": "contains", "value": "a\x00b"}, "$.value", ""),
    ({"field": "name", "op": "contains", "value": "a\nb"}, "$.value", "控制字符"),
    ({"field": "name", "op": "contains", "value": " "}, "$.value", "比较的内容"),
    ({"field": "status", "op": "eq", "value": "nope"}, "$.value", "没有「nope」这个选项"),
    ({"field": "owner_id", "op": "eq", "value": "you"}, "$.value", "选择"),
    ({"field": "phone", "op": "last_four", "value": "001"}, "$.value", "后四位"),
    ({"field": "created_at", "op": "lt", "value": "yesterday"}, "$.value", "日期格式"),
    ({"field": "created_at", "op": "lt", "value": "9999-12-31"}, "$.value", "日期格式"),
    ({"field": "created_at", "op": "lt", "value": {"relative": "someday"}}, "$.value", "相对日期"),
    ({"field": "created_at", "op": "lt", "value": {"relative": "today", "days": 9999}}, "$.value", "3660"),
    ({"field": "created_at", "op": "lt", "value": {"relative": "today", "hours": 1}}, "$.value", "写法"),
    ({"field": "created_at", "op": "in_period", "value": {"relative": "now"}}, "$.value", "一段时间"),
    ({"field": "created_at", "op": "in_period", "value": "2026-05-01"}, "$.value", "一段时间"),
    ({"field": "registered_date", "op": "lt", "value": {"relative": "now"}}, "$.value", "今天"),
    ({"aggregate": "median", "of": "tasks", "op": "gte", "value": 1}, "$.aggregate", "统计方式"),
    ({"aggregate": "count", "of": "nope", "op": "gte", "value": 1}, "$.of", "关联记录"),
    ({"aggregate": "count", "of": "tasks"}, "$.op", "比较方式"),
    ({"aggregate": "exists", "of": "tasks", "op": "gte", "value": 1}, "$", "不需要比较"),
    ({"aggregate": "sum", "of": "tasks", "field": "due_at", "op": "gte", "value": 1}, "$.field",
     "不能这样统计"),
    ({"aggregate": "sum", "of": "tasks", "op": "gte", "value": 1}, "$.field", "选择统计的字段"),
    ({"aggregate": "longest_run", "of": "tasks", "op": "gte", "value": 1}, "$.where", "连续"),
    ({"not": {"aggregate": "count", "of": "tasks", "where": {"field": "city", "op": "is_empty"}, "op": "gte",
     "value": 1}},
     "$.not.where.field", "city"),
    (_nested(9), "$" + ".not" * 8, "8 层"),
    ({"all": [{"all": [BIG] * 60}, {"all": [BIG] * 60}]}, "$.all[1].all[40]", "100"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "path", "words"), REFUSED, ids=[f"{i}" for i in range(len(REFUSED))])
def test_refuses_with_a_path_and_a_sentence(tree: Any, path: str, words: str) -> None:
    if path == "$.value" and words == "":
        # An invisible character is dropped, as it is when the field itself is filled in.
        assert parse(tree, BUILTIN, "lead").value == "ab"  # type: ignore[union-attr]
        return
    with pytest.raises(InvalidCriteria, match=words) as refused:
        parse(tree, BUILTIN, "lead")

    assert list(refused.value.fields) == [path]


def test_an_aggregate_inside_an_aggregate_is_refused() -> None:
    inner = {"aggregate": "count", "of": "tasks", "op": "gte", "value": 1}

    with pytest.raises(InvalidCriteria, match="不能再统计"):
        parse({"aggregate": "exists", "of": "applications", "where": inner}, BUILTIN, "customer")


WORDS = ["all", "any", "not", "field", "op", "value", "aggregate", "of", "relative"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["all", "me"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3)
        ),
    )
)
def test_whatever_comes_is_read_or_refused(raw: Any) -> None:
    try:
        node = parse(raw, BUILTIN, "lead")
    except InvalidInput:
        return
    assert to_sentence(node, BUILTIN, "lead")


class TestRights:
    @staticmethod
    def right_of(spec: FieldSpec) -> Access:
        return {"phone": Access.MASKED, "name": Access.MASKED, "amount_fen": Access.NONE}.get(
            spec.key, Access.READ
        )

    @pytest.mark.parametrize("tree", [BIG, {"field": "name", "op": "starts_with", "value": "张"}])
    def test_what_one_may_not_read_one_may_not_filter_by(self, tree: dict[str, Any]) -> None:
        with pytest.raises(InvalidCriteria, match="无权"):
            parse(tree, BUILTIN, "lead", right_of=self.right_of)

    def test_encrypted_fields_may_be_looked_up_whole(self) -> None:
        tree = {"field": "phone", "op": "eq", "value": "15400000001"}

        assert parse(tree, BUILTIN, "lead", right_of=self.right_of)

    def test_figures_over_hidden_fields_are_refused_too(self) -> None:
        tree = {"aggregate": "max", "of": "leads", "field": "amount_fen", "op": "is_not_empty"}

        with pytest.raises(InvalidCriteria, match="无权"):
            parse(tree, BUILTIN, "customer", right_of=self.right_of)


class TestCanonicalForm:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"all": [MINE, BIG]}, {"all": [BIG, MINE, BIG]}),
            ({"all": [MINE, {"all": [BIG, STALE]}]}, {"all": [STALE, BIG, MINE]}),
            ({"not": {"not": BIG}}, BIG),
            ({"any": [BIG]}, {"all": [BIG]}),
            ({}, {"all": []}),
            (BIG | {"op": "in", "value": [3, 1, 3]}, BIG | {"op": "in", "value": [1, 3]}),
            (
                {"field": "created_at", "op": "lt", "value": "2026-05-01T08:00:00+08:00"},
                {"field": "created_at", "op": "lt", "value": "2026-05-01T00:00:00+00:00"},
            ),
        ],
    )
    def test_what_says_the_same_has_one_hash(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        assert criteria_hash(parse(one, BUILTIN, "lead")) == criteria_hash(parse(other, BUILTIN, "lead"))

    def test_what_differs_differs(self) -> None:
        trees_: list[dict[str, Any]] = [
            {"all": [MINE, BIG]}, {"any": [MINE, BIG]}, {"not": BIG}, BIG, BIG | {"value": 1},
            BIG | {"op": "between", "value": [1, 2]}, BIG | {"op": "between", "value": [2, 1]},
        ]  # fmt: skip

        assert len({criteria_hash(parse(tree, BUILTIN, "lead")) for tree in trees_}) == len(trees_)

    @given(tree=trees(), record=things())
    def test_keeps_the_meaning(self, tree: dict[str, Any], record: dict[str, Any]) -> None:
        from loanhub.domain.criteria import canonical

        node = parse(tree, CATALOGUE, "thing")

        assert matches(canonical(node), record, CONTEXT, CATALOGUE, "thing") == matches(
            node, record, CONTEXT, CATALOGUE, "thing"
        )

    @given(tree=trees())
    def test_json_and_links_give_back_the_condition(self, tree: dict[str, Any]) -> None:
        node = parse(tree, CATALOGUE, "thing")

        assert parse(to_json(node), CATALOGUE, "thing") == node
        assert to_sentence(node, CATALOGUE, "thing")
        try:
            text = encode_for_url(node)
        except InvalidInput:
            return
        assert decode_from_url(text, CATALOGUE, "thing") == node
        assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class TestLinks:
    def test_an_empty_one_is_every_record(self) -> None:
        assert decode_from_url("", BUILTIN, "lead") == EVERYTHING

    @pytest.mark.parametrize("text", ["%%%", "abc", "e30=x", "x" * 3000, "W1tbW1tb", "//8", "MTIz"])
    def test_damaged_ones_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidCriteria):
            decode_from_url(text, BUILTIN, "lead")

    def test_a_condition_too_long_for_one_is_to_be_saved(self) -> None:
        node = parse(
            {"field": "amount_fen", "op": "in", "value": list(range(10**12, 10**12 + 200))}, BUILTIN, "lead"
        )

        with pytest.raises(InvalidInput, match="保存为视图"):
            encode_for_url(node)


class TestEvaluate:
    def test_tells_which_leaves_decided(self) -> None:
        node = parse({"all": [MINE, BIG, STALE]}, BUILTIN, "lead")
        record = {"owner_id": 7, "amount_fen": 5_000_000, "last_follow_up_at": None}

        outcome = evaluate(node, record, ME, BUILTIN, "lead")

        assert not outcome.matched
        assert [(leaf.sentence, leaf.actual, leaf.missing) for leaf in outcome.deciding] == [
            ("意向金额 ≥ 10 万", "¥50,000.00", False),
            ("最近跟进早于 3 天前", "—", True),
        ]

    def test_names_the_one_that_held_of_several(self) -> None:
        node = parse({"any": [MINE, BIG]}, BUILTIN, "lead")

        outcome = evaluate(node, {"owner_id": 1, "amount_fen": 10_000_000}, ME, BUILTIN, "lead")

        assert [leaf.field for leaf in outcome.deciding] == ["amount_fen"]

    def test_never_shows_an_encrypted_value(self) -> None:
        node = parse({"field": "phone", "op": "eq", "value": "15400000001"}, BUILTIN, "lead")

        outcome = evaluate(node, {"phone": "+8615400000001"}, ME, BUILTIN, "lead")

        assert outcome.matched
        assert outcome.explanation.actual == "154****0001"

    def test_shows_only_what_the_reader_may_see(self) -> None:
        node = parse({"field": "amount_fen", "op": "gte", "value": 1}, BUILTIN, "lead")

        outcome = evaluate(node, {"amount_fen": 5}, ME, BUILTIN, "lead", right_of=lambda spec: Access.NONE)

        assert outcome.explanation.actual == "***"

    @pytest.mark.parametrize(
        ("periods", "met"),
        [((True, True, False, True), True), ((True, False, True, False), False), ((), False)],
    )
    def test_counts_installments_in_a_row(self, periods: tuple[bool, ...], met: bool) -> None:
        unpaid = {"field": "cleared_date", "op": "is_empty"}
        tree = {"aggregate": "longest_run", "of": "installments", "where": unpaid, "op": "gte", "value": 2}
        rows = [{"period": i, "cleared_date": None if late else NOW.date()} for i, late in enumerate(periods)]

        outcome = evaluate(parse(tree, BUILTIN, "loan"), {"installments": rows[::-1]}, ME, BUILTIN, "loan")

        assert outcome.matched is met

    def test_fetches_related_records_through_the_context(self) -> None:
        tree = {"aggregate": "count", "of": "tasks", "op": "eq", "value": 2}
        context = Context(NOW, related=lambda record, relation: [{}, {}] if relation.key == "tasks" else [])

        assert matches(parse(tree, BUILTIN, "lead"), {}, context, BUILTIN, "lead")

    def test_nobody_asking_is_nobody(self) -> None:
        node = parse(MINE, BUILTIN, "lead")

        assert not matches(node, {"owner_id": 7}, Context(NOW), BUILTIN, "lead")
        assert matches(node, {"owner_id": 7}, ME, BUILTIN, "lead")

    def test_days_are_those_of_shanghai(self) -> None:
        node = parse({"field": "created_at", "op": "eq", "value": {"relative": "today"}}, BUILTIN, "lead")
        midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)

        assert matches(node, {"created_at": midnight}, ME, BUILTIN, "lead")
        assert not matches(node, {"created_at": midnight.replace(hour=15)}, ME, BUILTIN, "lead")

    def test_reads_json_columns_of_a_row(self) -> None:
        node = parse({"field": "housing_fund_rate", "op": "gte", "value": "0.24"}, BUILTIN, "customer")

        assert matches(node, {"profile": {"housing_fund_rate": "0.24"}}, ME, BUILTIN, "customer")
        assert not matches(node, {"profile": {"housing_fund_rate": 5.5}}, ME, BUILTIN, "customer")


def test_every_field_may_be_filtered_by_something() -> None:
    for entity in BUILTIN.entities:
        for spec in BUILTIN.for_filter(entity.code):
            assert operators_for(spec), spec


def test_operators_have_one_place_each_in_the_editor() -> None:
    assert len({operator.order for operator in OPERATORS.values()}) == len(OPERATORS)


def test_tells_which_fields_a_condition_reads() -> None:
    tree = {"all": [MINE, {"not": BIG}, {"aggregate": "exists", "of": "tasks"}]}

    assert fields_used(parse(tree, BUILTIN, "lead")) == {"owner_id", "amount_fen"}
