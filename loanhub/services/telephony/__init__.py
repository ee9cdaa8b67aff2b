"""Calls of the firm's telephone system 话务: reported by webhook, known again, written to the timeline."""

from loanhub.services.telephony.calls import (
    Caller,
    CallView,
    Tab,
    caller,
    channels_for,
    ignore,
    link,
    list_calls,
    make_lead,
)
from loanhub.services.telephony.intake import TOPIC
from loanhub.services.telephony.recordings import fetch_due
from loanhub.services.telephony.setup import (
    SetupView,
    Simulated,
    rotate_secret,
    set_extension,
    simulate,
    view_setup,
)

__all__ = [
    "TOPIC", "CallView", "Caller", "SetupView", "Simulated", "Tab", "caller", "channels_for", "fetch_due", "ignore", "link", "list_calls",
    "make_lead", "rotate_secret", "set_extension", "simulate", "view_setup",
]  # fmt: skip
