"""Where a link from the palette puts the cursor on a record."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx

PLACES = {"note": "[data-composer]", "call": "[data-dial] button"}


def begin(what: str) -> list[Any]:
    """Return the event that focuses what ``?do=`` asks for; nothing for anything else."""
    if what not in PLACES:
        return []
    # The record is drawn after this answer arrives; a moment later its parts are there.
    return [
        rx.call_script(f"setTimeout(() => document.querySelector({json.dumps(PLACES[what])})?.focus(), 400)")
    ]
