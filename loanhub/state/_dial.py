"""Handing a number to the phone without losing the page's connection."""

from __future__ import annotations

import json
import re
from typing import Any

import reflex as rx


def call(digits: str) -> Any:
    """Return the event that opens the dialer with a number.

    The browser announces the visit of a ``tel:`` address as if the page were left; Reflex would then hang up its
    socket, and on a desktop without a dialer nothing would bring it back. So nobody hears of it.
    """
    address = "tel:" + re.sub(r"[^0-9+]", "", digits)
    return rx.call_script(
        "(() => { const hush = (e) => e.stopImmediatePropagation();"
        " window.addEventListener('beforeunload', hush, {capture: true});"
        f" window.location.href = {json.dumps(address)};"
        " setTimeout(() => window.removeEventListener('beforeunload', hush, {capture: true}), 800); })()"
    )
