"""Lines that are put in order by dragging 拖动排序; buttons beside them do the same for keyboard and touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex_base.event import EventChain
from reflex_base.vars.base import LiteralVar

KIND = "text/plain"


def reorderable(key: rx.Var[Any], on_drop: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the attributes of a line that can be dragged and dropped upon; ``on_drop(key of the dragged)``.

    Nothing else is dragged than lines of this kind: a foreign text dropped here names no line, and the service says so.
    """

    def dropped(event: rx.Var[Any]) -> list[rx.Var[str]]:
        return [rx.Var(f"{event!s}.dataTransfer.getData('{KIND}')").to(str)]

    start = f"((e) => {{ e.dataTransfer.effectAllowed = 'move'; e.dataTransfer.setData('{KIND}', {key!s}) }})"
    chain = EventChain.create(
        value=lambda dragged: on_drop(dragged).prevent_default, args_spec=dropped, key="on_drop"
    )
    return {
        "draggable": "true",
        "onDragStart": rx.Var(start, _var_data=VarData.merge(key._get_all_var_data())),
        "onDragOver": rx.Var("((e) => { e.preventDefault(); e.dataTransfer.dropEffect = 'move' })"),
        "onDrop": LiteralVar.create(chain),
    }
