"""What a board must know of the record behind a card, whatever the record is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import Gate, StageSpec, age_state
from loanhub.models import Pipeline, User
from loanhub.repositories.scope import visible_to
from loanhub.services._actor import Actor
from loanhub.services.boards._rules import BoardRules, rules_of
from loanhub.services.catalogue import FieldView

Clause = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Destination:
    """Where a card is to go, between which neighbors, with what and why."""

    to: str
    after_id: int | None = None
    before_id: int | None = None
    supply: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class LaneBy:
    """What lanes 泳道 a board may have: the catalogue field whose values they are.

    ``nobody`` names the lane of cards without a value; ``why`` says why a drop into another lane changes nothing.
    """

    code: str
    label: str
    key: str
    nobody: str
    why: str


OWNER_LANES = LaneBy("owner", "负责人", "owner_id", "未分配", "拖动只改阶段，换负责人请用「分配」")


@dataclass(frozen=True)
class OrderBy:
    """An order of a column's cards; ``clauses`` are SQL, the id last."""

    code: str
    label: str
    clauses: tuple[Any, ...]


class CardEntity(ABC):
    """One kind of card: where it stands, what it says, and what moving it does to the record."""

    code: ClassVar[str]
    model: ClassVar[Any]
    read: ClassVar[Permission]
    """What it takes to look at such a board, besides boards:read."""
    topic: ClassVar[str]
    """Where changes of such records are announced."""
    by_hand: ClassVar[bool] = False
    """Whether cards stand in the order they were put; the others stand by urgency."""
    unloaded: ClassVar[tuple[str, ...]] = ()
    """Columns no card shows unless somebody chose to; not even read."""
    card_columns: ClassVar[tuple[Any, ...]] = ()
    """All that a card says by default, for a board without filter; empty where whole records are read. The expressions of such
    a board (``stage_code``, ``entered_at``, ``amount``, ``on_board``) are the same objects at every call."""
    lanes: ClassVar[tuple[LaneBy, ...]] = ()
    slots: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Facts with a place of their own on a card: catalogue key -> the parts of the card that show it."""
    table_keys: ClassVar[tuple[str, ...]]
    """Catalogue keys the table of the same records shows."""

    @abstractmethod
    def stage_code(self) -> Any:
        """Return the SQL expression of the column a card stands in."""

    @abstractmethod
    def entered_at(self) -> Any:
        """Return the SQL expression of the moment it came there."""

    def amount(self) -> Any:
        """Return the SQL expression of a card's amount in fen."""
        return sa.literal(0)

    @abstractmethod
    def on_board(self, pipeline_id: int, *, now: datetime) -> Clause:
        """Return the condition of a record that is a card."""

    @abstractmethod
    def order(self) -> Sequence[Any]:
        """Return in which order cards of a column stand."""

    def orders(self) -> tuple[OrderBy, ...]:
        """Return the orders one may choose; the first is the board's own, of the code ``rank``."""
        return (OrderBy("rank", "默认顺序", tuple(self.order())),)

    def order_of(self, code: str) -> tuple[Any, ...]:
        """Return the chosen order; the board's own for an unknown code."""
        return self._orders.get(code) or self._own_order

    @cached_property
    def _orders(self) -> dict[str, tuple[Any, ...]]:
        return {one.code: tuple(one.clauses) for one in self.orders()}

    @cached_property
    def _own_order(self) -> tuple[Any, ...]:
        return tuple(self.order())

    def never(self, source: StageSpec, target: StageSpec) -> str:
        """Return why no card of one column can ever be moved into another, whatever the card; empty if some may."""
        return ""

    def search(self, text: str) -> Clause | None:
        """Return the condition of a typed text; None when the list's own search serves."""
        return None

    @abstractmethod
    def stage_of(self, row: Any) -> str:
        """Return the column a record stands in."""

    @abstractmethod
    def cards(
        self,
        db: Session,
        actor: Actor,
        rows: Sequence[Any],
        stages: Mapping[str, StageSpec],
        *,
        now: datetime,
    ) -> dict[str, dict[str, Any]]:
        """Return what the cards say, by id as text, masked for the reader."""

    @abstractmethod
    def gate(
        self, db: Session, actor: Actor, row: Any, target: StageSpec, rules: BoardRules, *, now: datetime
    ) -> Gate:
        """Return what a card meets and lacks for a stage."""

    @abstractmethod
    def fields(self, db: Session, actor: Actor, row: Any, *, now: datetime) -> dict[str, FieldView]:
        """Return the fields a side sheet may ask for, by key."""

    @abstractmethod
    def name_of(self, db: Session, actor: Actor, row: Any) -> str:
        """Return what a sentence calls the card."""

    @abstractmethod
    def place(
        self, db: Session, actor: Actor, row: Any, rules: BoardRules, goal: Destination, *, now: datetime
    ) -> None:
        """Bring the record into the stage: its own command where it has one, one event in any case."""

    @abstractmethod
    def link(self, actor: Actor, row: Any) -> str:
        """Return where the card opens."""

    def last_mover(self, db: Session, row: Any) -> str:
        """Return who moved the card last, or an empty text."""
        return ""

    def lock(self, db: Session, actor: Actor, card_id: int) -> tuple[Any, BoardRules]:
        """Return the record, locked, and the rules of its board in one query.

        Raises:
            NotFound: no such record in the actor's scope, or it stands on no board.
        """
        query = self._with_board.where(visible_to(actor, self.model))
        found = db.execute(query, {"card": card_id}).first()
        if found is None:
            raise NotFound("没有找到这张卡片，或你无权查看")
        row, pipeline_id, version = found
        if pipeline_id is None:
            raise NotFound("这条记录不在看板上")
        return row, rules_of(db, pipeline_id, version)

    @cached_property
    def _with_board(self) -> Any:
        board = sa.and_(
            col(Pipeline.id)
            == sa.select(sa.func.min(col(Pipeline.id)))
            .where(col(Pipeline.entity) == self.code, col(Pipeline.active))
            .scalar_subquery()
        )
        query = sa.select(self.model, col(Pipeline.id), col(Pipeline.version)).join(Pipeline, board)
        return self._locked(query)

    def _locked(self, query: Any) -> Any:
        """Return the query of one locked record by its id, the parameter ``card``."""
        return query.where(self.model.id == sa.bindparam("card")).with_for_update(of=self.model)


_NAMES = sa.select(col(User.id), col(User.name)).where(
    col(User.id).in_(sa.bindparam("wanted", expanding=True))
)


def owner_facts(db: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Return the names of these people by id."""
    wanted = sorted({one for one in ids if one})
    if not wanted:
        return {}
    found = db.execute(_NAMES, {"wanted": wanted}).all()
    return {int(user_id or 0): name for user_id, name in found}


def owner_part(owner_id: int | None, names: Mapping[int, str]) -> dict[str, Any]:
    """Return the part of a card that says whose it is."""
    name = names.get(owner_id or 0, "")
    return {"owner_initial": name[-1:], "owner_name": name, "owner_tone": (owner_id or 0) % 6 + 1}


def age_part(entered_at: datetime, now: datetime, stage: StageSpec | None) -> dict[str, Any]:
    """Return the part of a card that says how long it has stayed."""
    return {
        "stay_text": formats.duration(now - entered_at),
        "age": age_state(entered_at, now, stage.dwell_target_hours if stage else 0).value,
    }


def wan(amount_fen: int | None) -> str:
    """Return an amount as a card shows it: 85.0 万."""
    if not amount_fen:
        return "— "
    tenths = (amount_fen + 50_000) // 100_000
    return f"{tenths // 10:,}.{tenths % 10} 万"


def sum_text(amount_fen: int) -> str:
    """Return a sum with its sign and unit: ¥120.0 万, ¥5,000.00, ¥0."""
    if not amount_fen:
        return "¥0"
    return format_wan(amount_fen) if amount_fen < 1_000_000 else f"¥{format_wan(amount_fen)}"
