"""Outgoing messages 消息发送: planned with what causes them, sent by a worker, seen and mended by an administrator."""

from loanhub.services.outbox.channels import (
    ChannelView,
    SettingView,
    list_channels,
    save_channel,
    try_channel,
)
from loanhub.services.outbox.manage import (
    MessageView,
    Outbox,
    UnsubscribedView,
    cancel,
    list_messages,
    list_unsubscribed,
    resubscribe,
    retry,
    unsubscribe,
)
from loanhub.services.outbox.plan import TOPIC, Draft, plan
from loanhub.services.outbox.work import run_due

__all__ = [
    "TOPIC", "ChannelView", "Draft", "MessageView", "Outbox", "SettingView", "UnsubscribedView", "cancel",
    "list_channels", "list_messages", "list_unsubscribed", "plan", "resubscribe", "retry", "run_due", "save_channel",
    "try_channel", "unsubscribe",
]  # fmt: skip
