"""The group robot of WeCom 企业微信群机器人. Source: developer.work.weixin.qq.com/document/path/99110 (text, errcode 45009)."""

from __future__ import annotations

from collections.abc import Mapping

from loanhub.channels._adapter import MessageChannel, Setting
from loanhub.channels._robot import hand_over, words
from loanhub.domain.messages import Outgoing, Receipt

HOSTS = ("qyapi.weixin.qq.com",)
LONGEST_BYTES = 2_048


def send(values: Mapping[str, str], message: Outgoing) -> Receipt:
    """Hand a message to the robot; see :class:`MessageChannel` for what it raises."""
    text = words(message).encode()[:LONGEST_BYTES].decode("utf-8", "ignore")
    payload = {"msgtype": "text", "text": {"content": text}}
    return hand_over(values["url"], payload, hosts=HOSTS, codes=("errcode",), busy=frozenset({45009, -1}))


CHANNEL = MessageChannel(
    code="wecom",
    label="企业微信群机器人",
    icon="bot",
    repeatable=False,
    shared=True,
    send=send,
    note="地址里的 key 就是密钥，加密保存",
    settings=(Setting("url", "Webhook 地址", required=True, secret=True, help="群机器人给出的完整地址"),),
)
