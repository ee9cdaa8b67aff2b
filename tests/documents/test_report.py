"""Reports on paper: every figure of the table is there to be read, heads repeat, wide tables are divided, charts are drawn."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from loanhub.documents.chart_drawing import COLORS, KINDS, Chart, Series, steps
from loanhub.documents.report import Heading, Part, ReportPaper, build
from loanhub.documents.typeface import MissingGlyph, UnprintableText

MONTHS = tuple(f"2026-{month:02}" for month in range(1, 13))


def paper(*parts: Part, **more: object) -> ReportPaper:
    values = {
        "title": "各产品月度放款", "subtitle": "2026-01-01 ～ 2026-11-22", "facts": (("条件", "产品是个人经营贷"),),
        "parts": parts, "company": "示范小额贷款有限公司", "reader": "张敏 2026-11-22 12:00",
        "issued_at": datetime(2026, 11, 22, 4, tzinfo=UTC), "watermark": "张敏 0001 2026-11-22 12:00",
    }  # fmt: skip
    return ReportPaper(**(values | more))  # type: ignore[arg-type]


def table(rows: int, columns: int = 3) -> Part:
    return Part(
        title="明细", columns=(Heading("产品", names_row=True), *(Heading(f"第{n}列", "right") for n in range(columns))),
        rows=tuple((f"产品{row}", *(f"{row * 1000 + n:,}.00" for n in range(columns))) for row in range(rows)),
        total=("合计", *("9,999.00" for _ in range(columns))),
    )  # fmt: skip


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page without spaces: the room between Han and Latin is read as one."""
    return [page.extract_text().replace(" ", "") for page in PdfReader(io.BytesIO(pdf)).pages]


def drawn(pdf: bytes) -> str:
    return "".join(
        page.get_contents().get_data().decode("latin-1") for page in PdfReader(io.BytesIO(pdf)).pages
    )


def chart(kind: str, **more: object) -> Chart:
    values = (Fraction(120), None, Fraction(-30), *(Fraction(40 * n) for n in range(9)))
    found = Chart(
        kind,
        MONTHS,
        (Series("个人经营贷", values), Series("房产抵押贷", values[::-1])),
        lambda v: f"{int(v)} 万",
    )
    return replace(found, **more)  # type: ignore[arg-type]


class TestBuild:
    def test_every_cell_can_be_read_and_every_page_has_head_and_foot(self) -> None:
        part = table(120)

        found = pages(build(paper(part)))

        text = "\n".join(found)
        assert all(cell in text for row in (*part.rows, part.total) for cell in row)
        assert "各产品月度放款" in found[0] and "产品是个人经营贷" in found[0]
        for place, one in enumerate(found, start=1):
            assert f"第{place}页" in one and f"共{len(found)}页" in one
            assert "示范小额贷款有限公司" in one and "张敏2026-11-2212:00" in one
            assert "第0列" in one, "the head stands on every page"
        assert len(found) > 3

    def test_a_wide_table_is_divided_and_each_part_names_its_rows(self) -> None:
        part = table(5, columns=30)

        text = "\n".join(pages(build(paper(part))))

        assert all(cell in text for row in part.rows for cell in row)
        assert text.count("产品3") >= 3
        assert text.count("第7列") == 1

    def test_lies_on_its_side(self) -> None:
        box = PdfReader(io.BytesIO(build(paper(table(2))))).pages[0].mediabox

        assert (round(box.width), round(box.height)) == (842, 595)

    def test_the_same_report_gives_the_same_bytes(self) -> None:
        part = replace(table(3), chart=chart("line"))

        assert build(paper(part)) == build(paper(part))

    def test_the_readers_name_lies_across_it(self) -> None:
        assert "0001" in build_text(paper(table(1)))
        assert "0001" not in build_text(paper(table(1), watermark=""))

    def test_refuses_what_cannot_be_printed(self) -> None:
        with pytest.raises(UnprintableText):
            build(paper(Part(columns=(Heading("a"),), rows=(("x\x00",),))))
        with pytest.raises(MissingGlyph):
            build(paper(Part(figures=(("表情", "😀"),))))

    def test_an_empty_report_is_a_page(self) -> None:
        assert "第1页" in pages(build(paper()))[0]


def build_text(one: ReportPaper) -> str:
    return "".join(pages(build(one)))


class TestChart:
    @pytest.mark.parametrize("kind", KINDS)
    def test_draws_each_series_in_its_color_and_says_what_is_what(self, kind: str) -> None:
        pdf = build(paper(Part(chart=chart(kind))))

        text, ink = "".join(pages(pdf)), drawn(pdf)
        assert "个人经营贷" in text and "房产抵押贷" in text and "2026-01" in text
        for color in COLORS[:2]:
            red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
            assert f"{red:.6f}".rstrip("0")[1:6] in ink and f"{green:.6f}".rstrip("0")[1:6] in ink
            assert f"{blue:.6f}".rstrip("0")[1:6] in ink

    def test_nothing_to_draw_is_no_fault(self) -> None:
        empty = Chart("bar", ("一月",), (Series("放款", (None,)),), lambda v: f"{int(v)}")

        assert "一月" in "".join(pages(build(paper(Part(chart=empty)))))
        assert pages(build(paper(Part(chart=replace(empty, labels=(), series=())))))

    @given(low=st.fractions(-(10**12), 10**12), high=st.fractions(-(10**12), 10**12))
    def test_the_scale_reaches_over_all_values_in_round_steps(self, low: Fraction, high: Fraction) -> None:
        low, high = min(low, high), max(low, high)

        found = steps(low, high)

        assert found[0] <= min(low, 0) and found[-1] >= max(high, 0)
        assert Fraction(0) in found and 2 <= len(found) <= 9
