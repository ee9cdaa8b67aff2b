"""What a card must bring to enter a stage, as a form 补填: asked for in a side sheet when a move meets its gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.repositories import boards as repository
from loanhub.repositories import leads
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.boards.move import gate_of
from loanhub.services.catalogue import FieldView


@dataclass(frozen=True)
class GateForm:
    """A card before a gate: what it meets (labels), what the sheet asks for, and what no sheet can supply."""

    lead_id: int
    name: str
    to: str
    to_label: str
    met: tuple[str, ...]
    missing: tuple[FieldView, ...]
    blocked: str


def gate_form(actor: Actor, *, lead_id: int, to: str, now: datetime) -> GateForm:
    """Return what a card meets and lacks for a stage, the missing fields ready to be drawn.

    Raises:
        NotFound: no such card in the actor's scope.
        NotPermitted: the actor lacks boards:move.
        InvalidInput: the board has no such stage.
    """
    with reading() as db:
        lead = leads.get_visible(db, actor, lead_id)
        actor.require(Permission.BOARDS_MOVE)
        stages = repository.list_stages(db, lead.pipeline_id or 0)
        target = next((stage for stage in stages if stage.code == to), None)
        if target is None:
            raise InvalidInput("没有这个阶段")
        gate = gate_of(db, lead, target)
        fields = catalogue.present_record(db, actor, "lead", lead, now=now)
        return GateForm(
            lead_id=lead_id, name=fields["name"].text, to=target.code, to_label=target.label,
            met=tuple(fields[key].label for key in gate.met), missing=tuple(fields[key] for key in gate.missing),
            blocked=gate.blocked,
        )  # fmt: skip
