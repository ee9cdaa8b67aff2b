"""Every document keeps to PDF/A-2u: alone, from a batch, and sealed; what breaks it is seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

import pytest

from loanhub.documents import get_template, render, sign_seal
from loanhub.documents.batch import Item, render_batch
from loanhub.documents.preview import page_count, page_texts
from loanhub.documents.render import SAMPLE_COMPANY
from loanhub.documents.sign_seal import Identity, KeyInMemory
from loanhub.documents.sign_stamp import Record, Signed, apply, find_spot
from loanhub.documents.template import templates
from loanhub.domain.signing import Ink
from tests.builders import NOON
from tests.documents.pdfa import faults

URL = "https://x.example/verify/1"


@cache
def alone(code: str) -> bytes:
    return render(
        code, get_template(code).sample, company=SAMPLE_COMPANY, watermark="演示数据", verify_url=URL
    )


@cache
def of_a_batch(code: str) -> bytes:
    items = [Item(get_template(code).sample, URL)] * 2
    return list(render_batch(code, items, company=SAMPLE_COMPANY, watermark="演示数据"))[-1].pdf


@cache
def identities() -> tuple[Identity, Identity]:
    authority = sign_seal.make_authority("某某 CA", now=NOON)
    seal = sign_seal.make_leaf(authority, "示例普惠", "示例普惠", now=NOON)
    return seal, sign_seal.make_leaf(authority, "时间戳", "示例普惠", stamps=True, now=NOON)


def sealed(pdf: bytes, at: datetime = NOON) -> bytes:
    seal, stamps = identities()
    return sign_seal.seal(
        pdf, KeyInMemory(seal), stamper=sign_seal.stamp_maker(stamps, at), reason="签署", place="", signer_name="示例普惠"
    )  # fmt: skip


@pytest.mark.parametrize("code", list(templates()))
@pytest.mark.parametrize("made", [alone, of_a_batch])
def test_every_document_keeps_to_it(made, code: str) -> None:  # type: ignore[no-untyped-def]
    assert faults(made(code)) == []


@pytest.mark.parametrize("made", [alone, of_a_batch])
def test_a_sealed_one_keeps_to_it_and_one_byte_more_or_other_breaks_the_seal(made) -> None:  # type: ignore[no-untyped-def]
    pdf = made("loan_contract")

    done = sealed(pdf, NOON + timedelta(minutes=1))

    assert faults(done) == [] and done.startswith(pdf)
    trusted = [identities()[0].certificate]
    found = sign_seal.check(done, trusted=trusted)
    assert found.intact and found.locked and found.ours and found.stamped_at == NOON + timedelta(minutes=1)
    for place in (len(pdf) // 3, len(pdf) - 40, len(done) - 30):
        broken = bytearray(done)
        broken[place] ^= 1
        assert not sign_seal.check(bytes(broken), trusted=trusted).intact, place
    assert not sign_seal.check(done + b"\n", trusted=trusted).locked


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [(b"/ID", b"/XX", "6.1.3"), (b"/GTS_PDFA1", b"/GTS_PDFX1", "6.2.3"), (b"<pdfaid:part>2", b"<pdfaid:part>3", "6.6.4"),
     (b"%PDF-1.", b"%PDF-2.", "6.1.2"), (b"/ToUnicode", b"/ToUnicodx", "6.2.11.7"), (b"/FontFile2", b"/FontFilex", "6.2.11.4"),
     (b"<xmp:CreateDate>2026", b"<xmp:CreateDate>2025", "6.6.3")],
)  # fmt: skip
def test_what_breaks_it_is_seen(old: bytes, new: bytes, words: str) -> None:
    pdf = alone("receipt")
    assert old in pdf

    assert any(fault.startswith(words) for fault in faults(pdf.replace(old, new)))


def test_one_drawn_in_a_batch_is_signed_by_hand_and_sealed_as_one_drawn_alone() -> None:
    ink = Ink(
        tuple(tuple((60 + 9 * step, 60 + 30 * row, 10 * step) for step in range(40)) for row in range(3))
    )
    facts = (("身份核对", "手机号后四位与短信验证码"), ("证据指纹", "0" * 64))
    borrower = Signed("借款人", "示例", "138****0000", facts, ink, label="乙方（借款人）")
    texts = []
    for made in (alone, of_a_batch):
        pdf = made("loan_contract")
        spot = find_spot(pdf, "乙方（借款人）")
        record = Record(
            company="示例普惠", number="CJ-JK-20260115-0001", title="借款合同", shown_sha256="a" * 64,
            page_count=page_count(pdf), seal_name="示例普惠", seal_note="由 某某 CA 签发", sealed_at=NOON, signers=(borrower,),
        )  # fmt: skip

        done = sealed(apply(pdf, record))

        assert spot is not None and spot == find_spot(done, "乙方（借款人）")
        assert faults(done) == [] and page_count(done) == page_count(pdf) + 1
        found = sign_seal.check(done, trusted=[identities()[0].certificate])
        assert found.intact and found.locked and found.ours
        texts.append(["".join(text.split()) for text in page_texts(done)])

    assert texts[0] == texts[1] and "电子签署记录" in texts[0][-1]
