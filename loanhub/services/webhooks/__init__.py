"""Leads pushed by providers 渠道推送: endpoints, receipt, processing, and the inbox of what could not be read."""

from loanhub.services.webhooks.endpoints import (
    EndpointView,
    rotate,
    save_endpoint,
    suggest_rules,
    view_endpoint,
)
from loanhub.services.webhooks.inbox import (
    DeliveryView,
    discard,
    list_deliveries,
    mend,
    open_delivery,
    replay,
    waiting,
)
from loanhub.services.webhooks.process import process, sweep
from loanhub.services.webhooks.receive import BadSignature, Incoming, accept, forget_cached, store

__all__ = [
    "BadSignature", "DeliveryView", "EndpointView", "Incoming", "accept", "discard", "forget_cached", "list_deliveries",
    "mend", "open_delivery", "process", "replay", "rotate", "save_endpoint", "store", "suggest_rules", "sweep",
    "view_endpoint", "waiting",
]  # fmt: skip
