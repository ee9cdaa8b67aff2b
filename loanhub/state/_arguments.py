"""Numbers as they come from the browser, where anybody may have typed or sent anything."""

from __future__ import annotations


def number_of(raw: object) -> int:
    """Return an id; 0 when it is none."""
    found = str(raw)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 10 else 0


def count_of(raw: object) -> int:
    """Return the number typed; 0 for nothing, −1 (which the service refuses beside its field) for anything else."""
    text = str(raw or "").strip().replace(",", "")
    return 0 if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
