"""Import: columns find their fields, repeats are seen, a typed line becomes a lead."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.importing import (
    find_file_duplicates,
    header_unit,
    parse_quick_line,
    suggest_mapping,
)
from loanhub.domain.leads import DuplicateKey
from loanhub.domain.loose_values import AmountUnit


@dataclass(frozen=True)
class Field:
    key: str
    label: str
    kind: str = "text"
    synonyms: tuple[str, ...] = ()


FIELDS = (
    Field("name", "姓名", "name"),
    Field("phone", "手机号", "phone"),
    Field("other_phone", "其他电话"),
    Field("id_number", "身份证号", "id_number"),
    Field("amount_fen", "意向金额", "money"),
    Field("channel_code", "线索来源", "select"),
    Field("city", "城市", "region"),
    Field("registered_date", "接入时间", "date"),
    Field("note", "备注", "long_text"),
    Field("wechat", "微信号"),
)
PHONES = ["15400217763", "154 0021 7764", "+86 15400217765", "bad"]
NAMES = ["孙立", "王小明", "张伟", "李娜"]
IDS = ["310000199003070017", "110000198512310128", "", "44000020000229123X"]
AMOUNTS = ["40万", "400,000", 30.0, "12.5w"]
DAYS = ["2026-05-01", "2026/5/2", "5月3日", 46143.0]


def mapped(headers, *columns):
    rows = list(zip(*columns, strict=True))
    return [found.field_key for found in suggest_mapping(headers, rows, FIELDS)]


class TestSuggestMapping:
    def test_by_header(self):
        assert mapped(
            ["客户姓名*", "联系电话", "意向金额（万）", "来源", "登记日期"],
            NAMES,
            PHONES,
            AMOUNTS,
            NAMES,
            DAYS,
        ) == [
            "name",
            "phone",
            "amount_fen",
            "channel_code",
            "registered_date",
        ]

    def test_by_content_when_headers_say_nothing(self):
        headers = ["A", "B", "C", "D", ""]

        assert mapped(headers, NAMES, PHONES, IDS, DAYS, AMOUNTS) == [
            "name",
            "phone",
            "id_number",
            "registered_date",
            "amount_fen",
        ]

    def test_content_beats_a_misleading_header(self):
        assert mapped(["联系人", "客户名称"], PHONES, NAMES) == ["phone", "name"]

    def test_no_field_twice(self):
        assert mapped(["手机号", "手机号2"], PHONES, PHONES) == ["phone", None]

    def test_an_unknown_column_is_offered_as_a_custom_field(self):
        found = suggest_mapping(["微信昵称"], [["向前看"]], FIELDS)[0]

        assert (found.field_key, found.reason) == (None, "没有对应的字段")

    def test_an_empty_column_says_so(self):
        found = suggest_mapping(["Unnamed: 9"], [[None], [""]], FIELDS)[0]

        assert (found.field_key, found.empty, found.reason) == (None, True, "整列为空")

    def test_says_why(self):
        found = suggest_mapping(["联系电话"], [[phone] for phone in PHONES], FIELDS)[0]

        assert (found.confidence, found.reason) == (100, "表头与「联系电话」相同，内容是手机号")

    def test_keeps_the_unit_of_an_amount(self):
        found = suggest_mapping(["需求额度/万元"], [["40"]], FIELDS)[0]

        assert (found.field_key, found.unit) == ("amount_fen", AmountUnit.WAN)

    def test_the_catalogues_synonyms_count(self):
        fields = (Field("custom_x", "爱好", synonyms=("兴趣",)),)

        assert suggest_mapping(["兴 趣"], [["钓鱼"]], fields)[0].field_key == "custom_x"

    @given(
        headers=st.lists(st.text(max_size=8), max_size=6),
        rows=st.lists(
            st.lists(
                st.one_of(st.none(), st.text(max_size=12), st.floats(allow_nan=False, allow_infinity=False)),
                max_size=6,
            ),
            max_size=5,
        ),
    )
    def test_every_column_gets_one_answer_and_no_field_two(self, headers, rows):
        found = suggest_mapping(headers, rows, FIELDS)

        keys = [m.field_key for m in found if m.field_key]
        assert [m.column for m in found] == list(range(len(headers)))
        assert len(keys) == len(set(keys))
        assert all(m.reason and 0 <= m.confidence <= 100 for m in found)


@pytest.mark.parametrize(
    ("header", "unit"),
    [("意向金额(万)", AmountUnit.WAN), ("金额（万元）", AmountUnit.WAN), ("金额/万", AmountUnit.WAN), ("额度(元)", AmountUnit.YUAN), ("金额（单位：元）", AmountUnit.YUAN), ("金额", None), ("公元", None)],
)  # fmt: skip
def test_headers_name_units(header, unit):
    assert header_unit(header) is unit


class TestFindFileDuplicates:
    def test_by_phone_and_by_id(self):
        rows = [
            {"phone": "1"},
            {},
            {"phone": "1"},
            {"phone": "2", "id_number": "x"},
            {"phone": "3", "id_number": "x"},
        ]

        assert [(d.index, d.first_index, d.key) for d in find_file_duplicates(rows)] == [
            (2, 0, DuplicateKey.PHONE),
            (4, 3, DuplicateKey.ID_NUMBER),
        ]

    def test_a_couple_with_one_phone_stays(self):
        assert (
            find_file_duplicates([{"phone": "1", "id_number": "x"}, {"phone": "1", "id_number": "y"}]) == []
        )

    def test_all_repeats_point_to_the_first(self):
        found = find_file_duplicates([{"phone": "1"}] * 4)

        assert [(d.index, d.first_index) for d in found] == [(1, 0), (2, 0), (3, 0)]


class TestParseQuickLine:
    @pytest.mark.parametrize(
        ("line", "name", "phone", "amount_fen", "note"),
        [
            ("孙立 138 0021 7763 40万", "孙立", "13800217763", 40_000_000, ""),
            ("孙立，13800217763，40万，想周末面谈", "孙立", "13800217763", 40_000_000, "想周末面谈"),
            ("40万 孙立 13800217763", "孙立", "13800217763", 40_000_000, ""),
            ("13800217763 40万", "", "13800217763", 40_000_000, ""),
            ("孙立 ＋８６ 138-0021-7763 四十万", "孙立", "13800217763", 40_000_000, ""),
            ("张先生 13800217763 12.5w 房抵 急用", "张先生", "13800217763", 12_500_000, "房抵 急用"),
            ("急用 孙立 13800217763", "孙立", "13800217763", None, "急用"),
            ("欧阳娜娜13800217763", "欧阳娜娜", "13800217763", None, ""),
            ("阿依古丽·买买提 13800217763", "阿依古丽·买买提", "13800217763", None, ""),
            ("孙立", "孙立", "", None, ""),
            ("", "", "", None, ""),
        ],
    )
    def test_finds_the_fields(self, line, name, phone, amount_fen, note):
        found = parse_quick_line(line)

        assert (found.name, found.phone, found.amount_fen, found.note) == (name, phone, amount_fen, note)
        assert found.phone_sentence == ""

    def test_says_what_is_wrong_with_the_phone(self):
        found = parse_quick_line("孙立 1380021 40万")

        assert (found.name, found.phone, found.amount_fen) == ("孙立", "1380021", 40_000_000)
        assert found.phone_sentence == "还差 4 位，手机号应为 11 位"

    @given(line=st.text(max_size=60))
    def test_no_line_breaks_it(self, line):
        parse_quick_line(line)
