"""Text kinds: text, long text, name, phone, identity number, bank card, e-mail, region."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar

from loanhub.domain import identity, names
from loanhub.domain.catalogue.kinds.base import (
    MAX_LONG_TEXT,
    MAX_TEXT,
    Kind,
    Options,
    Sort,
    as_text,
    half_width,
    refuse,
)

LAST_DAY = date(2199, 12, 31)
_CERTIFICATE = re.compile(r"[A-Z0-9]{5,32}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.\-]{0,180})\.[A-Za-z]{2,24}")


def verified(verdict: identity.Verdict) -> str:
    """Return the normalized number of a verdict; raise InvalidInput with its sentence otherwise."""
    if not verdict.valid:
        raise refuse(verdict.sentence)
    return verdict.normalized


class Text(Kind):
    """One line of text 文本."""

    code, label, sort, component, max_length = "text", "文本", Sort.TEXT, "text", MAX_TEXT

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the text on one line, without invisible characters."""
        text = re.sub(r"\s+", " ", as_text(raw))
        return self._within(text)

    def _within(self, text: str) -> str | None:
        if len(text) > self.max_length:
            raise refuse(f"最多 {self.max_length} 个字，现在有 {len(text)} 个")
        return text or None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return a string schema with the longest length."""
        return {"type": "string", "maxLength": self.max_length}


class LongText(Text):
    """Text of several lines 多行文本."""

    code, label, component, max_length = "long_text", "多行文本", "textarea", MAX_LONG_TEXT

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the text with its line breaks."""
        return self._within(
            as_text(str(raw).replace("\r\n", "\n").replace("\r", "\n") if raw is not None else None)
        )


class Name(Text):
    """The name of a person 姓名."""

    code, label, max_length = "name", "姓名", 50

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the normalized name, 2–50 characters."""
        text = as_text(raw)
        if not text:
            return None
        verdict = names.check_name(text)
        if not verdict.valid:
            raise refuse(verdict.sentence)
        return verdict.normalized


class CompanyName(Text):
    """The name of a firm 企业名称, in one spelling so that duplicates meet."""

    code, label, max_length = "company_name", "企业名称", 100

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the normalized name, 2–100 characters."""
        text = names.normalize_company_name(as_text(raw))
        if text and len(text) < 2:
            raise refuse("企业名称至少 2 个字")
        return self._within(text)


class Phone(Text):
    """A mainland mobile number 手机号, stored E.164 and shown in its national form."""

    code, label, component, max_length = "phone", "手机号", "tel", 20

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the number as ``+86…``."""
        text = as_text(raw)
        return verified(identity.check_mobile(text)) if text else None

    def format(self, value: Any, *, now: Any = None, options: Options = ()) -> str:
        """Return the eleven digits."""
        return str(value).removeprefix("+86") if value else super().format(value)

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the E.164 pattern."""
        return {"type": "string", "pattern": r"^\+861[3-9]\d{9}$"}


class IdNumber(Text):
    """A resident identity number 身份证号, stored in 18 characters."""

    code, label, component, max_length = "id_number", "身份证号", "id_number", 18

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the 18 characters, checked; the sentence names the part that failed."""
        text = as_text(raw)
        if not text:
            return None
        verdict = identity.check_resident_id(text, today=today or LAST_DAY)
        verified(verdict)
        return verdict.as_id18

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the pattern of the 18 characters."""
        return {"type": "string", "pattern": r"^\d{17}[\dX]$"}


class CompanyCode(Text):
    """A unified social credit code 统一社会信用代码, 18 characters."""

    code, label, component, max_length = "uscc", "统一社会信用代码", "text", 18

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the 18 characters, checked."""
        text = as_text(raw)
        return verified(identity.check_uscc(text)) if text else None


class Certificate(Text):
    """The number of another identity document 其他证件号码; only its characters are checked."""

    code, label, component, max_length = "certificate", "证件号码", "text", 32

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the number in upper case."""
        text = identity.normalize_number(as_text(raw))
        if text and not _CERTIFICATE.fullmatch(text):
            raise refuse("证件号码应为 5–32 位字母或数字")
        return text or None


class BankCard(Text):
    """A bank card number 银行卡号, digits only."""

    code, label, component, max_length = "bank_card", "银行卡号", "bank_card", 19

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the digits, checked."""
        text = as_text(raw)
        return verified(identity.check_bank_card(text)) if text else None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the pattern of 12 to 19 digits."""
        return {"type": "string", "pattern": r"^\d{12,19}$"}


class Email(Text):
    """An e-mail address 邮箱, stored in lower case."""

    code, label, component = "email", "邮箱", "email"
    max_length: ClassVar[int] = 200

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the address in lower case."""
        text = half_width(raw).lower()
        if text and (not _EMAIL.fullmatch(text) or ".." in text):
            raise refuse("邮箱格式不对，例如 name@example.com")
        return text or None

    def schema(self, options: Options = ()) -> dict[str, Any]:
        """Return the e-mail format."""
        return {"type": "string", "format": "email", "maxLength": self.max_length}


class Region(Text):
    """A region by its written name, from province down 地区: 江苏省苏州市; prefixes are the regions above."""

    code, label, component, max_length = "region", "地区", "region", 60

    def parse(self, raw: object, options: Options = (), *, today: date | None = None) -> str | None:
        """Return the name without inner spaces and separators."""
        return self._within(re.sub(r"[\s/、>\-]+", "", half_width(raw)))
