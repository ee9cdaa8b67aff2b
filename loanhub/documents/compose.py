"""What a template writes with: titles, numbered clauses, fields, tables, signatures; all become boxes.

Prose is a fixed pattern of ours: ``{name}`` sets a value (underlined), ``{=name}`` sets it plainly,
``{ref:key}`` names another clause, ``**…**`` is bold. Values are never read as patterns, so whatever a person
typed comes out as the characters they typed.
"""

from collections.abc import Mapping, Sequence

from loanhub.documents.chart_drawing import Chart
from loanhub.documents.setting import BODY, LEADING, SMALL, SMALL_LEADING, Signer
from loanhub.documents.table_setting import Column, TableSetter

_CHINESE = "零一二三四五六七八九"


def chinese_number(number: int) -> str:
    """Return 1 to 99 in Chinese numerals, as clauses are numbered: 一, 十, 十二, 二十一."""
    tens, ones = divmod(number, 10)
    words = ("" if tens == 0 else "十" if tens == 1 else _CHINESE[tens] + "十") + (
        _CHINESE[ones] if ones else ""
    )
    return words or "零"


class Composer(TableSetter):
    """Collects what a template writes; numbers articles, clauses and items as they come."""

    def use(self, values: Mapping[str, str]) -> None:
        """Set the values that patterns may name from here on."""
        self._values = values

    @property
    def values(self) -> Mapping[str, str]:
        """The values patterns may name now."""
        return self._values

    def title(self, text: str, subtitle: str = "") -> None:
        """Begin the document: its name, centered, 黑体 二号."""
        self._write("title", text, subtitle)

    def annex(self, text: str, subtitle: str = "", *, new_page: bool = True) -> None:
        """Begin an annex, on a page of its own unless it follows a short one."""
        self._write("annex", text, subtitle, new_page)

    def article(self, text: str, key: str = "", *, fixed: bool = True) -> None:
        """Begin an article 第 x 条 and its bookmark; not ``fixed`` when the text holds a value."""
        self._article, self._clause, self._item = self._article + 1, 0, 0
        label = f"第{chinese_number(self._article)}条"
        self._note(key, label)
        self._write("article", f"{label}\u3000{text}", fixed)

    def clause(self, pattern: str, key: str = "", *, bold: bool = False) -> None:
        """Write a numbered clause 1.1; ``bold`` marks a standard term the other party must notice."""
        self._clause, self._item = self._clause + 1, 0
        number = f"{self._article}.{self._clause}"
        self._note(key, f"第 {number} 款")
        self._write("clause", f"{number}\u2002", pattern, self._values, bold)

    def item(self, pattern: str, *, bold: bool = False) -> None:
        """Write a numbered item （1） under a clause."""
        self._item += 1
        self._write("clause", f"（{self._item}）", pattern, self._values, bold)

    def paragraph(
        self, pattern: str, *, bold: bool = False, indent: bool = True, align: str = "justify"
    ) -> None:
        """Write a paragraph, its first line indented by two characters."""
        self._write("paragraph", pattern, self._values, bold, indent, align, BODY, LEADING)

    def note(self, pattern: str) -> None:
        """Write a paragraph in small type."""
        self._write("paragraph", pattern, self._values, False, False, "justify", SMALL, SMALL_LEADING)

    def heading(self, text: str, *, fixed: bool = True) -> None:
        """Write a heading without a number; not ``fixed`` when the text holds a value."""
        self._write("article", text, fixed)

    def fields(self, rows: Sequence[tuple[str, str]], *, pairs: bool = False) -> None:
        """Write labeled values, a ruled row each, or two a row when ``pairs``."""
        self._write("fields", tuple(rows), pairs)

    def rows(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        *,
        total: Sequence[str] | None = None,
        caption: str = "",
    ) -> None:
        """Write a table; its head is repeated on each page, its total row never stands alone."""
        self._write("rows", tuple(columns), [tuple(row) for row in rows], total, caption)

    def drawing(self, chart: Chart) -> None:
        """Draw a chart, as wide as the text."""
        self._write("drawing", chart)

    def signatures(self, signers: Sequence[Signer], facts: Sequence[tuple[str, str]] = ()) -> None:
        """Write the signature block; two lines of text at least stay with it."""
        self._write("signatures", tuple(signers), tuple(facts))

    def confirmation(self, text: str) -> None:
        """Write the sentence the signer copies or confirms by hand, in a frame."""
        self._write("confirmation", text)

    def page_break(self) -> None:
        """Go on at the head of a new page."""
        self._write("break")

    def space(self, height: float) -> None:
        """Leave room above what follows."""
        self._write("space", height)

    def _write(self, kind: str, *arguments: object) -> None:
        self._pending.append((kind, arguments))

    def _note(self, key: str, label: str) -> None:
        if key:
            self._references[key] = label


__all__ = ["Column", "Composer", "Signer", "chinese_number"]
