"""The sealed contract in its signers' hands 领取已签合同: an address that gives it for two minutes, and the giving.

The file comes from an address of its own, as an attachment: what a page makes by itself (``blob:``, ``data:``) phones
and the download managers of in-app browsers refuse. The address is good without the page's secret, and so not for long.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from loanhub.domain.signing import LinkDead, NotYet, SignerStatus
from loanhub.models import Contract, Document, Signer, SigningRound
from loanhub.models.encryption import blind_index
from loanhub.services import _storage
from loanhub.services._transaction import transaction
from loanhub.services.signing._steps import (
    Device,
    device_words,
    find_signer,
    has_copy,
    is_known,
    record,
)

PATH = "/api/signing/copies"
LIFE = timedelta(minutes=2)


def address_of(token: str, device: Device, *, now: datetime) -> str:
    """Return the address, on this server, that gives the sealed contract for the next two minutes.

    Raises:
        LinkDead: no such link, or the contract is not sealed or void.
        NotYet: the identity was not checked on this browser in the last half hour.
    """
    with transaction() as db:
        signer, round_, contract = find_signer(db, token, now=now)
        if signer.status is not SignerStatus.SIGNED or not has_copy(round_, contract):
            raise LinkDead
        if not is_known(signer, device, now):
            raise NotYet("请先核对身份")
        until = int((now + LIFE).timestamp())
        return f"{PATH}/{signer.id}-{until}-{_mark(signer, round_, until)}"


def take(ticket: str, device: Device, *, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of the sealed contract an address gives; each taking is evidence.

    Raises:
        LinkDead: no such address or an old one, or the contract is not sealed or void.
        NotYet: the file is gone.
    """
    number, until, mark = [*ticket.split("-"), "", "", ""][:3]
    if not all(part.isascii() and part.isdigit() and len(part) < 12 for part in (number, until)):
        raise LinkDead
    with transaction() as db:
        signer = db.get(Signer, int(number))
        round_ = db.get(SigningRound, signer.round_id) if signer is not None else None
        contract = db.get(Contract, round_.contract_id) if round_ is not None else None
        if signer is None or round_ is None or contract is None:
            raise LinkDead
        if not hmac.compare_digest(_mark(signer, round_, int(until)), mark) or _over(int(until), now):
            raise LinkDead
        if signer.status is not SignerStatus.SIGNED or not has_copy(round_, contract):
            raise LinkDead
        document = db.get(Document, round_.signed_document_id)
        if document is None or document.sha256 != round_.signed_sha256:
            raise NotYet("合同文件不在了，请联系客户经理")
        record(
            db, "signing.copy_taken", signer, contract, device, now=now,
            after={"文件指纹": round_.signed_sha256, "设备": device_words(device.agent)},
        )  # fmt: skip
        return document.file_name, _storage.read_all(document.sha256)


def _mark(signer: Signer, round_: SigningRound, until: int) -> str:
    """Return what only we can write: of this signer's link, this file and this end."""
    return blind_index("signing.copy", f"{signer.id}.{signer.token_hash}.{round_.signed_sha256}.{until}")


def _over(until: int, now: datetime) -> bool:
    return datetime.fromtimestamp(until, UTC) <= now
