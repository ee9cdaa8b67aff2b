"""Identity numbers against the golden file, and the properties of their check characters."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import identity
from loanhub.domain.errors import InvalidInput
from tests.builders import make_id_number

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "identity.json").read_text("utf-8"))
AS_OF = date(2026, 11, 21)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def name_of(case):
    return case["input"] or "empty"


@pytest.mark.parametrize("case", GOLDEN["id_numbers"], ids=name_of)
def test_resident_ids_are_the_golden_ones(case):
    found = identity.check_resident_id(case["input"], today=AS_OF)

    expected = case["expect"]
    assert (found.valid, found.reason) == (expected["valid"], expected["reason"])
    assert found.valid == (found.sentence == "")
    if found.valid:
        assert found.kind == expected["kind"]
        assert found.normalized == expected["normalized"]
        assert str(found.birth_date) == expected["birth_date"]
        assert found.gender.label == expected["gender"]
        assert found.province == expected["province"]
        assert found.age == expected["age"]
        assert found.as_id18 == expected.get("as_id18", expected["normalized"])


@pytest.mark.parametrize("case", GOLDEN["uscc"], ids=name_of)
def test_company_codes_are_the_golden_ones(case):
    found = identity.check_uscc(case["input"])

    assert (found.valid, found.reason) == (case["expect"]["valid"], case["expect"]["reason"])
    if found.valid:
        assert found.normalized == case["expect"]["normalized"]


@pytest.mark.parametrize("case", GOLDEN["bank_cards"], ids=name_of)
def test_bank_cards_are_the_golden_ones(case):
    found = identity.check_bank_card(case["input"])

    assert (found.valid, found.reason) == (case["expect"]["valid"], case["expect"]["reason"])
    if found.valid:
        assert found.normalized == case["expect"]["normalized"]


@pytest.mark.parametrize("case", GOLDEN["phones"], ids=name_of)
def test_mobiles_are_the_golden_ones(case):
    found = identity.check_mobile(case["input"])

    expected = case["expect"]
    assert found.valid == expected["valid"]
    assert found.national == expected["national"]
    if found.valid:
        assert found.normalized == expected["normalized"]


class TestCheckMobile:
    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("", "填写手机号"),
            ("1540000", "还差 4 位，手机号应为 11 位"),
            ("154000000011", "多了 1 位，手机号应为 11 位"),
            ("+86 1540000", "还差 4 位，手机号应为 11 位"),
            ("021-12345678", "这是固定电话，请填 11 位手机号"),
            ("400-800-1234", "这是 400/800 号码，请填 11 位手机号"),
            ("+852 9123 4567", "只支持中国内地手机号"),
            ("1540000000a", "手机号只能是数字"),
            ("12345678901", "手机号应以 13–19 开头"),
            ("١٥٤٠٠٠٠٠٠٠١", "手机号只能是数字"),
        ],
    )
    def test_says_what_is_wrong(self, typed, sentence):
        assert identity.check_mobile(typed).sentence == sentence

    def test_require_names_the_field(self):
        with pytest.raises(InvalidInput) as refusal:
            identity.check_mobile("154").require("phone")

        assert refusal.value.fields == {"phone": "还差 8 位，手机号应为 11 位"}

    def test_require_returns_the_number(self):
        assert identity.check_mobile("154-0000-0001").require("phone") == "+8615400000001"


class TestCheckResidentId:
    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("31000019900307", "还差 4 位，身份证号应为 18 位"),
            ("31000019900307001ZZ", "多了 1 位，身份证号应为 18 位"),
            ("990000199003070013", "开头 99 不是有效的省份代码，请核对前 6 位"),
            ("440000200102291231", "出生日期不存在，请核对第 7–14 位"),
            ("310000199003070010", "校验位不符，可能有一位输错"),
        ],
    )
    def test_says_what_is_wrong(self, typed, sentence):
        assert identity.check_resident_id(typed, today=AS_OF).sentence == sentence

    def test_ages_on_the_birthday_and_on_1_march_for_leap_days(self):
        assert identity.full_years(date(2000, 2, 29), date(2026, 2, 28)) == 25
        assert identity.full_years(date(2000, 2, 29), date(2026, 3, 1)) == 26


bodies = st.builds(
    lambda province, birth, sequence: f"{province}0000{birth:%Y%m%d}{sequence:03d}",
    st.sampled_from([p for p in identity.PROVINCES if p not in ("81", "82", "83")]),
    st.dates(date(1900, 1, 1), AS_OF),
    st.integers(0, 999),
)


def id_valid(number: str) -> bool:
    return identity.check_resident_id(number, today=AS_OF).valid


@given(body=bodies)
def test_exactly_one_check_character_fits_any_body(body):
    assert [c for c in "0123456789X" if id_valid(body + c)] == [identity.id_check_character(body)]


@given(body=bodies, position=st.integers(0, 16), digit=st.integers(0, 9))
def test_a_changed_digit_is_caught(body, position, digit):
    number = body + identity.id_check_character(body)
    changed = number[:position] + str(digit) + number[position + 1 :]

    assert changed == number or not id_valid(changed)


@given(body=bodies, position=st.integers(0, 16))
def test_two_swapped_neighbours_are_caught(body, position):
    number = body + identity.id_check_character(body)
    swapped = number[:position] + number[position + 1] + number[position] + number[position + 2 :]

    assert swapped == number or not id_valid(swapped)


uscc_bodies = st.builds(
    lambda head, region, tail: head + region + tail,
    st.sampled_from(["91", "92", "93", "12", "51", "N2"]),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(USCC_ALPHABET, min_size=9, max_size=9),
)


@given(body=uscc_bodies, position=st.integers(0, 17), symbol=st.sampled_from(USCC_ALPHABET))
def test_a_changed_symbol_of_a_company_code_is_caught(body, position, symbol):
    fitting = [c for c in USCC_ALPHABET if identity.check_uscc(body + c).valid]
    assert len(fitting) == 1
    code = body + fitting[0]
    changed = code[:position] + symbol + code[position + 1 :]

    assert changed == code or not identity.check_uscc(changed).valid


@given(text=st.text(max_size=30))
def test_no_text_breaks_a_check(text):
    for verdict in (
        identity.check_mobile(text),
        identity.check_resident_id(text, today=AS_OF),
        identity.check_uscc(text),
        identity.check_bank_card(text),
        identity.check_bank_card(text, corporate=True),
    ):
        assert verdict.valid == (verdict.sentence == "")


def test_a_corporate_account_has_no_check_digit():
    assert identity.check_bank_card("6222000000000010", corporate=True).valid
    assert identity.check_bank_card("12345", corporate=True).sentence == "还差 1 位，对公账号应为 6–32 位"


def test_a_resident_number_that_passes_the_check_of_a_company_code_is_a_persons() -> None:
    both = next(
        number for sequence in range(1000)
        if identity.check_uscc(number := make_id_number("19900307", sequence)).valid
    )  # fmt: skip

    assert not identity.is_company_code(both)
    assert identity.is_company_code(next(case["input"] for case in GOLDEN["uscc"] if case["expect"]["valid"]))
