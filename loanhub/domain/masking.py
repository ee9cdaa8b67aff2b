"""Masked values 脱敏: what a reader without the reveal permission gets, made on the server.

A value too short for its rule to hide anything is hidden whole, so that no mask ever shows all of a value.
Source: lending-domain.md §1.5, JR/T 0171 appendix A; tests/golden/masks.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from loanhub.domain.choice import Choice
from loanhub.domain.identity import check_mobile, normalize_number

HIDDEN = "***"
STAR = "*"

_DISTRICT = re.compile(r"[区县旗]")
_LONG_DIGITS = re.compile(r"[0-9]{5,}")


class MaskKind(Choice):
    """How a sensitive field is masked."""

    NAME = "name", "姓名"
    PHONE = "phone", "手机号"
    ID = "id", "证件号码"
    BANK_CARD = "bank_card", "银行卡号"
    USCC = "uscc", "统一社会信用代码"
    EMAIL = "email", "邮箱"
    ADDRESS = "address", "地址"
    PLATE = "plate", "车牌号"
    SECRET = "secret", "保密内容"


def _keep(value: str, first: int, last: int) -> str:
    """Return ``value`` with only its ends clear; nothing is clear unless two characters stay hidden."""
    if len(value) < first + last + 2:
        return STAR * len(value)
    hidden = len(value) - first - last
    return value[:first] + STAR * hidden + value[len(value) - last :]


def _name(value: str) -> str:
    if len(value) == 1:
        return STAR
    if len(value) == 2:
        return value[0] + STAR
    return value[0] + STAR * (len(value) - 2) + value[-1]


def _phone(value: str) -> str:
    mobile = check_mobile(value)
    number = mobile.national or normalize_number(value)
    return _keep(number, 3, 4) if len(number) == 11 else _keep(number, 0, 4)


def _id(value: str) -> str:
    number = normalize_number(value)
    return _keep(number, 3, 4) if len(number) >= 11 else _keep(number, 0, 4)


def _four_and_four(value: str) -> str:
    number = normalize_number(value)
    return _keep(number, 4, 4) if len(number) >= 12 else _keep(number, 0, 4)


def _email(value: str) -> str:
    local, at, domain = value.partition("@")
    if not at:
        return HIDDEN
    return (local[0] if len(local) > 1 else "") + f"{HIDDEN}@{domain}"


def _address(value: str) -> str:
    district = _DISTRICT.search(value[:15])
    if district is None and len(value) <= 6:
        return STAR * 4
    kept = value[: district.end()] if district else value[:6]
    # A phone or house number in front of the district would otherwise pass unmasked.
    return _LONG_DIGITS.sub(lambda digits: STAR * len(digits.group()), kept) + STAR * 4


def _plate(value: str) -> str:
    return _keep(value, 2, 2)


_MASKS: dict[MaskKind, Callable[[str], str]] = {
    MaskKind.NAME: _name,
    MaskKind.PHONE: _phone,
    MaskKind.ID: _id,
    MaskKind.BANK_CARD: _four_and_four,
    MaskKind.USCC: _four_and_four,
    MaskKind.EMAIL: _email,
    MaskKind.ADDRESS: _address,
    MaskKind.PLATE: _plate,
    MaskKind.SECRET: lambda value: HIDDEN,
}


def mask(kind: MaskKind | str, value: str | None) -> str:
    """Return ``value`` as someone without the reveal permission sees it; nothing stays nothing.

    Raises:
        ValueError: ``kind`` is not a mask kind, which is a mistake in a field's specification.
    """
    if not value:
        return ""
    return _MASKS[MaskKind(kind)](value)
