"""Contracts as PDF: one by one, in a batch of one template, and what the same words cost elsewhere.

The document is a loan contract cut to 4 pages with a schedule of 36 rows, another borrower, number, amount and QR code
each time. The alternatives lay out the same text in the same run: plain ReportLab Platypus with our font files, and
WeasyPrint and typst where they are importable (no dependencies of ours: a folder on ``PYTHONPATH`` will do). One
process, CPU seconds, medians; each document's text is looked for in what came out. Run ``python -m bench.documents``.
"""

from __future__ import annotations

import argparse
import html
import importlib.util
import io
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pypdfium2

from loanhub.documents import get_template, render
from loanhub.documents.batch import Item, render_batch
from loanhub.documents.data import ContractData, ScheduleRow
from loanhub.documents.design import derived
from loanhub.documents.render import SAMPLE_COMPANY
from loanhub.documents.template import DocumentTemplate
from loanhub.documents.typeface import FILES, FONT_FOLDER
from loanhub.domain.money import format_plain
from loanhub.domain.templates import BlockKind

PAGES, ROWS = 4, 36
NAMES = [
    "张伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨帆",
    "赵磊",
    "黄敏",
    "周杰",
    "吴倩",
    "欧阳晨",
    "司马昭",
    "诸葛亮",
    "慕容雪",
]


def contract(number: int) -> ContractData:
    """Return the data of one contract; no two borrow the same amount."""
    sample: ContractData = get_template("loan_contract").sample
    principal, monthly = 10_000_000 + number * 1_000, (10_000_000 + number * 1_000) // ROWS
    rows = tuple(
        ScheduleRow(
            number=period, due_date=date(2026 + (period - 1) // 12, (period - 1) % 12 + 1, 15),
            principal_fen=monthly if period < ROWS else principal - monthly * (ROWS - 1),
            interest_fen=120_000 - period * 3_000 + number, closing_fen=principal - monthly * period if period < ROWS else 0,
        )
        for period in range(1, ROWS + 1)
    )  # fmt: skip
    return replace(
        sample, contract_number=f"DT-JK-20260115-{number:05d}", schedule=rows, co_borrowers=(), guarantees=(),
        borrower=replace(sample.borrower, name=NAMES[number % len(NAMES)] + chr(0x4E00 + number % 2000)),
        terms=replace(sample.terms, principal_fen=principal, periods=ROWS),
    )  # fmt: skip


def pages_of(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def four_pages() -> DocumentTemplate:
    """Return the loan contract with articles left out of its middle until it has 4 pages."""
    base = get_template("loan_contract")
    assert base.body is not None
    blocks = list(base.body.blocks)
    while True:
        body = replace(base.body, blocks=tuple(blocks))
        made = derived(base, body, code="bench", label=base.label, version=len(blocks))
        if (
            pages_of(render(made, contract(1), company=SAMPLE_COMPANY, verify_url="https://x.example/v/1"))
            <= PAGES
        ):
            return made
        middle = [
            n
            for n, one in enumerate(blocks)
            if one.kind in (BlockKind.CLAUSE, BlockKind.ITEM) and not one.key
        ]
        del blocks[middle[len(middle) // 2]]


def words_of(pdf: bytes) -> list[list[str]]:
    """Return the lines of each page, for the alternatives to lay out."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range().splitlines() for page in document]


def holds(pdf: bytes, data: ContractData) -> bool:
    """Tell whether the text can be read back."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = "".join("".join(page.get_textpage().get_text_range().split()) for page in document)
    wanted = (data.contract_number, data.borrower.name, format_plain(data.terms.principal_fen or 0),
              format_plain(data.schedule[-1].payment_fen))  # fmt: skip
    return all(one in text for one in wanted)


def platypus(data: ContractData, words: list[list[str]]) -> bytes:
    """Lay the words out with ReportLab's Platypus, as its manual says."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

    if "Plain" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Plain", str(FONT_FOLDER / FILES["S"])))
    style = ParagraphStyle("body", fontName="Plain", fontSize=10.5, leading=16, wordWrap="CJK")
    story: list[object] = [
        Paragraph(
            f"{data.contract_number} {data.borrower.name} {format_plain(data.terms.principal_fen or 0)}",
            style,
        )
    ]
    for page in words[:-1]:
        story += [Paragraph(html.escape("".join(page)), style), PageBreak()]
    story.append(Table(cells(data), repeatRows=1, style=[("FONT", (0, 0), (-1, -1), "Plain", 9)]))
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build(story)
    return buffer.getvalue()


def cells(data: ContractData) -> list[list[str]]:
    head = ["期次", "应还日", "应还本金", "应还利息", "应还合计", "剩余本金"]
    return [head] + [
        [str(one.number), f"{one.due_date:%Y-%m-%d}", *(format_plain(fen) for fen in (
            one.principal_fen, one.interest_fen, one.payment_fen, one.closing_fen))]
        for one in data.schedule
    ]  # fmt: skip


def weasyprint(data: ContractData, words: list[list[str]]) -> bytes:
    from weasyprint import HTML  # type: ignore[import-not-found]

    face = f"@font-face{{font-family:Plain;src:url(file://{FONT_FOLDER / FILES['S']})}}body{{font:10.5pt/1.6 Plain}}"
    rows = "".join("<tr>" + "".join(f"<td>{one}</td>" for one in row) + "</tr>" for row in cells(data))
    text = "".join(
        f"<p style='page-break-after:always'>{html.escape(''.join(page))}</p>" for page in words[:-1]
    )
    title = (
        f"<h1>{data.contract_number} {data.borrower.name} {format_plain(data.terms.principal_fen or 0)}</h1>"
    )
    return bytes(HTML(string=f"<style>{face}</style>{title}{text}<table>{rows}</table>").write_pdf())


def typst(data: ContractData, words: list[list[str]]) -> bytes:
    import typst as engine  # type: ignore[import-not-found]

    def quoted(text: str) -> str:
        return '#"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    rows = ", ".join(f"[{quoted(one)}]" for row in cells(data) for one in row)
    text = "\n#pagebreak()\n".join(quoted("".join(page)) for page in words[:-1])
    title = quoted(
        f"{data.contract_number} {data.borrower.name} {format_plain(data.terms.principal_fen or 0)}"
    )
    source = f'#set text(font: "LoanHub Serif", size: 10.5pt)\n{title}\n\n{text}\n#pagebreak()\n#table(columns: 6, {rows})'
    return bytes(engine.compile(source.encode(), font_paths=[str(FONT_FOLDER)]))


def report(name: str, make: Callable[[int], bytes], count: int) -> float:
    """Time ``count`` documents after a warm-up, say what came out, return documents a second."""
    for number in range(3):
        make(number)
    spent, last = [], b""
    for number in range(3, 3 + count):
        begin = time.process_time()
        last = make(number)
        spent.append(time.process_time() - begin)
    rate = 1 / statistics.median(spent)
    found = "text found" if holds(last, contract(2 + count)) else "TEXT MISSING"
    print(
        f"{name:<34}{statistics.median(spent) * 1000:9.1f} ms {rate:8.1f}/s {len(last) / 1024:8.0f} KiB {pages_of(last):3} pages  {found}"
    )
    return rate


def preview(count: int) -> None:
    """Time what the designer's preview waits for: the whole loan contract set anew, and one page of it drawn."""
    from loanhub.documents.preview import page_image
    from loanhub.services.templates.view import PREVIEW_DPI

    spent = []
    for number in range(count + 3):
        begin = time.perf_counter()
        made = get_template("loan_contract")
        pdf = render(made, contract(number), company=SAMPLE_COMPANY, watermark="预览")
        page_image(pdf, 1 + number % pages_of(pdf), dpi=PREVIEW_DPI)
        spent.append((time.perf_counter() - begin) * 1000)
    times = sorted(spent[3:])
    print(
        f"preview of the whole contract, {pages_of(pdf)} pages set, one drawn: first {spent[0]:.0f} ms, then p50 {statistics.median(times):.0f}, p95 "
        f"{times[int(len(times) * 0.95)]:.0f} ms by the clock"
    )


ALTERNATIVES = {"reportlab": platypus, "weasyprint": weasyprint, "typst": typst}


def alternative(name: str, words: list[list[str]], count: int) -> None:
    """Time one of the others."""
    make = ALTERNATIVES[name]
    few = count if name == "reportlab" else min(count, 10)
    report(
        {"reportlab": "ReportLab Platypus"}.get(name, name), lambda number: make(contract(number), words), few
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    count = parser.parse_args().count
    template = four_pages()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; one process, CPU time, median of {count}")

    def url(number: int) -> str:
        return f"https://loanhub.example/verify/DT-JK-{number:05d}"

    alone = report(
        "LoanHub, one by one",
        lambda n: render(template, contract(n), company=SAMPLE_COMPANY, verify_url=url(n)), count,
    )  # fmt: skip
    numbers = iter(range(10**9))
    stream = render_batch(template, (Item(contract(n), url(n)) for n in numbers), company=SAMPLE_COMPANY)
    whole = report("LoanHub, a batch of one template", lambda _: next(stream).pdf, count)
    print(f"{'':<34}a batch is {whole / alone:.1f} times as fast (making the data is counted with it)")
    preview(count)
    words = words_of(render(template, contract(1), company=SAMPLE_COMPANY))
    # Each alternative in a process of its own: our fonts hang into ReportLab's registry.
    for name in ALTERNATIVES:
        if importlib.util.find_spec(name) is None:
            print(f"{name}: not importable here, left out")
            continue
        other = multiprocessing.get_context("spawn").Process(target=alternative, args=(name, words, count))
        other.start()
        other.join()


if __name__ == "__main__":
    main()
