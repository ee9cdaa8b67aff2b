"""Is this file ours 文件核验: anybody holds a PDF against what we keep, by its hash and by the seal on it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from loanhub.documents import sign_seal
from loanhub.domain import formats
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.models import Document
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import signing as repository
from loanhub.services._transaction import reading
from loanhub.services.signing.certificates import certificate_of
from loanhub.settings import settings


@dataclass(frozen=True)
class Comparison:
    """What became of it: ``code`` same, unsigned, void, changed, other; a title and a sentence to show."""

    code: str
    title: str
    text: str


def compare(number: str, content: bytes) -> Comparison:
    """Return whether a file is the one we keep under this contract number; nothing of it is stored.

    Raises:
        NotFound: no contract of this number.
        InvalidInput: no PDF, empty, or larger than an upload may be.
    """
    if not content:
        raise InvalidInput(fields={"file": "请选择要核对的 PDF 文件"})
    if len(content) > settings().upload_pdf_bytes:
        raise InvalidInput(fields={"file": f"文件不能超过 {formats.file_size(settings().upload_pdf_bytes)}"})
    if not content.startswith(b"%PDF-"):
        raise InvalidInput(fields={"file": "只能核对 PDF 文件，照片和扫描件核对不了"})
    sha256 = hashlib.sha256(content).hexdigest()
    with reading() as db:
        contract = contract_repository.find_by_number(db, number.strip().upper()[:40])
        if contract is None:
            raise NotFound("没有这份合同")
        round_ = repository.find_signed(db, contract.id or 0)
        source = db.get(Document, round_.source_document_id) if round_ is not None else None
        void = contract.status is ContractStatus.VOIDED
        known = [text for row in repository.list_known(db) if (text := certificate_of(row))]
        current, before = contract.pdf_sha256, source.sha256 if source is not None else ""
    if sha256 == current:
        if void:
            return Comparison(
                "void", "文件一致，但合同已作废", "这个文件与存档一字不差，但合同已经作废，不再有效。"
            )
        if round_ is None:
            return Comparison(
                "unsigned",
                "文件一致，未电子签署",
                "这个文件与存档一字不差。它没有电子签章，是否签署以纸质合同为准。",
            )
        return Comparison(
            "same", "文件一致，签章有效", "这个文件与存档一字不差，电子签章有效，签署后没有任何改动。"
        )
    if before and sha256 == before:
        return Comparison(
            "unsigned", "这是签署前的版本", "这个文件是签署之前的版本，没有签章；请以签署后的文件为准。"
        )
    found = sign_seal.check(content, trusted=known) if b"/ByteRange" in content else sign_seal.SealCheck()
    if found.signed and found.ours and not (found.intact and found.locked):
        return Comparison(
            "changed", "文件被改动过", "这个文件带有我们的电子签章，但签署之后被改动过，不可采信。"
        )
    if found.signed and found.ours:
        return Comparison(
            "other", "不是这份合同的文件", "这个文件有我们的有效签章，但与这个编号的存档不同，请核对编号。"
        )
    return Comparison(
        "other", "与存档不一致", "这个文件与我们存档的不一致，可能被改动过，或不是这份合同的文件。"
    )
