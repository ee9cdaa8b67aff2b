"""Make, name, share, arrange, delete and bring back a board of reports 报表看板; one's own, checked by its version."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from loanhub.analytics.measures import measures
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.report_boards import (
    Show,
    Source,
    Tile,
    add,
    faults_of_name,
    place,
    read,
    settle,
    size_of,
)
from loanhub.models import ReportBoard
from loanhub.repositories import report_boards as repository
from loanhub.services import _kept, events, reports
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._kept import Kind
from loanhub.services._transaction import announce, transaction
from loanhub.services.report_boards.view import found, tiles_of

TOPIC = "report_boards"
KIND = Kind("report_board", "看板", Permission.REPORTS_EDIT)


def create(actor: Actor, *, name: str, shared_with: str = "me", key: str = "", now: datetime) -> int:
    """Make an empty board; return its id.

    Raises:
        NotPermitted: the actor lacks reports:edit.
        InvalidInput: no name, one the actor has already, or nobody such to share with.
    """
    actor.require(Permission.REPORTS_EDIT)
    with transaction() as db:
        named = _checked(db, actor, name, shared_with)

        def work() -> dict[str, object]:
            row = ReportBoard(
                name=named, shared_with=shared_with, owner_id=actor.actor_id, created_at=now, updated_at=now,
                updated_by_id=actor.actor_id,
            )  # fmt: skip
            db.add(row)
            db.flush()
            _record(db, actor, row, "report_board.created", now)
            return {"id": row.id or 0}

        return int(
            str(once(db, actor, "report_board.create", key, [named, shared_with], now=now, work=work)["id"])
        )


def rename(actor: Actor, *, board_id: int, version: int, name: str, shared_with: str, now: datetime) -> int:
    """Change name and sharing; return the new version.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`arrange`.
        InvalidInput: as for :func:`create`.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        row.name, row.shared_with = _checked(db, actor, name, shared_with, board_id), shared_with
        return _saved(db, actor, row, now)


def arrange(
    actor: Actor, *, board_id: int, version: int, tile_id: str, x: int, y: int, w: int, h: int, now: datetime
) -> int:
    """Move or resize a tile; the others make room. Returns the new version.

    Raises:
        NotFound: no such board the actor finds.
        NotPermitted: it is another's, or the actor lacks reports:edit.
        Conflict: it was changed meanwhile.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        before = tiles_of(row)
        return _arranged(db, actor, row, before, place(before, tile_id, x=x, y=y, w=w, h=h), now)


def put(actor: Actor, *, board_id: int, version: int, source: str, key: str, show: str, now: datetime) -> int:
    """Put a report or a measure on the board, at the first free place; return the new version.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`arrange`; NotFound also for a report the actor does not find.
        InvalidInput: by field, or the board is full.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        kind, look = Source.find(source), Show.find(show)
        if kind is None or (kind is Source.MEASURE and key not in measures()) or not key:
            raise InvalidInput(fields={"key": "请选择一张报表或一个指标"})
        if kind is Source.REPORT:
            reports.look(actor, key, now=now)
        if look is None:
            raise InvalidInput(fields={"show": "请选择显示成什么"})
        look = Show.NUMBER if kind is Source.MEASURE else look
        width, height = size_of(look)
        before = tiles_of(row)
        tile = Tile(secrets.token_hex(4), kind, key, look, w=width, h=height)
        return _arranged(db, actor, row, before, add(before, tile), now)


def take_off(actor: Actor, *, board_id: int, version: int, tile_id: str, now: datetime) -> int:
    """Take a tile off the board; the report itself stays. Returns the new version.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`arrange`.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        before = tiles_of(row)
        return _arranged(db, actor, row, before, settle(one for one in before if one.id != tile_id), now)


def show_as(actor: Actor, *, board_id: int, version: int, tile_id: str, show: str, now: datetime) -> int:
    """Show a tile's report as number, chart or table; return the new version.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`arrange`.
        InvalidInput: a measure is a number.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        before = tiles_of(row)
        after = read([one.to_json() | ({"show": show} if one.id == tile_id else {}) for one in before])
        return _arranged(db, actor, row, before, after, now)


def delete(actor: Actor, *, board_id: int, version: int, now: datetime) -> None:
    """Move the board into the bin.

    Raises:
        NotFound, NotPermitted, Conflict: see :func:`arrange`.
    """
    with transaction() as db:
        row = _editable(db, actor, board_id, version)
        _kept.put_away(db, actor, KIND, row, now=now)
        _record(db, actor, row, "report_board.deleted", now)


def _editable(db: Session, actor: Actor, board_id: int, version: int) -> ReportBoard:
    row = found(db, actor, board_id, for_update=True)
    actor.require(Permission.REPORTS_EDIT)
    if row.owner_id != actor.actor_id:
        raise NotPermitted("只有建这个看板的人能改；可以新建一个自己的")
    if row.version != version:
        raise Conflict("这个看板刚在别处改过，已为你显示最新的")
    return row


def _checked(db: Session, actor: Actor, name: str, shared_with: str, board_id: int | None = None) -> str:
    named = " ".join(name.split())
    faults = faults_of_name(named)
    if not faults and repository.name_taken(db, actor.actor_id, named, but=board_id):
        faults["name"] = "你已经有同名的看板"
    if shared_with not in dict(reports.sharing_options(actor)):
        faults["shared_with"] = "请选择共享给谁"
    if faults:
        raise InvalidInput(fields=faults)
    return named


def _arranged(
    db: Session, actor: Actor, row: ReportBoard, before: Sequence[Tile], after: Sequence[Tile], now: datetime
) -> int:
    if tuple(before) == tuple(after):
        return row.version
    row.tiles = [one.to_json() for one in after]
    return _saved(db, actor, row, now)


def _saved(db: Session, actor: Actor, row: ReportBoard, now: datetime) -> int:
    version = _kept.saved(db, actor, row, now=now)
    _record(db, actor, row, "report_board.edited", now)
    return version


def _record(db: Session, actor: Actor, row: ReportBoard, event: str, now: datetime) -> None:
    events.record(db, actor, event, now=now, entity="report_board", entity_id=row.id, summary=row.name)
    announce(db, f"{TOPIC}:{row.id}", version=row.version)


__all__ = ["TOPIC", "NotFound", "arrange", "create", "delete", "put", "rename", "show_as", "take_off"]
