"""Handing a number to the phone without losing the page's connection."""

from __future__ import annotations

import json
import re
from typing import Any

import reflex as rx


def call(digits: str) -> Any:
    """Return the event that opens the dialer with a number.

    Assigning the address would make the browser announce that the page is left (beforeunload), at which Reflex
    hangs up its socket; on a desktop without a dialer nothing would bring it back. A link to elsewhere does not.
    """
    address = "tel:" + re.sub(r"[^0-9+]", "", digits)
    return rx.call_script(
        "(() => { const a = document.createElement('a'); a.target = '_blank'; a.rel = 'noopener';"
        f" a.href = {json.dumps(address)}; document.body.append(a); a.click(); a.remove(); }})()"
    )
