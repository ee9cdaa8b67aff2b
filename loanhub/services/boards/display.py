"""How a person has a board shown: what the cards say, which view opens first. Kept with the person, board by board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import User
from loanhub.repositories import boards as repository
from loanhub.services import events, saved_views
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.boards import facts, lanes
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.views import page_of

KEPT = "boards"
"""Where in a user's preferences it stands."""


@dataclass(frozen=True)
class Display:
    """What a reader may choose on a board, and has chosen.

    ``facts`` are what the cards say by the reader's own choice, None for the default; ``view`` is the saved view that
    opens first, 0 for none. The choices are (code, label).
    """

    facts: tuple[str, ...] | None
    default_facts: tuple[str, ...]
    fact_choices: tuple[tuple[str, str], ...]
    lane_choices: tuple[tuple[str, str], ...]
    order_choices: tuple[tuple[str, str], ...]
    view: int


def display_of(actor: Actor, *, board: str) -> Display:
    """Return what this reader may choose on a board, and has chosen.

    Raises:
        NotFound: no such board.
        NotPermitted: the actor may not look at it.
    """
    with reading() as db:
        kind = entity_of(repository.get_pipeline(db, board).entity)
        _may_look(actor, kind)
        kept = _kept(db, actor).get(board) or {}
        return Display(
            facts=_clean(kept.get("facts")),
            default_facts=facts.default_facts(kind),
            fact_choices=tuple(facts.offered(db, actor, kind)),
            lane_choices=tuple((by.code, by.label) for by in lanes.offered(db, actor, kind)),
            order_choices=tuple((one.code, one.label) for one in kind.orders()),
            view=_whole(kept.get("view")),
        )


def choose_facts(
    actor: Actor, *, board: str, keys: Sequence[str] | None, view_id: int = 0, now: datetime
) -> None:
    """Keep what the cards of a board say: for this person, or with a saved view; None brings the default back.

    Raises:
        NotFound: no such board, or no such view that this person may change.
        NotPermitted: the actor may not look at it, or changes a shared view without reports:read.
        InvalidInput: more than five facts, or one that is not offered to this reader.
    """
    with transaction() as db:
        kind = entity_of(repository.get_pipeline(db, board).entity)
        _may_look(actor, kind)
        chosen = list(dict.fromkeys(keys)) if keys is not None else None
        labels = dict(facts.offered(db, actor, kind))
        if chosen is not None:
            if len(chosen) > facts.FACTS_MAXIMUM:
                raise InvalidInput(fields={"facts": f"姓名之外最多选 {facts.FACTS_MAXIMUM} 项"})
            if any(key not in labels for key in chosen):
                raise InvalidInput(fields={"facts": "里面有你看不到的字段，请重新选择"})
            if not chosen:
                raise InvalidInput(fields={"facts": "至少选 1 项"})
        said = "、".join(labels[key] for key in chosen) if chosen is not None else "默认"
        if view_id:
            view = saved_views.editable_view(db, actor, page_of(board), view_id)
            view.settings = {k: v for k, v in view.settings.items() if k != "facts"} | (
                {"facts": chosen} if chosen is not None else {}
            )
            view.version += 1
            events.record(
                db, actor, "view.saved", now=now, entity="view", entity_id=view.id,
                summary=f"{view.name}：卡片字段 {said}"[:200],
            )  # fmt: skip
            return
        _keep(db, actor, board, {"facts": chosen})
        events.record(
            db, actor, "board.arranged", now=now, entity="user", entity_id=actor.user_id,
            summary=f"卡片字段：{said}"[:200],
        )  # fmt: skip


def choose_first_view(actor: Actor, *, board: str, view_id: int, now: datetime) -> str:
    """Let a board open with a saved view, 0 for with all cards; returns the view's name.

    Raises:
        NotFound: no such board, or no such view among those this person finds.
        NotPermitted: the actor may not look at it.
    """
    with transaction() as db:
        kind = entity_of(repository.get_pipeline(db, board).entity)
        _may_look(actor, kind)
        name = "全部在途"
        if view_id:
            name = saved_views.finds(db, actor, page_of(board), view_id)
        _keep(db, actor, board, {"view": view_id or None})
        events.record(
            db, actor, "board.arranged", now=now, entity="user", entity_id=actor.user_id,
            summary=f"默认视图：{name}",
        )  # fmt: skip
        return name


def facts_in(settings: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what a saved view's settings have the cards say; None when they leave it to the reader."""
    return _clean(settings.get("facts"))


def _may_look(actor: Actor, kind: Any) -> None:
    actor.require(Permission.BOARDS_READ)
    actor.require(kind.read)


def _kept(db: Session, actor: Actor) -> dict[str, Any]:
    user = db.get(User, actor.user_id) if not actor.is_system else None
    found = user.preferences.get(KEPT) if user is not None else None
    return dict(found) if isinstance(found, dict) else {}


def _keep(db: Session, actor: Actor, board: str, changed: Mapping[str, object]) -> None:
    user = db.get(User, actor.user_id, with_for_update=True)
    if user is None:
        raise NotFound("没有找到这位员工")
    kept = _kept(db, actor)
    own = {**(kept.get(board) or {}), **changed}
    kept[board] = {key: value for key, value in own.items() if value is not None}
    user.preferences = {**user.preferences, KEPT: kept}


def _clean(raw: object) -> tuple[str, ...] | None:
    return tuple(str(key) for key in raw) if isinstance(raw, list) else None


def _whole(raw: object) -> int:
    return raw if isinstance(raw, int) else 0
