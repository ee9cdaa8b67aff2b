"""From a template and its data to a PDF: the one way documents are made, previews included."""

import threading
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

from loanhub.documents.bindery import Shared
from loanhub.documents.compose import Composer
from loanhub.documents.data import Company
from loanhub.documents.flow import break_pages
from loanhub.documents.linebreak import Line
from loanhub.documents.press import Running, bind_pages, print_pages
from loanhub.documents.template import DocumentTemplate, MissingData, get_template, missing
from loanhub.documents.typeface import BaseFonts, Census, GlyphTable, build_base, check_printable
from loanhub.domain.errors import InvalidInput

LONGEST_TEXT = 2_000
LONGEST_TOTAL = 200_000
DENSITIES = (1.0, 0.92, 0.85, 0.8)
REMEMBERED = 20_000
"""How many set lines and rows a batch remembers: amounts and dates that its documents have in common."""
COMMON = (
    "0123456789,.-−:/¥%() ABCDEFGHIJKLMNOPQRSTUVWXYZ*零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整负年月日"
    "第页共无　，。、：（）扫码核验真伪编号演示数据"
)

PREPARED_AT_ONCE = 60
"""How many templates stay prepared: the built-in ones and the firm's own in use."""

_ready: dict[tuple[str, int], tuple[BaseFonts, dict[object, list[Line]]]] = {}
_lock = threading.Lock()


class TextTooLong(InvalidInput):
    """A value is longer than any field of a document may be."""

    def __init__(self, key: str, length: int) -> None:
        super().__init__(
            f"文字过长（{length} 字，上限 {LONGEST_TEXT} 字），请缩短后重试",
            fields={key: f"不能超过 {LONGEST_TEXT} 字"},
        )


def render(
    template: str | DocumentTemplate,
    data: object,
    *,
    company: Company,
    watermark: str = "",
    verify_url: str = "",
) -> bytes:
    """Return the PDF of a document; the same arguments give the same bytes.

    ``template`` is the code of a built-in one, or a firm's own made by ``design.derived``. ``watermark`` is printed pale across every page; ``verify_url`` becomes the QR code on the last page.

    Raises:
        UnknownTemplate: no such template.
        MissingData: values it needs are empty; each is named.
        TextTooLong, UnprintableText, MissingGlyph: a text that cannot be printed.
    """
    used = get_template(template) if isinstance(template, str) else template
    lacking = missing(used, data, company)
    if lacking:
        raise MissingData(used.label, lacking)
    _check_texts(data, company, watermark)
    with _lock:  # the caches of a template are filled by one thread at a time
        base, lines = _prepared(get_template(used.fonts_of) if used.fonts_of else used)
        if used.fonts_of:
            lines = {}  # what is still being written is not remembered
        table = GlyphTable(base)
        return _print(used, data, company, table, lines, watermark=watermark, verify_url=verify_url)


def _prepared(template: DocumentTemplate) -> tuple[BaseFonts, dict[object, list[Line]]]:
    """Return the template's fonts and line cache, made from its sample the first time."""
    key = (template.code, template.version)
    if key not in _ready:
        census = Census()
        composer = Composer(census)
        template.build(composer, template.sample, SAMPLE_COMPANY)
        composer.boxes()
        census.counts["S"].update(COMMON + template.number_label + template.label)
        census.counts["H"].update("零一二三四五六七八九十第条\u3000")
        if len(_ready) >= PREPARED_AT_ONCE:
            del _ready[next(iter(_ready))]
        _ready[key] = (build_base(census.counts), {})
    return _ready[key]


def _print(
    template: DocumentTemplate,
    data: object,
    company: Company,
    table: GlyphTable,
    lines: dict[object, list[Line]],
    *,
    watermark: str,
    verify_url: str,
    shared: Shared | None = None,
    seen: dict[object, Any] | None = None,
) -> bytes:
    for density in DENSITIES if template.one_page else DENSITIES[:1]:
        composer = Composer(table, lines, density, seen)
        template.build(composer, data, company)
        boxes = composer.boxes()
        if density == 1.0:
            loose = (composer, boxes)
        if len(break_pages(boxes)) == 1:
            break
    else:
        composer, boxes = loose
    number = template.number(data)
    running = Running(
        title=f"{template.label} {number}".strip(),
        subject=template.label,
        keywords=number,
        author=company.name,
        head_left=template.head_left(data, company) if template.head_left else company.name,
        head_right=template.head_right(data, company)
        if template.head_right
        else f"{template.number_label}：{number}",
        issued_at=cast(datetime, cast(Any, data).issued_at),
        watermark=watermark or _own_mark(template, data, company),
        verify_url=verify_url,
        seam_marks=template.seam_marks,
    )
    if shared is not None:
        return bind_pages(boxes, composer.tree, table, running, shared)
    return print_pages(boxes, composer.tree, table, running)


class Batch:
    """Draws many documents of one template, one by one; what they share is made once and kept while it lives."""

    def __init__(self, template: str | DocumentTemplate, *, company: Company, watermark: str = "") -> None:
        self._template = get_template(template) if isinstance(template, str) else template
        self._company, self._watermark = company, watermark
        with _lock:
            self._base, self._lines = _prepared(self._template)
        self._shared = Shared(self._base)
        self._seen: dict[object, Any] = {}

    def draw(self, data: object, *, verify_url: str = "") -> bytes:
        """Return the PDF of one document; see :func:`render` for what is refused."""
        lacking = missing(self._template, data, self._company)
        if lacking:
            raise MissingData(self._template.label, lacking)
        _check_texts(data, self._company, self._watermark)
        if len(self._seen) > REMEMBERED:
            self._seen.clear()
        with _lock:
            return _print(
                self._template, data, self._company, GlyphTable(self._base), self._lines, watermark=self._watermark,
                verify_url=verify_url, shared=self._shared, seen=self._seen,
            )  # fmt: skip


def _own_mark(template: DocumentTemplate, data: object, company: Company) -> str:
    return template.watermark(data, company) if template.watermark else ""


def _check_texts(data: object, company: Company, watermark: str) -> None:
    texts = list(_texts(data, "")) + list(_texts(company, "company")) + [("watermark", watermark)]
    for key, text in texts:
        if len(text) > LONGEST_TEXT:
            raise TextTooLong(key, len(text))
    if sum(len(text) for _, text in texts) > LONGEST_TOTAL:
        raise TextTooLong("", sum(len(text) for _, text in texts))
    check_printable(text for _, text in texts)


def _texts(value: Any, key: str) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(key, value)]
    if isinstance(value, tuple):
        kinds = {type(item) for item in value}
        if all(is_dataclass(kind) and not _names(cast(Any, kind)) for kind in kinds):
            return []  # the rows of a schedule: figures and days
        return [pair for item in value for pair in _texts(item, key)]
    if is_dataclass(value):
        dot = f"{key}." if key else ""
        return [
            pair
            for name in _names(cast(Any, type(value)))
            for pair in _texts(getattr(value, name), dot + name)
        ]
    return []


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Return the fields of a record that may hold text."""
    return tuple(part.name for part in fields(kind) if part.type not in _NO_TEXT)


_NO_TEXT = {int, bool, "int", "bool", "int | None", "date", "date | None", "datetime", "Decimal", "Decimal | None", int | None,
            date, date | None, datetime, Decimal, Decimal | None}  # fmt: skip


SAMPLE_COMPANY = Company(
    name="示范小额贷款有限公司",
    credit_code="91310000MA1FL00000",
    legal_representative="王明",
    address="上海市浦东新区示范路1号",
    phone="021-50000000",
    complaint_phone="400-000-0000",
    license_number="沪金监许字第0001号",
)
