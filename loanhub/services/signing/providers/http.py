"""The one generic provider: signed JSON over HTTPS 通用电子签接口, described in docs/operations.md.

Every message is a POST signed by Standard Webhooks; its body names action and key, so that a signature of one message
says nothing for another.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from loanhub.channels import check_url
from loanhub.channels._http import judge, post
from loanhub.domain.errors import InvalidInput
from loanhub.domain.messages import Refused, Unknown
from loanhub.domain.webhooks import sign
from loanhub.services import strict_json
from loanhub.services.signing.providers._protocol import Order, PartyState, State
from loanhub.settings import settings

ROUND = ("open", "signed", "refused", "cancelled")
PARTY = ("waiting", "opened", "signed", "refused")
LARGEST_STATE = 262_144


@dataclass(frozen=True)
class HttpProvider:
    """A provider at ``url`` that shares ``secret`` (``whsec_…``) with us."""

    url: str
    secret: str

    def start(self, order: Order, pdf: bytes) -> State:
        """Hand a round over; the same key again gives the same round."""
        return self._state(self._ask(
            "start", order.key, title=order.title, number=order.number, sha256=order.sha256, callback=order.callback,
            expires_at=order.expires_at.isoformat(), pdf=base64.b64encode(pdf).decode(),
            signers=[{"place": p.place, "role": p.role, "name": p.name, "phone": p.phone} for p in order.parties],
        ))  # fmt: skip

    def status(self, key: str) -> State:
        """Return where a round stands, with the signers' links."""
        return self._state(self._ask("status", key))

    def cancel(self, key: str) -> None:
        """Take a round back, whether the provider has it or not."""
        self._ask("cancel", key)

    def fetch(self, key: str) -> bytes:
        """Return the signed PDF."""
        most = settings().upload_pdf_bytes
        content = self._ask("file", key, most=most + 1)
        if len(content) > most:
            raise Refused("文件太大")
        return content

    def _ask(self, action: str, key: str, *, most: int = LARGEST_STATE, **more: object) -> bytes:
        body = json.dumps({"action": action, "key": key, **more}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **signed_headers(self.secret, body)}
        status, answer = post(f"{self.url}/{action}", body=body, headers=headers, most=most)
        judge(status, urlsplit(self.url).hostname or "")
        return answer

    def _state(self, answer: bytes) -> State:
        try:
            data = strict_json.loads(answer.decode())
            return _read(data)
        except (InvalidInput, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError):
            raise Unknown("答复读不懂") from None


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    """Return the three headers of Standard Webhooks for a message sent now."""
    message_id, stamp = f"msg_{secrets.token_hex(12)}", str(int(time.time()))
    signature = sign(secret, message_id, stamp, body)
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def _read(data: Mapping[str, Any]) -> State:
    if data["status"] not in ROUND:
        raise ValueError
    parties = []
    for one in data.get("signers", [])[:50]:
        if type(one["place"]) is not int or one["status"] not in PARTY:
            raise ValueError
        at = datetime.fromisoformat(one["at"]) if one.get("at") else None
        if at is not None and at.tzinfo is None:
            raise ValueError
        evidence = {str(k)[:40]: str(v)[:300] for k, v in list(dict(one.get("evidence") or {}).items())[:20]}
        parties.append(PartyState(
            one["place"], one["status"], at, _link(str(one.get("link") or "")), str(one.get("reason") or "")[:300], evidence,
        ))  # fmt: skip
    return State(str(data["reference"])[:80], data["status"], tuple(parties))


def _link(text: str) -> str:
    try:
        return check_url(text)[:500]
    except InvalidInput:
        return ""
