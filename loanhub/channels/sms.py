"""SMS 短信 over an HTTP gateway: signed JSON by Standard Webhooks, the signature of the firm before the words.

Many gateways of providers differ; this is the plain one: ``POST`` of {"request_id", "phone", "content", "template"}
with webhook-id, webhook-timestamp and webhook-signature. The gateway answers 2xx with {"id": "…"}; the same
``request_id`` is to be sent once only, however often it comes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._http import judge, post
from loanhub.domain.messages import Outgoing, Receipt, Refused
from loanhub.domain.webhooks import sign


def words(values: Mapping[str, str], message: Outgoing) -> str:
    """Return the words as the phone shows them: 【签名】 first, the firm's template around them."""
    body = "，".join(part for part in (message.title, message.text) if part)
    template = values.get("template") or "{content}"
    return f"【{values['signature']}】" + template.replace("{content}", body)


def send(values: Mapping[str, str], message: Outgoing) -> Receipt:
    """Hand a message to the gateway; see :class:`MessageChannel` for what it raises."""
    payload = {
        "request_id": message.key, "phone": message.recipient, "content": words(values, message),
        "template": values.get("template_code", ""),
    }  # fmt: skip
    body = json.dumps(payload, ensure_ascii=False).encode()
    stamp = str(int(time.time()))
    try:
        signature = sign(values["secret"], message.key, stamp, body)
    except ValueError:
        raise Refused("签名密钥不是 whsec_ 开头的 Base64") from None
    headers = {
        "Content-Type": "application/json", "webhook-id": message.key, "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }  # fmt: skip
    status, answer = post(values["url"], body=body, headers=headers)
    judge(status, urlsplit(values["url"]).hostname or "")
    try:
        found = json.loads(answer or b"{}")
    except ValueError:
        found = {}
    return Receipt(str(found.get("id", ""))[:80] if isinstance(found, dict) else "")


CHANNEL = MessageChannel(
    code="sms",
    label="短信",
    icon="message-square",
    repeatable=True,
    send=send,
    note="网关按 request_id 去重，同一条最多发一次",
    settings=(
        Setting("url", "网关地址", required=True, help="https:// 开头"),
        Setting("secret", "签名密钥", required=True, secret=True, help="whsec_ 开头，Standard Webhooks 签名"),
        Setting("signature", "短信签名", required=True, help="显示为【签名】"),
        Setting(
            "template", "模板", default="{content}", help="{content} 是正文的位置，例如 {content}。回T退订"
        ),
        Setting("template_code", "模板编号", help="运营商要求报备时填"),
    ),
)
