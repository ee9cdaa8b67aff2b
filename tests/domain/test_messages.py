"""What lists show of a message: numbers of people masked, numbers of records not."""

from __future__ import annotations

import pytest

from loanhub.domain.messages import shown_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("撞单裁定：线索 L20261119010", "撞单裁定：线索 L20261119010"),
        ("合同 CJ-JK-20260302-0001 待签", "合同 CJ-JK-20260302-0001 待签"),
        ("借据 CJ-JK-20260302-0001-01 今日到期", "借据 CJ-JK-20260302-0001-01 今日到期"),
        ("请回电 13812345678", "请回电 ***********"),
        ("证件 11010119900307459X", "证件 ******************"),
        ("电话A13812345678", "电话A***********"),  # letters in front do not make it a number of ours
        ("卡号6222021234567890123", "卡号*******************"),
        ("L20261319010", "L***********"),  # no thirteenth month
        ("2026-11-30 到期", "2026-11-30 到期"),
    ],
)
def test_numbers_of_people_are_masked_and_numbers_of_records_are_not(text: str, shown: str) -> None:
    assert shown_text(text) == shown
