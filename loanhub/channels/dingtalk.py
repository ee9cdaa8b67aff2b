r"""The group robot of DingTalk 钉钉群机器人, signed: HMAC-SHA256 of "timestamp\nsecret" with the secret as the key.

Source: open.dingtalk.com, custom robot, 加签 (timestamp in milliseconds, Base64, then URL-encoded; errcode 130101 is
being too fast).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote_plus

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._robot import hand_over, words
from loanhub.domain.messages import Outgoing, Receipt

HOSTS = ("oapi.dingtalk.com",)


def signature(secret: str, milliseconds: int) -> str:
    """Return the Base64 signature of a moment."""
    text = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def send(values: Mapping[str, str], message: Outgoing) -> Receipt:
    """Hand a message to the robot; see :class:`MessageChannel` for what it raises."""
    url = values["url"]
    if values.get("secret"):
        now = int(time.time() * 1000)
        joint = "&" if "?" in url else "?"
        url += f"{joint}timestamp={now}&sign={quote_plus(signature(values['secret'], now))}"
    payload = {"msgtype": "text", "text": {"content": words(message)[:4000]}}
    return hand_over(url, payload, hosts=HOSTS, codes=("errcode",), busy=frozenset({130101, -1}))


CHANNEL = MessageChannel(
    code="dingtalk",
    label="钉钉群机器人",
    icon="bot",
    repeatable=False,
    shared=True,
    send=send,
    settings=(
        Setting("url", "Webhook 地址", required=True, secret=True, help="群机器人给出的完整地址"),
        Setting("secret", "加签密钥", secret=True, help="SEC 开头；没有开启加签就留空"),
    ),
)
