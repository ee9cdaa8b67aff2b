"""Documents put together from their objects: the same pages, what they share once, the same bytes each time."""

import io
from dataclasses import replace

import pypdf
import pypdfium2
import pytest

from loanhub.documents import get_template, render
from loanhub.documents.assemble import NotPlain, Part, assemble
from loanhub.documents.batch import Item, render_batch
from loanhub.documents.merge import merge
from loanhub.documents.render import SAMPLE_COMPANY
from tests.documents.conftest import pages_of
from tests.documents.test_glyphs import blank_glyphs


def made(count: int) -> list[bytes]:
    """Return loan contracts of one batch, and one made alone behind them."""
    sample = get_template("loan_contract").sample
    items = [
        Item(replace(sample, contract_number=f"DT-{n}", borrower=replace(sample.borrower, name=f"王䶮{n}")))
        for n in range(count)
    ]
    drawn = [
        one.pdf for one in render_batch("loan_contract", items, company=SAMPLE_COMPANY, watermark="演示数据")
    ]
    return [*drawn, render("receipt", get_template("receipt").sample, company=SAMPLE_COMPANY)]


def pictures(pdf: bytes) -> list[bytes]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=0.4).to_pil().convert("L").tobytes() for page in document]


def test_the_pages_are_those_another_program_would_put_together() -> None:
    pdfs = made(3)

    content, count = assemble([Part(pdf, f"第 {n} 份") for n, pdf in enumerate(pdfs)], title="批次")

    other, pages = merge(pdfs) or (b"", 0)
    assert count == pages
    assert pages_of(content) == pages_of(other)
    assert pictures(content) == pictures(other)
    assert not blank_glyphs(assemble([Part(pdf, "", ("䶮龘",)) for pdf in pdfs], duplex=False)[0])
    reader = pypdf.PdfReader(io.BytesIO(content), strict=True)
    assert [one.title for one in reader.outline] == [f"第 {n} 份" for n in range(4)]
    assert reader.get_destination_page_number(reader.outline[1]) % 2 == 0


def test_what_documents_share_is_written_once() -> None:
    few, many = (len(assemble([Part(pdf, "") for pdf in made(count)])[0]) for count in (2, 12))
    assert many - few < 10 * 40_000, "each further contract costs what differs in it"


def test_copies_carry_their_notes_and_the_same_input_gives_the_same_bytes() -> None:
    pdfs = made(1)
    parts = [Part(pdfs[0], "甲", ("第 1 份　龘", "", "第 3 份")), Part(pdfs[1], "乙")]

    content, count = assemble(parts, duplex=False)

    texts, own = pages_of(content), len(pages_of(pdfs[0]))
    assert count == 3 * own + 1 == len(texts)
    assert all("第1份龘" in page for page in texts[:own])
    assert texts[own : 2 * own] == pages_of(pdfs[0]), "no note, nothing added"
    assert all("第3份" in page for page in texts[2 * own : 3 * own])
    assert assemble(parts, duplex=False) == (content, count)


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\nstartxref\n9\n%%EOF", b"x" * 500])
def test_what_is_not_ours_is_left_to_others(pdf: bytes) -> None:
    with pytest.raises(NotPlain):
        assemble([Part(pdf, "")])
