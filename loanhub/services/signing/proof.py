"""What is behind a signature 签署证据, as it is shown: ours in full, a third party's as that gave it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import segno

from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.models import Signer, SigningRound
from loanhub.repositories import contracts as contract_repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction


def evidence(actor: Actor, *, contract_id: int, signer_id: int, now: datetime) -> dict[str, object]:
    """Return a signer's evidence: (label, value) facts, the hash, and the strokes as SVG paths; the look is recorded.

    Raises:
        NotFound: no such contract in scope, or no such signer of it.
        NotPermitted: the actor lacks contracts:read.
    """
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.CONTRACTS_READ)
        signer = db.get(Signer, signer_id)
        round_ = db.get(SigningRound, signer.round_id) if signer is not None else None
        if signer is None or round_ is None or round_.contract_id != contract_id or not signer.evidence:
            raise NotFound("没有这条签署证据")
        held = json.loads(signer.evidence)
        events.record(
            db, actor, "signing.evidence_viewed", now=now, entity="contract", entity_id=contract.id,
            customer_id=contract.customer_id, summary=f"{signer.role.label} {mask(MaskKind.NAME, signer.name)}",
        )  # fmt: skip
        if "provider" in held:
            return {"facts": _provided(signer, held), "paths": [], "sheet_paths": []}
        facts = [
            ("签署人", f"{signer.role.label} {signer.name}"),
            ("手机号", mask(MaskKind.PHONE, (signer.phone or "").removeprefix("+86")) or ""),
            ("打开链接", formats.instant(signer.opened_at)),
            ("身份核对", f"{held.get('identity', '')} · {formats.instant(signer.verified_at)}"),
            ("明示表", str(held.get("sheet", "")) or "不需要"),
            ("阅读", f"全部 {signer.pages_read} 页 · {formats.instant(signer.read_at)}"),
            ("签名时间", formats.instant(signer.signed_at)), ("设备", str(held.get("device", ""))),
            ("网络地址", str(held.get("ip", ""))), ("位置", str(held.get("place", "")) or "未提供"),
            ("签署前文件指纹", str(held.get("shown_sha256", ""))), ("证据指纹", signer.evidence_sha256),
        ]  # fmt: skip
        return {
            "facts": facts,
            "paths": svg_paths(signer.ink or "[]"),
            "sheet_paths": svg_paths(signer.sheet_ink or "[]"),
        }


def _provided(signer: Signer, held: dict[str, Any]) -> list[tuple[str, str]]:
    words = dict(held["provider"])
    return [
        ("签署人", f"{signer.role.label} {signer.name}"),
        ("手机号", mask(MaskKind.PHONE, (signer.phone or "").removeprefix("+86")) or ""),
        ("签署方式", "第三方电子签"), ("供应商编号", str(words.pop("reference", ""))),
        ("签名时间", formats.instant(signer.signed_at)), *((str(key), str(value)) for key, value in words.items()),
        ("文件签章", str(held.get("seal", "")) or "还没有取回文件"),
        ("签署前文件指纹", str(held.get("shown_sha256", ""))), ("证据指纹", signer.evidence_sha256),
    ]  # fmt: skip


def svg_paths(ink: str) -> list[str]:
    """Return stored strokes as SVG path data on the board."""
    return [
        "M" + " L".join(f"{x} {y}" for x, y, _ in (stroke if len(stroke) > 1 else stroke * 2))
        for stroke in json.loads(ink)
    ]


def qr_data(address: str) -> str:
    """Return the QR code of a link as an image's address (SVG as data)."""
    return str(
        segno.make(address, error="m", micro=False).svg_data_uri(border=2, dark="#16211d", light="#fff")
    )
