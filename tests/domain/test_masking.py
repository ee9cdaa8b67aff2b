"""Masks against the golden file, and that no mask lets a number through."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain.masking import MaskKind, mask
from tests.golden_cases import differences, golden

NUMBERS = (MaskKind.PHONE, MaskKind.ID, MaskKind.BANK_CARD, MaskKind.USCC)


@pytest.mark.parametrize(("section", "case"), golden("masks"))
def test_masks_are_the_golden_ones(section, case):
    assert differences("masks", section, case) == []


@given(kind=st.sampled_from(NUMBERS), number=st.text("0123456789", min_size=1, max_size=25))
def test_no_five_clear_digits_in_a_row_remain(kind, number):
    masked = mask(kind, number)

    assert not re.search(r"[0-9]{5}", masked)
    assert len(masked) == len(number)
    assert masked != number


@given(kind=st.sampled_from(list(MaskKind)), value=st.text(min_size=1, max_size=40))
def test_no_mask_shows_the_whole_value(kind, value):
    assert mask(kind, value) != value or set(value) <= {"*"}


@pytest.mark.parametrize(
    ("kind", "value", "masked"),
    [
        ("phone", "+86 154 0000 0001", "154****0001"),
        ("phone", "1234", "****"),
        ("id", "E12345678", "*****5678"),
        ("email", "no-at-sign", "***"),
        ("address", "13800138000区", "***********区****"),
        ("address", "苏州", "****"),
        ("secret", "anything", "***"),
        ("name", None, ""),
    ],
)
def test_short_and_odd_values_stay_hidden(kind, value, masked):
    assert mask(kind, value) == masked


def test_an_unknown_kind_is_a_mistake_not_a_leak():
    with pytest.raises(ValueError):
        mask("nmae", "张三")
