"""Identity numbers: resident ID 身份证, company code 统一社会信用代码, bank card 银行卡, mobile 手机号.

Each ``check_`` function normalises what was typed, runs the tests in the order of the golden file and
returns a verdict: the normalised number, the first failed test as a code, and a Chinese sentence fit to
stand beside the field or in a log (none repeats the number). Nothing is looked up by county or operator
segment: old codes stay on cards for life and segments grow every year.

Source: GB 11643-1999, GB 32100-2015, ISO/IEC 7812-1 (Luhn); tests/golden/identity.json.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from stdnum import luhn
from stdnum.cn import ric
from stdnum.cn import uscc as stdnum_uscc

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput


class Reason(Choice):
    """The first test a number failed."""

    LENGTH = "LENGTH", "位数不对"
    FORMAT = "FORMAT", "含有不允许的字符"
    REGION = "REGION", "地区码不存在"
    BIRTHDATE = "BIRTHDATE", "出生日期不存在"
    CHECKSUM = "CHECKSUM", "校验位不符"


class PhoneReason(Choice):
    """Why a phone is not a mobile number of mainland China."""

    EMPTY = "EMPTY", "没有填写"
    LANDLINE = "LANDLINE", "固定电话"
    SERVICE = "SERVICE", "400/800 号码"
    FOREIGN = "FOREIGN", "境外号码"
    FORMAT = "FORMAT", "含有不允许的字符"
    SHORT = "SHORT", "位数不足"
    LONG = "LONG", "位数过多"
    PREFIX = "PREFIX", "号段不对"


class IdKind(Choice):
    """The document behind a resident number."""

    ID18 = "id18", "居民身份证"
    ID15 = "id15", "15 位旧身份证"
    HMT_RESIDENCE = "hmt_residence", "港澳台居民居住证"


class Gender(Choice):
    """Gender 性别, as the identity number tells it."""

    MALE = "male", "男"
    FEMALE = "female", "女"


PROVINCES: dict[str, str] = {
    "11": "北京市",
    "12": "天津市",
    "13": "河北省",
    "14": "山西省",
    "15": "内蒙古自治区",
    "21": "辽宁省",
    "22": "吉林省",
    "23": "黑龙江省",
    "31": "上海市",
    "32": "江苏省",
    "33": "浙江省",
    "34": "安徽省",
    "35": "福建省",
    "36": "江西省",
    "37": "山东省",
    "41": "河南省",
    "42": "湖北省",
    "43": "湖南省",
    "44": "广东省",
    "45": "广西壮族自治区",
    "46": "海南省",
    "50": "重庆市",
    "51": "四川省",
    "52": "贵州省",
    "53": "云南省",
    "54": "西藏自治区",
    "61": "陕西省",
    "62": "甘肃省",
    "63": "青海省",
    "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
    "71": "台湾省",
    "81": "香港特别行政区",
    "82": "澳门特别行政区",
    "83": "台湾居民",
}
RESIDENCE_AREAS = frozenset({"810000", "820000", "830000"})
EARLIEST_BIRTH = date(1900, 1, 1)

_DROPPED = re.compile(r"[\s\-()\u2010-\u2015\u2212\u200b-\u200d\u2060\ufeff]")
_DIGITS = re.compile(r"[0-9]+")
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[1-9][0-9]{1,2}[0-9]{7,8}")
_SERVICE = re.compile(r"[48]00[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    ``normalized`` is the number to store when valid, otherwise the cleaned text; ``reason`` and
    ``sentence`` are empty when valid.
    """

    valid: bool
    normalized: str
    reason: str | None = None
    sentence: str = ""

    def require(self, field: str) -> str:
        """Return the normalised number.

        Raises:
            InvalidInput: the number is not valid; ``field`` carries the sentence.
        """
        if not self.valid:
            raise InvalidInput(fields={field: self.sentence})
        return self.normalized


@dataclass(frozen=True, slots=True)
class ResidentId(Verdict):
    """A verdict on a resident number, with what the number itself says; None when it is not valid."""

    kind: IdKind | None = None
    birth_date: date | None = None
    gender: Gender | None = None
    province: str | None = None
    age: int | None = None
    as_id18: str | None = None


@dataclass(frozen=True, slots=True)
class Mobile(Verdict):
    """A verdict on a mobile number: ``normalized`` is E.164 (+86…), ``national`` the 11 digits shown."""

    national: str | None = None


def normalize_number(text: str) -> str:
    """Return ``text`` in NFKC upper case without blanks, hyphens, parentheses and invisible characters."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", text)).upper()


def _length_sentence(noun: str, found: int, expected: int) -> str:
    if found == 0:
        return f"填写{noun}"
    difference = expected - found
    return f"{'还差' if difference > 0 else '多了'} {abs(difference)} 位，{noun}应为 {expected} 位"


def full_years(birth_date: date, today: date) -> int:
    """Return the age in full years on ``today``; someone born on 29 February turns on 1 March."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def id_check_character(body: str) -> str:
    """Return the check character of the first 17 digits of a resident number (ISO 7064 MOD 11-2)."""
    return ric.calc_check_digit(body + "0")


def upgrade_id15(number: str) -> str:
    """Return the 18-digit form of a 15-digit number 旧证升位: the century 19 and the check character."""
    body = number[:6] + "19" + number[6:]
    return body + id_check_character(body)


def check_resident_id(text: str, *, today: date) -> ResidentId:
    """Return the verdict on a resident identity number 身份证号; ``today`` bounds the birth date and ages.

    Tests in order: LENGTH (15 or 18), FORMAT, REGION (two province digits; 81–83 only as 8x0000 with 18
    digits), BIRTHDATE (exists, 1900-01-01 to ``today``), CHECKSUM (18 digits only).
    Source: GB 11643-1999; golden/identity.json.
    """
    number = normalize_number(text)

    def refuse(reason: Reason, sentence: str) -> ResidentId:
        return ResidentId(valid=False, normalized=number, reason=reason, sentence=sentence)

    if len(number) not in (15, 18):
        return refuse(Reason.LENGTH, _length_sentence("身份证号", len(number), 18))
    body = number[:17] if len(number) == 18 else number
    if not _DIGITS.fullmatch(body) or not _DIGITS.fullmatch(number.replace("X", "0")):
        return refuse(Reason.FORMAT, "身份证号只能是数字，末位可以是 X")
    residence = len(number) == 18 and number[:6] in RESIDENCE_AREAS
    if number[:2] not in PROVINCES or (number[:2] in ("81", "82", "83") and not residence):
        return refuse(Reason.REGION, f"开头 {number[:2]} 不是有效的省份代码，请核对前 6 位")
    as_id18 = number if len(number) == 18 else upgrade_id15(number)
    try:
        birth_date = date(int(as_id18[6:10]), int(as_id18[10:12]), int(as_id18[12:14]))
    except ValueError:
        return refuse(Reason.BIRTHDATE, "出生日期不存在，请核对第 7–14 位")
    if birth_date > today:
        return refuse(Reason.BIRTHDATE, "出生日期在今天之后，请核对第 7–14 位")
    if birth_date < EARLIEST_BIRTH:
        return refuse(Reason.BIRTHDATE, "出生日期早于 1900 年，请核对第 7–14 位")
    if len(number) == 18 and id_check_character(number[:17]) != number[17]:
        return refuse(Reason.CHECKSUM, "校验位不符，可能有一位输错")
    kind = IdKind.HMT_RESIDENCE if residence else IdKind.ID18 if len(number) == 18 else IdKind.ID15
    return ResidentId(
        valid=True,
        normalized=number,
        kind=kind,
        birth_date=birth_date,
        gender=Gender.MALE if int(as_id18[16]) % 2 else Gender.FEMALE,
        province=PROVINCES[number[:2]],
        age=full_years(birth_date, today),
        as_id18=as_id18,
    )


def check_uscc(text: str) -> Verdict:
    """Return the verdict on a company code 统一社会信用代码.

    LENGTH (18), FORMAT (31 symbols, no I O S V Z; the six region digits are digits), CHECKSUM. The
    registration authority may be a letter (N for rural collectives), which python-stdnum would refuse.
    Source: GB 32100-2015; golden/identity.json.
    """
    code = normalize_number(text)
    if len(code) != 18:
        sentence = _length_sentence("统一社会信用代码", len(code), 18)
        return Verdict(False, code, Reason.LENGTH, sentence)
    if not _USCC.fullmatch(code):
        return Verdict(False, code, Reason.FORMAT, "统一社会信用代码由数字和大写字母组成，不含 I、O、S、V、Z")
    if stdnum_uscc.calc_check_digit(code[:17]) != code[17]:
        return Verdict(False, code, Reason.CHECKSUM, "校验位不符，可能有一位输错")
    return Verdict(True, code)


def is_company_code(text: str) -> bool:
    """Return whether a number is a company's and not a person's.

    One resident number in thirty-one passes the check of a company code as well; it is a person's.
    """
    return check_uscc(text).valid and not check_resident_id(text, today=date.max).valid


def check_bank_card(text: str, *, corporate: bool = False) -> Verdict:
    """Return the verdict on a bank card or account number 银行卡号.

    A personal card: FORMAT (digits), LENGTH (12–19), CHECKSUM (Luhn; the caller may let a person
    override it). A corporate account 对公账户 has no check digit: digits only, 6–32 of them.
    """
    number = normalize_number(text)
    noun = "对公账号" if corporate else "银行卡号"
    if not _DIGITS.fullmatch(number):
        return Verdict(False, number, Reason.FORMAT, f"{noun}只能是数字" if number else f"填写{noun}")
    shortest, longest = (6, 32) if corporate else (12, 19)
    if len(number) < shortest:
        sentence = f"还差 {shortest - len(number)} 位，{noun}应为 {shortest}–{longest} 位"
        return Verdict(False, number, Reason.LENGTH, sentence)
    if len(number) > longest:
        sentence = f"多了 {len(number) - longest} 位，{noun}应为 {shortest}–{longest} 位"
        return Verdict(False, number, Reason.LENGTH, sentence)
    if not corporate and not luhn.is_valid(number):
        return Verdict(False, number, Reason.CHECKSUM, "校验位不符，卡号可能有一位输错")
    return Verdict(True, number)


def check_mobile(text: str) -> Mobile:
    """Return the verdict on a mobile number 手机号; ``normalized`` is E.164, ``national`` 11 digits.

    Separators and the prefixes +86, 0086 and 86 (when 13 digits follow each other) are dropped. Operator
    segments are never tested: they grow every year.
    """
    cleaned = normalize_number(text).replace(".", "")
    foreign = cleaned.startswith("+") and not cleaned.startswith("+86")
    number = cleaned.replace("+", "")
    if number.startswith("0086"):
        number = number[4:]
    elif number.startswith("86") and len(number) == 13:
        number = number[2:]
    if _MOBILE.fullmatch(number) and not foreign:
        return Mobile(True, f"+86{number}", national=number)
    reason, sentence = _mobile_refusal(number, foreign=foreign, prefixed=cleaned.startswith("+86"))
    return Mobile(False, number, reason, sentence)


def _mobile_refusal(number: str, *, foreign: bool, prefixed: bool) -> tuple[PhoneReason, str]:
    if not number:
        return PhoneReason.EMPTY, "填写手机号"
    if foreign:
        return PhoneReason.FOREIGN, "只支持中国内地手机号"
    if not _DIGITS.fullmatch(number):
        return PhoneReason.FORMAT, "手机号只能是数字"
    if _LANDLINE.fullmatch(number):
        return PhoneReason.LANDLINE, "这是固定电话，请填 11 位手机号"
    if _SERVICE.fullmatch(number):
        return PhoneReason.SERVICE, "这是 400/800 号码，请填 11 位手机号"
    digits = number[2:] if prefixed and number.startswith("86") else number
    if len(digits) < 11:
        return PhoneReason.SHORT, _length_sentence("手机号", len(digits), 11)
    if len(digits) > 11:
        return PhoneReason.LONG, _length_sentence("手机号", len(digits), 11)
    return PhoneReason.PREFIX, "手机号应以 13–19 开头"
