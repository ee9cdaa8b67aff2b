"""Quick add 快速录入: one typed line becomes the first card of the board."""

from __future__ import annotations

from datetime import datetime

from loanhub.domain.errors import InvalidInput
from loanhub.domain.importing import parse_quick_line
from loanhub.domain.money import format_plain
from loanhub.services import leads
from loanhub.services._actor import Actor
from loanhub.services.leads import Created


def quick_add(actor: Actor, line: str, *, key: str = "", now: datetime) -> Created:
    """Create a lead from 「孙立 138 0021 7763 40万」, or count the enquiry to the known one.

    Raises:
        NotPermitted: the actor lacks leads:create.
        InvalidInput: no name or no phone was found in the line, or a part of it is wrong.
    """
    found = parse_quick_line(line[:300])
    if found.phone_sentence:
        raise InvalidInput(fields={"phone": found.phone_sentence})
    if not found.name or not found.phone:
        lacking = (
            "姓名和手机号" if not found.name and not found.phone else "姓名" if not found.name else "手机号"
        )
        raise InvalidInput(f"没有读出{lacking}，写成「孙立 138 0021 7763 40万」")
    raw: dict[str, object] = {"name": found.name, "phone": found.phone}
    if found.amount_fen is not None:
        raw["amount_fen"] = format_plain(found.amount_fen)
    if found.note:
        raw["note"] = found.note
    return leads.create(actor, raw, key=key, now=now)
