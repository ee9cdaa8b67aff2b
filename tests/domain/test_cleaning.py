"""Cleaning of a lead row: what becomes of each kind of dirt."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.cleaning import NoteKind, RowOutcome, clean_lead_row, is_fake_mobile
from loanhub.domain.identity import Gender, id_check_character
from loanhub.domain.loose_values import AmountUnit

TODAY = date(2026, 5, 21)
GOOD = {"name": "孙立", "phone": "15400217763"}


def clean(**cells):
    return clean_lead_row({**GOOD, **cells}, today=TODAY)


def sentences(row, field, kind):
    return [note.sentence for note in row.notes if (note.field, note.kind) == (field, kind)]


def test_a_clean_row_gets_no_remark():
    row = clean(
        amount_fen="40万",
        city="苏州市",
        channel_code="抖音",
        registered_date="2026-05-01",
        id_number="310000199003070017",
    )

    assert row.outcome is RowOutcome.OK
    assert row.values == {
        "name": "孙立",
        "phone": "+8615400217763",
        "amount_fen": 40_000_000,
        "city": "苏州",
        "channel_code": "douyin",
        "registered_date": date(2026, 5, 1),
        "id_number": "310000199003070017",
    }


class TestPhone:
    @pytest.mark.parametrize(
        "cell",
        [
            "１５４００２１７７６３",
            "+86 154 0021 7763",
            "8615400217763",
            "154-0021-7763",
            "手机:15400217763",
            "15400217763（微信同号）",
        ],
    )
    def test_is_normalised_and_told(self, cell):
        row = clean(phone=cell)

        assert row.values["phone"] == "+8615400217763"
        assert row.outcome is RowOutcome.CLEANED
        assert [(n.before, n.after) for n in row.notes] == [(cell, "15400217763")]

    @pytest.mark.parametrize("cell", [15400217763, 15400217763.0, " 15400217763 "])
    def test_is_read_from_a_number_cell_without_a_word(self, cell):
        row = clean(phone=cell)

        assert row.values["phone"] == "+8615400217763"
        assert row.outcome is RowOutcome.OK

    @pytest.mark.parametrize(
        ("cell", "sentence"),
        [
            (None, "填写手机号"),
            ("暂无", "填写手机号"),
            ("1540021", "还差 4 位，手机号应为 11 位"),
            ("154002177635", "多了 1 位，手机号应为 11 位"),
            ("0512-00001203", "这是固定电话，请填 11 位手机号"),
            ("400-000-1234", "这是 400/800 号码，请填 11 位手机号"),
            ("15400000000", "号码像是随手填的，请核实"),
            ("13800000000", "号码像是随手填的，请核实"),
            ("1.54002E+10", "号码被表格改成了科学计数法，请把这一列设为文本"),
        ],
    )
    def test_refuses_the_row_with_the_reason(self, cell, sentence):
        row = clean(phone=cell)

        assert row.refused
        assert sentences(row, "phone", NoteKind.REFUSED) == [sentence]

    def test_a_second_number_goes_into_the_note(self):
        row = clean(phone="15400217763/15400217764", note="周末联系")

        assert row.values["phone"] == "+8615400217763"
        assert row.values["note"] == "周末联系\n另有号码 15400217764"
        assert row.outcome is RowOutcome.WARNING

    @pytest.mark.parametrize(
        ("number", "fake"), [("15411111111", True), ("15412345678", True), ("15400000001", False)]
    )
    def test_obvious_fakes(self, number, fake):
        assert is_fake_mobile(number) is fake


class TestName:
    @pytest.mark.parametrize(
        ("cell", "name"),
        [
            ("李 明远", "李明远"),
            ("张伟😊", "张伟"),
            ("孙晓雨先生", "孙晓雨"),
            ("阿依古丽•买买提", "阿依古丽·买买提"),
            ("迪力夏提・艾山", "迪力夏提·艾山"),
        ],
    )
    def test_is_normalised_and_told(self, cell, name):
        row = clean(name=cell)

        assert row.values["name"] == name
        assert row.outcome is RowOutcome.CLEANED

    @pytest.mark.parametrize("cell", ["张先生", "王总", "欧阳女士"])
    def test_a_surname_with_a_title_stays_with_a_warning(self, cell):
        row = clean(name=cell)

        assert row.values["name"] == cell
        assert sentences(row, "name", NoteKind.WARNING) == ["只有姓，没有全名"]

    def test_a_title_tells_the_gender(self):
        assert clean(name="张先生").values["gender"] is Gender.MALE
        assert clean(name="张先生", gender="女").values["gender"] is Gender.FEMALE

    def test_a_surname_alone_becomes_somebody(self):
        assert clean(name="王").values["name"] == "王某"

    @pytest.mark.parametrize("cell", [None, "", "未知", "-", "=1+1", "12345", "😊"])
    def test_a_missing_name_becomes_unknown_with_a_warning(self, cell):
        row = clean(name=cell)

        assert row.values["name"] == "未知"
        assert row.outcome is RowOutcome.WARNING

    def test_an_aside_goes_into_the_note(self):
        row = clean(name="刘强(老客户)")

        assert (row.values["name"], row.values["note"]) == ("刘强", "老客户")

    @pytest.mark.parametrize("cell", ["测试", "测试客户", "test01"])
    def test_a_test_entry_is_refused(self, cell):
        row = clean(name=cell)

        assert sentences(row, "name", NoteKind.REFUSED) == ["像是测试数据"]

    @pytest.mark.parametrize("cell", ["龚𠮷安", "李䶮", "John Smith", "欧阳娜娜"])
    def test_rare_and_foreign_names_pass(self, cell):
        row = clean(name=cell)

        assert row.values["name"] == cell
        assert row.outcome is RowOutcome.OK


class TestIdNumber:
    def test_an_old_number_is_upgraded(self):
        row = clean(id_number="310000900307001")

        assert row.values["id_number"] == "310000199003070017"
        assert row.outcome is RowOutcome.CLEANED

    @pytest.mark.parametrize("cell", ["310000199003070010", "31000019900307", "44000020010229123X"])
    def test_a_wrong_number_is_dropped_with_a_warning(self, cell):
        row = clean(id_number=cell)

        assert row.values["id_number"] is None
        assert row.outcome is RowOutcome.WARNING

    def test_a_number_the_sheet_cut_off_is_dropped(self):
        row = clean(id_number=3.10000199003070e17)

        assert sentences(row, "id_number", NoteKind.WARNING) == ["身份证号被表格截断，请把这一列设为文本"]

    def test_a_gender_that_disagrees_is_flagged_not_changed(self):
        row = clean(id_number="310000199003070017", gender="女")

        assert row.values["gender"] is Gender.FEMALE
        assert sentences(row, "gender", NoteKind.WARNING) == ["性别与身份证号不一致，请核实"]

    def test_a_minor_is_flagged(self):
        row = clean(id_number="31000020100307001" + id_check_character("31000020100307001"))

        assert sentences(row, "id_number", NoteKind.WARNING) == ["身份证显示 16 岁，未满 18 岁"]


class TestOtherFields:
    def test_what_cannot_be_read_is_dropped_with_the_original_kept(self):
        row = clean(amount_fen="面议", registered_date="13月2日", channel_code="小红书", city="abc")

        assert not row.refused
        assert [row.values[k] for k in ("amount_fen", "registered_date", "channel_code", "city")] == [
            None
        ] * 4
        assert {(n.field, n.before) for n in row.notes} == {
            ("amount_fen", "面议"),
            ("registered_date", "13月2日"),
            ("channel_code", "小红书"),
            ("city", "abc"),
        }

    def test_the_header_gives_the_unit(self):
        row = clean_lead_row({**GOOD, "amount_fen": 40}, today=TODAY, units={"amount_fen": AmountUnit.WAN})

        assert row.values["amount_fen"] == 40_000_000
        assert row.outcome is RowOutcome.OK

    def test_other_fields_follow_their_kind_and_options(self):
        row = clean_lead_row(
            {
                **GOOD,
                "custom_day": "2026年6月1日",
                "custom_money": "5万",
                "custom_text": " a \n b ",
                "level": "甲",
            },
            today=TODAY,
            kinds={"custom_day": "date", "custom_money": "money"},
            options={"level": {"甲": "first"}},
        )

        assert row.values["custom_day"] == date(2026, 6, 1)
        assert row.values["custom_money"] == 5_000_000
        assert row.values["custom_text"] == "a b"
        assert row.values["level"] == "first"

    def test_notes_keep_their_lines_and_formulas_stay_text(self):
        assert clean(note="第一行\r\n  第二行 ").values["note"] == "第一行\n第二行"
        assert clean(note="=1+1").values["note"] == "=1+1"

    def test_a_text_too_long_is_cut_with_a_warning(self):
        row = clean(occupation="长" * 300)

        assert len(row.values["occupation"]) == 200
        assert row.outcome is RowOutcome.WARNING


def test_stored_remarks_mask_phone_and_id():
    row = clean(phone="154-0021-7763", id_number="310000900307001")

    stored = [note.as_dict() for note in row.notes]
    assert [(s["before"], s["after"]) for s in stored] == [
        ("154****7763", "154****7763"),
        ("310********7001", "310***********0017"),
    ]


cells = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
)
KEYS = ("name", "phone", "id_number", "amount_fen", "city", "channel_code", "registered_date", "gender", "temperature", "term_months", "note", "other")  # fmt: skip


@given(raw=st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, cells)))
def test_no_row_breaks_the_cleaning(raw):
    row = clean_lead_row(raw, today=TODAY)

    assert row.refused or str(row.values["phone"]).startswith("+861")
    assert row.refused or row.values["name"]
    assert all(note.sentence for note in row.notes)
