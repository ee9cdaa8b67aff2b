"""Every kind reads, shows and stores its values, and refuses what it cannot read in Chinese."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.catalogue import EMPTY, KINDS
from loanhub.domain.errors import InvalidInput

OPTIONS = (("salaried", "普通工薪"), ("owner", "企业主"))
GRADES = (("1", "低"), ("4", "极高"))

READ: list[tuple[str, object, Any]] = [
    ("text", "  贷款　装修 \n用 ", "贷款 装修 用"),
    ("long_text", "一\r\n二", "一\n二"),
    ("name", "欧阳 娜娜", "欧阳娜娜"),
    ("company_name", "示例（上海）有限公司", "示例(上海)有限公司"),
    ("phone", "+86 154-0000-0001", "+8615400000001"),
    ("phone", 15400000001.0, "+8615400000001"),
    ("id_number", "31000019900307001７", "310000199003070017"),
    ("uscc", "91310199ma1k0000xj", "91310199MA1K0000XJ"),
    ("certificate", "h1234 5678", "H12345678"),
    ("bank_card", "6222 0000 0000 0017", "6222000000000017"),
    ("email", "Zhang.San@Example.com", "zhang.san@example.com"),
    ("region", "江苏省 / 苏州市", "江苏省苏州市"),
    ("money", "12.5万", 12_500_000),
    ("money", "１，２３４.５", 123_450),
    ("money", 1234.5, 123_450),
    ("percent", "7.2%", Decimal("0.072")),
    ("percent", "7.2", Decimal("0.072")),
    ("percent", "6‰", Decimal("0.006")),
    ("percent", Decimal("0.072"), Decimal("0.072")),
    ("integer", "1,200", 1200),
    ("integer", 12.0, 12),
    ("decimal", "89.50", Decimal("89.5")),
    ("level", "极高", 4),
    ("date", "2026年5月3日", date(2026, 5, 3)),
    ("date", "20260503", date(2026, 5, 3)),
    ("date", "2026/5/3 00:00:00", date(2026, 5, 3)),
    ("date", datetime(2026, 5, 2, 16, tzinfo=UTC), date(2026, 5, 3)),
    ("datetime", "2026-05-03 08:00", datetime(2026, 5, 3, tzinfo=UTC)),
    ("datetime", "2026-05-03T08:00:00+08:00", datetime(2026, 5, 3, tzinfo=UTC)),
    ("datetime", "2026年5月3日 8:00", datetime(2026, 5, 3, tzinfo=UTC)),
    ("datetime", "2026-05-03", datetime(2026, 5, 2, 16, tzinfo=UTC)),
    ("choice", "企业主", "owner"),
    ("choice", "OWNER", "owner"),
    ("multi_choice", "企业主、普通工薪,企业主", ["owner", "salaried"]),
    ("tags", ["老客户", " 企业主 "], ["老客户", "owner"]),
    ("boolean", "有", True),
    ("boolean", 0, False),
    ("user", "3", 3),
]


@pytest.mark.parametrize(("kind", "raw", "value"), READ, ids=lambda case: str(case)[:20])
def test_reads(kind: str, raw: object, value: Any) -> None:
    options = GRADES if kind == "level" else OPTIONS if kind in ("choice", "multi_choice", "tags") else ()

    assert KINDS[kind].parse(raw, options, today=date(2026, 11, 21)) == value


REFUSED: list[tuple[str, object, str]] = [
    ("phone", "1540000001", "还差 1 位"),
    ("id_number", "310000199003070016", "校验位"),
    ("bank_card", "6222000000000018", "校验位"),
    ("email", "zhang@", "邮箱"),
    ("money", "1.234", "分"),
    ("money", "-5", "负"),
    ("percent", "abc", "数字"),
    ("integer", "1.5", "整数"),
    ("integer", "9" * 16, "过大"),
    ("decimal", "1.2345678901234567", "过长"),
    ("decimal", "1e5", "数字"),
    ("date", "2026-02-30", "2 月 30 日"),
    ("date", "1026-02-03", "年份"),
    ("datetime", "2026-05-03 25:00", "时刻"),
    ("choice", "学生", "可选：普通工薪、企业主"),
    ("boolean", "也许", "是"),
    ("user", "张三", "没有找到"),
    ("name", "张", "2 个字"),
    ("text", "长" * 201, "200"),
    ("tags", "长" * 21, "20"),
]


@pytest.mark.parametrize(("kind", "raw", "words"), REFUSED, ids=lambda case: str(case)[:20])
def test_refuses_with_a_sentence(kind: str, raw: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        KINDS[kind].parse(raw, OPTIONS if kind == "choice" else (), today=date(2026, 11, 21))


def test_refuses_a_birth_date_that_lies_ahead() -> None:
    with pytest.raises(InvalidInput, match="今天之后"):
        KINDS["id_number"].parse("310000199003070017", today=date(1990, 3, 6))


SHOWN: list[tuple[str, Any, str]] = [
    ("phone", "+8615400000001", "15400000001"),
    ("money", -30_000, "−¥300.00"),
    ("percent", Decimal("0.072"), "7.20%"),
    ("percent", Decimal("0.072125"), "7.2125%"),
    ("integer", 1204, "1,204"),
    ("decimal", Decimal("1234.50"), "1,234.5"),
    ("level", 4, "极高"),
    ("date", date(2026, 5, 3), "2026-05-03"),
    ("datetime", datetime(2026, 5, 2, 16, 8, tzinfo=UTC), "2026-05-03 00:08"),
    ("choice", "owner", "企业主"),
    ("choice", "gone", "gone"),
    ("multi_choice", ["owner", "salaried"], "企业主、普通工薪"),
    ("boolean", False, "否"),
]


@pytest.mark.parametrize(("kind", "value", "text"), SHOWN, ids=lambda case: str(case)[:20])
def test_shows(kind: str, value: Any, text: str) -> None:
    assert KINDS[kind].format(value, options=GRADES if kind == "level" else OPTIONS) == text


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
class TestEveryKind:
    def test_reads_blank_as_missing(self, kind: Any) -> None:
        assert [kind.parse(blank) for blank in (None, "", "  ", "\u200b")] == [None] * 4

    def test_shows_a_missing_value_as_a_dash(self, kind: Any) -> None:
        assert kind.format(None) == EMPTY

    def test_gives_back_what_it_stored_in_json(self, kind: Any) -> None:
        values = [value for code, _, value in READ if code == kind.code]

        assert [kind.from_json(kind.to_json(value)) for value in values] == values
        assert kind.from_json(kind.to_json(None)) is None

    def test_describes_itself_to_the_api(self, kind: Any) -> None:
        assert kind.schema()["type"] in ("string", "integer", "boolean", "array")
        assert kind.label
        assert kind.component

    @given(
        raw=st.text(max_size=40)
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.booleans()
    )
    def test_reads_or_refuses_whatever_comes(self, kind: Any, raw: object) -> None:
        try:
            value = kind.parse(raw, today=date(2026, 11, 21))
        except InvalidInput:
            return
        assert value is None or kind.from_json(kind.to_json(value)) == value


INSTANTS = st.timedeltas(timedelta(0), timedelta(days=100_000)).map(
    lambda gone: datetime(1901, 1, 2, tzinfo=UTC) + gone
)


@given(INSTANTS, INSTANTS)
def test_instants_in_json_order_like_instants(first: datetime, second: datetime) -> None:
    to_json = KINDS["datetime"].to_json

    assert (to_json(first) < to_json(second)) == (first < second)
