"""No name prints blank: what is embedded is looked into, glyph by glyph."""

import io
import random
from dataclasses import replace

import pypdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from loanhub.documents import get_template, render
from loanhub.documents.data import Guarantee
from loanhub.documents.render import SAMPLE_COMPANY, TextTooLong
from loanhub.documents.typeface import MissingGlyph, UnprintableText, find_file
from tests.documents.conftest import text_of
from tests.documents.test_typeface import random_names

BEYOND = "".join(chr(code) for code in range(0x20000, 0x2A6E0) if find_file("S", chr(code)))
"""Characters of CJK extension B that our fonts have."""
PLACES = "省市区县镇乡村路街巷弄号楼单元室新疆维吾尔自治内蒙古黑龙江"


def blank_glyphs(pdf: bytes) -> list[str]:
    """Return the characters whose embedded glyph is missing or draws nothing."""
    found: list[str] = []
    reader, seen = pypdf.PdfReader(io.BytesIO(pdf)), set()
    for page in reader.pages:
        for name, reference in page["/Resources"]["/Font"].items():
            if name in seen:
                continue
            seen.add(name)
            font = reference.get_object()
            program = TTFont(io.BytesIO(font["/FontDescriptor"]["/FontFile2"].get_data()))
            glyphs, codes = program["glyf"], program["cmap"].tables[0].cmap
            table = {int(code, 16): text for code, text in _pairs(font["/ToUnicode"].get_data().decode())}
            for code, text in table.items():
                drawn = code in codes and glyphs[codes[code]].numberOfContours
                if not text.isspace() and not drawn:
                    found.append(text)
    return found


def _pairs(cmap: str) -> list[tuple[str, str]]:
    lines = [line.split() for line in cmap.splitlines() if line.startswith("<") and line.count("<") == 2]
    return [
        (code.strip("<>"), bytes.fromhex(text.strip("<>")).decode("utf-16-be"))
        for code, text in lines if len(code) == 4 and len(text) > 4
    ]  # fmt: skip


def read_fast(pdf: bytes) -> str:
    """Return all text as PDFium finds it, without spaces and line ends."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def test_two_thousand_names_and_addresses_print_whole() -> None:
    source = random.Random(7)
    names = random_names(1_900) + ["张" + source.choice(BEYOND) + source.choice(BEYOND) for _ in range(100)]
    addresses = [
        "".join(source.choices(PLACES, k=12)) + name[-1] + f"{source.randint(1, 999)}号" for name in names
    ]
    sample = get_template("loan_contract").sample
    told = replace(
        sample,
        guarantees=tuple(
            Guarantee(kind="保证", guarantor=name, subject=address)
            for name, address in zip(names, addresses, strict=True)
        ),
    )

    pdf = render("loan_contract", told, company=SAMPLE_COMPANY)

    text = read_fast(pdf)
    assert not [name for name in names if name not in text]
    assert not [address for address in addresses if address not in text]
    assert not blank_glyphs(pdf)


def test_the_check_sees_what_is_drawn() -> None:
    pdf = render("receipt", get_template("receipt").sample, company=SAMPLE_COMPANY)
    assert not blank_glyphs(pdf) and len(BEYOND) >= 30


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("张" * 10_000_000, TextTooLong), ("a\x00b", UnprintableText), ("\u202e乙", UnprintableText),
        ("\ud800", UnprintableText), ("😀", MissingGlyph), ("\u200b", UnprintableText),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_is_refused(text: str, refusal: type[Exception]) -> None:
    sample = get_template("receipt").sample

    with pytest.raises(refusal):
        render("receipt", replace(sample, payer=text), company=SAMPLE_COMPANY)


@pytest.mark.parametrize(
    "text",
    ['<img src="file:///etc/passwd">', "<para><font color='red'>x</font></para>", "&lt;&amp;{payer}", "{{7*7}}${7}%(x)s",
     "'; DROP TABLE loan;--", ")Tj ET (x", "<feff0041>", "\\n\\r\\(("],
)  # fmt: skip
def test_hostile_text_comes_out_as_the_characters_it_is(text: str) -> None:
    sample = get_template("receipt").sample

    pdf = render("receipt", replace(sample, payer=text), company=SAMPLE_COMPANY)

    assert text.replace(" ", "") in text_of(pdf)
    assert b"/Action" not in pdf and b"/URI" not in pdf and b"/JavaScript" not in pdf
