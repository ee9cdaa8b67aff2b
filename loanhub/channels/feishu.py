r"""The group robot of Feishu 飞书群机器人, signed: HMAC-SHA256 of nothing with "timestamp\nsecret" as the key.

Source: open.feishu.cn, custom bot usage guide, 签名校验 (timestamp in seconds; code 11232 and 9499 are being too fast).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._robot import hand_over, words
from loanhub.domain.messages import Outgoing, Receipt

HOSTS = ("open.feishu.cn", "open.larksuite.com")


def signature(secret: str, seconds: int) -> str:
    """Return the Base64 signature of a moment."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def send(values: Mapping[str, str], message: Outgoing) -> Receipt:
    """Hand a message to the robot; see :class:`MessageChannel` for what it raises."""
    payload: dict[str, Any] = {"msg_type": "text", "content": {"text": words(message)[:4000]}}
    if values.get("secret"):
        now = int(time.time())
        payload |= {"timestamp": str(now), "sign": signature(values["secret"], now)}
    return hand_over(
        values["url"], payload, hosts=HOSTS, codes=("code", "StatusCode"), busy=frozenset({11232, 9499})
    )


CHANNEL = MessageChannel(
    code="feishu",
    label="飞书群机器人",
    icon="bot",
    repeatable=False,
    shared=True,
    send=send,
    settings=(
        Setting("url", "Webhook 地址", required=True, secret=True, help="群机器人给出的完整地址"),
        Setting("secret", "签名密钥", secret=True, help="没有开启签名校验就留空"),
    ),
)
