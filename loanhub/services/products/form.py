"""A product as a form 产品表单: one table of its fields, read from texts as typed and written back as texts.

The page draws the same table, the differences of two versions are told by it, and nothing else knows which
column or which key of ``terms`` and ``servicing`` a field is kept in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from loanhub.domain.calendar import HolidayRule
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.documents import DocumentKind
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_plain, format_wan, half_width, parse_fen
from loanhub.domain.rates import format_percent, parse_percent
from loanhub.domain.repayment.allocation import DEFAULT_ORDER, AllocationMode, Component, check_order
from loanhub.domain.repayment.lpr_link import LprTenor, RepriceRule
from loanhub.domain.repayment.schedule import METHODS
from loanhub.domain.repayment.terms import LARGEST_PERIODS, InterestBasis, MaturityMode
from loanhub.models import Product
from loanhub.services.products import fees as fee_form

Kind = Literal[
    "text", "money", "percent", "integer", "decimal", "select", "switch", "months", "order", "checks"
]
Home = Literal["column", "terms", "servicing", "lpr"]
Values = dict[str, Any]

LONGEST_TEXT = 400
MOST_TERMS = 20
NEEDS_MORE = ("balloon", "custom", "flat")
"""Methods whose loans need more than a product says: a longer term, agreed rows, a monthly fee rate."""
KINDS = (
    ("credit", "信用"), ("bridge", "过桥转贷"), ("mortgage", "房产抵押"), ("car", "车辆抵押"), ("fund", "公积金"),
    ("salary", "工薪"), ("tax", "税贷"), ("invoice", "票据"), ("other", "其他"),
)  # fmt: skip
_LINKED = ("linked", "1")
_TENORS = [("auto", "按期限自动选（5 年以内用一年期）"), *LprTenor.options()]
_CODE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_DECIMAL = re.compile(r"\d{1,3}(\.\d{1,4})?")


@dataclass(frozen=True)
class Spec:
    """One field of the form: how it is typed, and where a product keeps it.

    name: the column or JSON key when it is not ``key``. start: what a new product begins with. when: (key,
    value) that must hold for the field to be shown and kept.
    """

    key: str
    label: str
    section: str
    kind: Kind = "text"
    home: Home = "column"
    name: str = ""
    required: bool = False
    help: str = ""
    suffix: str = ""
    start: str = ""
    least: int = 0
    most: int = 0
    options: tuple[tuple[str, str], ...] = ()
    when: tuple[str, str] = ("", "")

    @property
    def place(self) -> str:
        """The column or key the value is kept under."""
        return self.name or self.key


def _options(pairs: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(code), str(label)) for code, label in pairs)


_METHODS = _options((code, method.label) for code, method in METHODS.items() if code not in NEEDS_MORE)
_ORDER = ",".join(component.value for component in DEFAULT_ORDER)

SPECS: tuple[Spec, ...] = (
    Spec("label", "产品名称", "基本信息", required=True, most=60),
    Spec("mode", "业务模式", "基本信息", "select", required=True, start="own", options=_options(Mode.options())),
    Spec("lender", "出借人", "基本信息", required=True, most=60, help="写进合同和明示表的出借人全称"),
    Spec("kind", "产品类型", "基本信息", "select", required=True, start="credit", options=KINDS),
    Spec("min_amount", "最低金额", "金额、利率与期限", "money", name="min_amount_fen", required=True, help="可以写 5万"),
    Spec("max_amount", "最高金额", "金额、利率与期限", "money", name="max_amount_fen", required=True, help="可以写 50万"),
    Spec("min_rate", "最低年利率", "金额、利率与期限", "percent", name="min_annual_rate", required=True),
    Spec("max_rate", "最高年利率", "金额、利率与期限", "percent", name="max_annual_rate", required=True,
         help="按它核对综合融资成本上限"),
    Spec("terms_months", "可选期限", "金额、利率与期限", "months", required=True, suffix="个月", help="例如 12、24、36"),
    Spec("method", "还款方式", "金额、利率与期限", "select", required=True, start="equal_installment", options=_METHODS),
    Spec("interest_basis", "计息方式", "金额、利率与期限", "select", required=True, start="monthly",
         options=_options(InterestBasis.options())),
    Spec("linked", "利率与 LPR 挂钩", "LPR 挂钩", "switch", "lpr", help="加减点＝合同利率－签约日 LPR，在贷款期内不变"),
    Spec("tenor", "参照", "LPR 挂钩", "select", "lpr", start="auto", options=_options(_TENORS), when=_LINKED),
    Spec("reprice", "重定价", "LPR 挂钩", "select", "lpr", start="none", options=_options(RepriceRule.options()),
         when=_LINKED),
    Spec("repayment_day", "固定还款日", "还款日", "integer", "terms", suffix="日", least=1, most=31,
         help="不填为放款日的对应日"),
    Spec("min_first_days", "首期最短天数", "还款日", "integer", "terms", suffix="天", most=31, start="15",
         help="首期不足这些天，顺延到下个月"),
    Spec("maturity_mode", "最后一期", "还款日", "select", "terms", start="due_dates",
         options=_options(MaturityMode.options())),
    Spec("holiday_rule", "遇非工作日", "还款日", "select", "terms", start="none", options=_options(HolidayRule.options())),
    Spec("grace_days", "宽限期", "逾期与罚息", "integer", suffix="天", required=True, most=60, start="0"),
    Spec("holiday_tolerance", "宽限期末日遇假顺延", "逾期与罚息", "switch", "servicing"),
    Spec("tolerance", "小额容差", "逾期与罚息", "money", "servicing", name="tolerance_fen", start="0",
         help="一期欠款不超过它时不算逾期"),
    Spec("penalty_multiplier", "罚息倍数", "逾期与罚息", "decimal", required=True, start="1.5", suffix="倍", most=10,
         help="罚息利率＝罚息基准利率×倍数"),
    Spec("penalty_rate", "罚息基准利率", "逾期与罚息", "percent", "servicing", name="penalty_annual_rate",
         help="不填按合同利率"),
    Spec("day_base", "罚息日利率按", "逾期与罚息", "select", "servicing", start="360",
         options=(("360", "360 天折算"), ("365", "365 天折算"))),
    Spec("compound", "逾期利息计收复利", "逾期与罚息", "switch", "servicing"),
    Spec("allocation_mode", "分配方式", "还款分配", "select", start="by_period", required=True,
         options=_options(AllocationMode.options())),
    Spec("allocation", "分配顺序", "还款分配", "order", start=_ORDER, required=True),
    Spec("has_late", "逾期 90 天以上用另一顺序", "还款分配", "switch", "servicing"),
    Spec("late_order", "逾期 90 天以上的顺序", "还款分配", "order", "servicing", start="fee,principal,interest,penalty,compound",
         when=("has_late", "1")),
    Spec("prepayment_fee_rate", "提前还款违约金", "提前还款", "percent", start="0", required=True, help="按提前偿还的本金计"),
    Spec("prepayment_free_after", "免违约金", "提前还款", "integer", suffix="期后", most=LARGEST_PERIODS, start="0",
         help="到期满几期后提前还款不收；0 为一直收"),
    Spec("required_documents", "要交的资料", "资料", "checks", options=_options(DocumentKind.options()),
         help="一样都不勾时按基本资料核对；哪个阶段前交齐在「看板阶段」里定"),
)  # fmt: skip
BY_KEY = {spec.key: spec for spec in SPECS}
SECTIONS = tuple(dict.fromkeys(spec.section for spec in SPECS))
_DEFAULTS: dict[str, object] = {
    "repayment_day": None, "min_first_days": 15, "maturity_mode": "due_dates", "holiday_rule": "none",
    "holiday_tolerance": False, "tolerance": 0, "penalty_rate": None, "day_base": 360, "compound": False,
}  # fmt: skip
"""What the engine takes when a key is left out of the JSON; such a value is not stored."""


def blank() -> dict[str, str]:
    """Return the form of a product that does not exist yet."""
    return {"code": ""} | {spec.key: spec.start for spec in SPECS} | fee_form.show(())


def clean(given: Mapping[str, Any]) -> dict[str, str]:
    """Return a whole form out of a browser's message: known keys, texts, no longer than sensible."""
    return {key: str(given.get(key, start) or "")[:LONGEST_TEXT] for key, start in blank().items()}


def show(product: Product) -> dict[str, str]:
    """Return the form of a product as it is stored, as texts to edit."""
    form = {"code": product.code} | {spec.key: _shown(spec, product) for spec in SPECS}
    return form | fee_form.show(product.fees)


def _stored(spec: Spec, product: Product) -> Any:
    if spec.home == "column":
        return getattr(product, spec.place)
    linked = product.terms.get("lpr")
    if spec.home == "lpr":
        if spec.key == "linked":
            return isinstance(linked, Mapping)
        return linked.get(spec.key) if isinstance(linked, Mapping) else None
    if spec.key == "has_late":
        return bool(product.servicing.get("late_order"))
    source = product.terms if spec.home == "terms" else product.servicing
    return source.get(spec.place, _DEFAULTS.get(spec.key))


def _shown(spec: Spec, product: Product) -> str:
    value = _stored(spec, product)
    if value is None or value == "" or value == []:
        return "" if spec.key in ("repayment_day", "penalty_rate") else spec.start
    if spec.kind == "money":
        return format_plain(int(value)).removesuffix(".00")
    if spec.kind == "percent":
        return _plain(Decimal(str(value)) * 100)
    if spec.kind == "decimal":
        return _plain(Decimal(str(value)))
    if spec.kind == "switch":
        return "1" if value else ""
    if spec.kind == "months":
        return "、".join(str(months) for months in value)
    if spec.kind == "order":
        return ",".join(str(code) for code in value)
    if spec.kind == "checks":
        return ",".join(code for code, label in spec.options if code in value or label in value)
    return str(value)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read(form: Mapping[str, str]) -> Values:
    """Return the columns of a product that a form means.

    Raises:
        InvalidInput: with a sentence for each field that cannot be read or makes no sense beside the others.
    """
    refused: dict[str, str] = {}
    read_in: dict[str, Any] = {}
    for spec in SPECS:
        shown = not spec.when[0] or form.get(spec.when[0]) == spec.when[1]
        try:
            read_in[spec.key] = _read(spec, form.get(spec.key, "").strip()) if shown else None
        except InvalidInput as fault:
            refused[spec.key] = fault.sentence
    fees = fee_form.read(form, refused)
    _compare(read_in, refused)
    if refused:
        raise InvalidInput(fields=refused)
    return _columns(read_in) | {"fees": fees}


def _compare(found: Mapping[str, Any], refused: dict[str, str]) -> None:
    for low, high, what in (("min_amount", "max_amount", "金额"), ("min_rate", "max_rate", "年利率")):
        least, most = found.get(low), found.get(high)
        if least is not None and most is not None and low not in refused and least > most:
            refused.setdefault(high, f"最高{what}不能低于最低{what}")
    if found.get("min_amount") == 0:
        refused.setdefault("min_amount", "最低金额须大于 0")


def _columns(found: Mapping[str, Any]) -> Values:
    values: Values = {"terms": {}, "servicing": {}}
    for spec in SPECS:
        value = found[spec.key]
        if spec.home == "column":
            values[spec.place] = value
        elif spec.home == "lpr" or spec.key == "has_late":
            continue
        elif value is not None and value != _DEFAULTS.get(spec.key):
            kept = str(value) if isinstance(value, Decimal) else value
            values[spec.home][spec.place] = kept
    if found["linked"]:
        link = {"reprice": found["reprice"] or "none"}
        values["terms"]["lpr"] = (
            link if found["tenor"] in (None, "auto") else link | {"tenor": found["tenor"]}
        )
    return values


def _read(spec: Spec, text: str) -> Any:
    if spec.kind == "switch":
        return bool(text)
    if not text:
        if spec.required:
            raise InvalidInput(f"请填写{spec.label}")
        if spec.kind == "checks":
            return []
        return _DEFAULTS.get(spec.key) if spec.home != "column" else 0 if spec.kind == "integer" else ""
    return _READERS[spec.kind](spec, text)


def _read_text(spec: Spec, text: str) -> str:
    if spec.most and len(text) > spec.most:
        raise InvalidInput(f"{spec.label}不能超过 {spec.most} 个字")
    return text


def _read_integer(spec: Spec, text: str) -> int:
    plain = half_width(text).removesuffix(spec.suffix or " ").strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 6):
        raise InvalidInput("请填写整数")
    if not spec.least <= int(plain) <= spec.most:
        raise InvalidInput(f"{spec.label}须在 {spec.least} 到 {spec.most} 之间")
    return int(plain)


def _read_decimal(spec: Spec, text: str) -> Decimal:
    plain = half_width(text).removesuffix(spec.suffix or " ").strip()
    if not _DECIMAL.fullmatch(plain):
        raise InvalidInput("请填写数字，例如 1.5")
    if Decimal(plain) > spec.most:
        raise InvalidInput(f"{spec.label}须在 {spec.least} 到 {spec.most} 之间")
    return Decimal(plain)


def _read_choice(spec: Spec, text: str) -> Any:
    if text not in dict(spec.options):
        raise InvalidInput(f"请选择{spec.label}")
    return int(text) if spec.key == "day_base" else text


def _read_months(spec: Spec, text: str) -> list[int]:
    parts = re.split(r"[、,，;；/\s]+", text.replace("个月", " ").replace("期", " "))
    words = [half_width(part) for part in parts if part]
    if not words or not all(word.isascii() and word.isdigit() and len(word) <= 4 for word in words):
        raise InvalidInput("期限写成月数，用顿号隔开，例如 12、24、36")
    months = sorted({int(word) for word in words})
    if months[0] < 1 or months[-1] > LARGEST_PERIODS:
        raise InvalidInput(f"期限须在 1 到 {LARGEST_PERIODS} 个月之间")
    if len(months) > MOST_TERMS:
        raise InvalidInput(f"期限最多 {MOST_TERMS} 档")
    return months


def _read_order(spec: Spec, text: str) -> list[str]:
    try:
        return [component.value for component in check_order([Component(code) for code in text.split(",")])]
    except ValueError:
        raise InvalidInput("还款分配顺序里有不认识的科目") from None


def _read_checks(spec: Spec, text: str) -> list[str]:
    chosen = set(text.split(","))
    if chosen - {code for code, _ in spec.options}:
        raise InvalidInput(f"{spec.label}里有不认识的类型")
    return [code for code, _ in spec.options if code in chosen]


_READERS: dict[str, Any] = {
    "text": _read_text, "integer": _read_integer, "decimal": _read_decimal, "select": _read_choice, "radio": _read_choice,
    "months": _read_months, "order": _read_order, "checks": _read_checks, "money": lambda _spec, text: parse_fen(text),
    "percent": lambda _spec, text: parse_percent(text),
}  # fmt: skip


def check_code(text: str) -> str:
    """Return the code of a new product.

    Raises:
        InvalidInput: naming ``code``.
    """
    code = text.strip()
    if not _CODE.fullmatch(code):
        raise InvalidInput(fields={"code": "产品代码用小写字母开头，只含小写字母、数字和下划线，2 到 32 位"})
    return code


def told(product: Product) -> dict[str, str]:
    """Return every field of a product by its label, as one reads it; a field that is not shown says —."""
    form = show(product)
    texts = {}
    for spec in SPECS:
        shown = not spec.when[0] or form.get(spec.when[0]) == spec.when[1]
        texts[spec.label] = _told(spec, form[spec.key], product) if shown else "—"
    return texts | {"费用": fee_form.told(product.fees)}


def _told(spec: Spec, text: str, product: Product) -> str:
    if spec.kind == "switch":
        return "是" if text else "否"
    if not text:
        return "—"
    if spec.kind == "money":
        return format_wan(parse_fen(text))
    if spec.kind == "percent":
        return format_percent(Decimal(str(_stored(spec, product))))
    if spec.kind == "select":
        return dict(spec.options).get(text, text)
    if spec.kind == "order":
        return " → ".join(Component(code).label for code in text.split(","))
    if spec.kind == "checks":
        return "、".join(dict(spec.options)[code] for code in text.split(","))
    return f"{text} {spec.suffix}".strip()


def differences(before: Product | None, after: Product) -> list[dict[str, str]]:
    """Return what a version changes: {label, before, after} of each field that reads differently."""
    old, new = told(before) if before is not None else {}, told(after)
    return [
        {"label": label, "before": old.get(label, "—"), "after": text}
        for label, text in new.items()
        if old.get(label, "—" if before is not None else "") != text and not (before is None and text == "—")
    ]
