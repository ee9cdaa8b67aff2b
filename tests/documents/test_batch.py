"""A batch says and shows what single documents do, and one bad item does not stop the others."""

import io
from dataclasses import replace

import pypdf
import pypdfium2
import pytest

from loanhub.documents import get_template, render
from loanhub.documents.batch import Item, render_batch
from loanhub.documents.render import SAMPLE_COMPANY
from loanhub.documents.template import MissingData, UnknownTemplate, templates
from loanhub.documents.typeface import UnprintableText
from tests.documents.conftest import pages_of
from tests.documents.test_glyphs import blank_glyphs

URL = "https://x.example/verify/1"


def pictures(pdf: bytes) -> list[bytes]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=0.5).to_pil().convert("L").tobytes() for page in document]


def outline(reader: pypdf.PdfReader) -> list[object]:
    def named(items: list[object]) -> list[object]:
        return [
            named(one) if isinstance(one, list) else (one.title, reader.get_destination_page_number(one))
            for one in items
        ]

    return named(reader.outline)


@pytest.mark.parametrize("code", list(templates()))
def test_each_template_comes_out_as_it_does_alone(code: str) -> None:
    sample = get_template(code).sample
    alone = render(code, sample, company=SAMPLE_COMPANY, watermark="演示数据", verify_url=URL)

    first, second = (
        outcome.pdf
        for outcome in render_batch(
            code, [Item(sample, URL)] * 2, company=SAMPLE_COMPANY, watermark="演示数据"
        )
    )

    assert first == second, "what was drawn before changes nothing"
    assert pages_of(first) == pages_of(alone)
    for one, other in zip(pictures(first), pictures(alone), strict=True):
        apart = [abs(a - b) for a, b in zip(one, other, strict=True)]
        assert max(apart) <= 60 and sum(apart) / len(apart) < 0.1
    ours, theirs = pypdf.PdfReader(io.BytesIO(first)), pypdf.PdfReader(io.BytesIO(alone))
    assert ours.metadata == theirs.metadata and outline(ours) == outline(theirs)
    catalog, other = ours.trailer["/Root"], theirs.trailer["/Root"]
    assert catalog["/Metadata"].get_data() == other["/Metadata"].get_data()
    assert catalog["/Lang"] == "zh-CN" and catalog["/OutputIntents"] and catalog["/MarkInfo"]["/Marked"]
    assert [kid["/S"] for kid in catalog["/StructTreeRoot"]["/K"]["/K"]] == [
        kid["/S"] for kid in other["/StructTreeRoot"]["/K"]["/K"]
    ]
    assert first.count(b"\nendstream\n") == first.count(b"endstream")


def test_each_has_its_own_data_and_its_own_characters() -> None:
    sample = get_template("receipt").sample
    names = ["䶮囍喆", "张三", "𬱖𬬻", "王𠂇"]

    made = list(
        render_batch(
            "receipt", [Item(replace(sample, payer=name, receipt_number=f"R{n}")) for n, name in enumerate(names)],
            company=SAMPLE_COMPANY,
        )
    )  # fmt: skip

    for number, (name, outcome) in enumerate(zip(names, made, strict=True)):
        text = "".join(pages_of(outcome.pdf))
        assert name in text and f"R{number}" in text
        assert not [other for other in names if other != name and other != "张三" and other in text]
        assert not blank_glyphs(outcome.pdf)


def test_a_bad_item_is_refused_alone() -> None:
    sample = get_template("receipt").sample
    items = [
        Item(sample),
        Item(replace(sample, payer="")),
        Item(replace(sample, payer="a\x00")),
        Item(sample),
    ]

    good, lacking, unprintable, last = render_batch("receipt", items, company=SAMPLE_COMPANY)

    assert good.pdf == last.pdf and good.refusal is None
    assert lacking.pdf == b"" and isinstance(lacking.refusal, MissingData)
    assert isinstance(unprintable.refusal, UnprintableText)


def test_knows_only_its_templates() -> None:
    with pytest.raises(UnknownTemplate):
        next(render_batch("../x", [Item(None)], company=SAMPLE_COMPANY))
