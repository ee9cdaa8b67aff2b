"""The catalogue in force: built-in fields joined by the firm's own, with the options that live in data.

Primitive 1 as services, pages, imports and exports see it; nobody else assembles a field list.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from loanhub.documents.template import get_template
from loanhub.domain.catalogue import (
    BUILTIN,
    Access,
    Catalogue,
    FieldSpec,
    RoleRights,
    access,
    may_enter,
    present,
    spec_from_custom,
)
from loanhub.domain.errors import InvalidInput
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.domain.repayment.schedule import METHODS
from loanhub.domain.repayment.servicing import PostingKind
from loanhub.models import Channel, CustomField, Department, Pipeline, Product, Stage, User
from loanhub.models._columns import Code
from loanhub.models.encryption import blind_index, blind_index_tail
from loanhub.services._actor import Actor
from loanhub.services._transaction import engine

CALL_OUTCOMES = (("answered", "已接"), ("missed", "未接"), ("dead", "空号"), ("call_back", "约定回访"))
PAYMENT_KINDS = tuple(PostingKind.options())
PAYMENT_METHODS = (
    ("transfer", "转账"),
    ("auto_debit", "代扣"),
    ("cash", "现金"),
    ("third_party", "他人代还"),
    ("other", "其他"),
)

_lock = threading.Lock()
_cache: dict[int, tuple[str, Catalogue]] = {}
_STAMP = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(col(CustomField.version)), 0)).select_from(
    CustomField
)


def current(db: Session) -> Catalogue:
    """Return the catalogue with the firm's own fields; rebuilt only when one of them has changed."""
    kept = db.info.get("catalogue")
    if isinstance(kept, Catalogue):
        return kept
    stamp = db.execute(_STAMP).one()
    mark = f"{stamp[0]}.{stamp[1]}"
    known = _cache.get(id(engine()))
    if known is not None and known[0] == mark:
        db.info["catalogue"] = known[1]
        return known[1]
    rows = db.execute(sa.select(CustomField).where(col(CustomField.active))).scalars().all()
    catalogue = BUILTIN.with_custom([spec_from_custom(row) for row in rows])
    with _lock:
        _cache[id(engine())] = (mark, catalogue)
    return catalogue


# Asked in every transaction that takes a lead in: building a query takes longer than running it.
_CHANNELS = sa.select(col(Channel.code), col(Channel.label)).order_by(col(Channel.sort))
_STAGES = (
    sa.select(col(Stage.code), col(Stage.label))
    .where(col(Stage.pipeline_id).in_(sa.select(col(Pipeline.id)).where(col(Pipeline.entity) == "lead")))
    .order_by(col(Stage.pipeline_id), col(Stage.sort))
)
_USERS = sa.select(col(User.id), col(User.name)).where(col(User.active)).order_by(col(User.id))
_DEPARTMENTS = sa.select(col(Department.id), col(Department.name)).order_by(col(Department.path))
_PRODUCTS = (
    sa.select(col(Product.id), col(Product.code), col(Product.label), col(Product.active))
    .where(col(Product.draft).is_(False))
    .order_by(col(Product.revision))
)


def _products(db: Session) -> list[tuple[str, str]]:
    """Return every product ever published, under the name of its newest version; those taken off say so and stand last."""
    first: dict[str, int] = {}
    newest: dict[str, Any] = {}
    for product in db.execute(_PRODUCTS).all():
        first.setdefault(product.code, product.id or 0)
        newest[product.code] = product
    found = sorted(newest.values(), key=lambda product: (not product.active, first[product.code]))
    return [(one.code, one.label if one.active else f"{one.label}（已下架）") for one in found]


def sources(db: Session) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the options that live in data, by source name: channel, product, stage, user, department.

    Read once a transaction; :func:`forget` makes the next call read again.
    """
    kept = db.info.get("catalogue_sources")
    if kept is not None:
        return cast("dict[str, tuple[tuple[str, str], ...]]", kept)
    products = _products(db)
    channels, stages, users, departments = (
        db.execute(query).all() for query in (_CHANNELS, _STAGES, _USERS, _DEPARTMENTS)
    )

    def pairs(rows: Any) -> tuple[tuple[str, str], ...]:
        return tuple((str(code), str(label)) for code, label in rows)

    found = {
        "channel": pairs(channels),
        "product": pairs(products),
        "stage": _once(pairs(stages)),
        "user": pairs(users),
        "department": pairs(departments),
        "repayment_method": tuple((code, method.label) for code, method in METHODS.items()),
        "bucket": tuple(Bucket.options()),
        "interaction_outcome": CALL_OUTCOMES,
        "contract_base": _contract_bases(),
        "payment_kind": PAYMENT_KINDS,
        "payment_method": PAYMENT_METHODS,
    }
    db.info["catalogue_sources"] = found
    return found


@cache
def _contract_bases() -> tuple[tuple[str, str], ...]:
    """Return what a contract may be: the loan contract and the other documents of a case, by built-in document."""
    from loanhub.services.papers import paper_kinds  # asks this module for the fields of its records

    return tuple((code, get_template(code).label) for code in (LOAN_CONTRACT, *sorted(paper_kinds())))


def forget(db: Session) -> None:
    """Forget what this transaction read: call after adding a field, channel, product, stage or person in it."""
    db.info.pop("catalogue", None)
    db.info.pop("catalogue_sources", None)


def _once(options: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    # Boards made after another keep its codes: the name on the first board stands for all.
    found: dict[str, str] = {}
    for code, label in options:
        found.setdefault(code, label)
    return tuple(found.items())


def rights_of(actor: Actor) -> tuple[RoleRights, ...]:
    """Return what the field rules need to know of an actor's roles."""
    codes = frozenset(permission.value for permission in actor.permissions)
    return tuple(RoleRights(role=role, permissions=codes) for role in sorted(actor.roles))


def read_value(row: SQLModel, spec: FieldSpec) -> Any:
    """Return the stored value of a field, from its column or from the JSON column it lives in."""
    if spec.json_column:
        document: Mapping[str, Any] = getattr(row, spec.json_column) or {}
        return spec.kind_object.from_json(document.get(spec.json_key))
    return getattr(row, spec.column, None)


def write_value(row: SQLModel, spec: FieldSpec, value: Any) -> None:
    """Store a parsed value, with the blind indexes of an encrypted one."""
    if spec.json_column:
        document = dict(getattr(row, spec.json_column) or {})
        if value is None:
            document.pop(spec.json_key, None)
        else:
            document[spec.json_key] = spec.kind_object.to_json(value)
        setattr(row, spec.json_column, document)
        return
    if value is None:
        nullable = type(row).model_fields[spec.column].default is None
        value = None if nullable else ("" if isinstance(getattr(row, spec.column), str) else None)
    column = type(row).__table__.c[spec.column].type  # type: ignore[attr-defined]
    setattr(row, spec.column, column.choice(value) if isinstance(column, Code) and value else value)
    index_value(row, spec.column, value, spec.lookups)


def index_value(row: SQLModel, column: str, value: str | None, lookups: frozenset[str]) -> None:
    """Set ``<column>_index`` and ``<column>_tail_index`` from a clear value."""
    if "full" in lookups:
        setattr(row, f"{column}_index", blind_index(column, value) if value else None)
    if "tail" in lookups:
        setattr(row, f"{column}_tail_index", blind_index_tail(column, value) if value else None)


@dataclass(frozen=True)
class Changes:
    """What an edit changed: Chinese labels to masked display texts, fit for the event."""

    before: dict[str, object]
    after: dict[str, object]
    keys: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.keys)

    @property
    def summary(self) -> str:
        """Return one phrase: the labels of the changed fields."""
        return "、".join(self.after)


class _Stored(Mapping[str, object]):
    """The stored values of a record by field key, each read when it is asked for."""

    def __init__(self, row: SQLModel, catalogue: Catalogue, entity: str) -> None:
        self._row, self._catalogue, self._entity = row, catalogue, entity

    def __getitem__(self, key: str) -> object:
        spec = self._catalogue.find(self._entity, key)
        if spec is None:
            raise KeyError(key)
        return read_value(self._row, spec)

    def __iter__(self) -> Iterator[str]:
        return (spec.key for spec in self._catalogue.fields(self._entity))

    def __len__(self) -> int:
        return len(self._catalogue.fields(self._entity))


def apply(
    db: Session,
    actor: Actor,
    entity: str,
    row: SQLModel,
    raw: Mapping[str, object],
    *,
    now: datetime,
    partial: bool,
) -> Changes:
    """Validate what was typed, check the field rights, write it onto ``row`` and return what changed.

    Raises:
        InvalidInput: with a sentence for each field at fault; nothing has been written then.
    """
    catalogue = current(db)
    options = sources(db)
    values, errors = catalogue.validate_record(
        entity, raw, partial=partial, now=now, current=_Stored(row, catalogue, entity), sources=options
    )
    stored = {key: read_value(row, catalogue.get(entity, key)) for key in values}
    rights = rights_of(actor)
    for key in values:
        spec = catalogue.get(entity, key)
        if (
            key not in errors
            and not actor.is_system
            and not may_enter(spec, rights)
            and values[key] != stored[key]
        ):
            errors[key] = f"你不能修改{spec.label}"
    if errors:
        raise InvalidInput(fields=errors)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    changed: list[str] = []
    for key, value in values.items():
        spec = catalogue.get(entity, key)
        old = stored[key]
        if value == old or (value is None and old in ("", None, [])):
            continue
        write_value(row, spec, value)
        shown = Access.MASKED if spec.encrypted else Access.READ
        before[spec.label] = present(spec, old, shown, now, options)
        after[spec.label] = present(spec, value, shown, now, options)
        changed.append(key)
    return Changes(before, after, tuple(changed))


def snapshot(db: Session, entity: str, row: SQLModel) -> dict[str, Any]:
    """Return every stored value of a record by field key, to tell afterwards what changed."""
    return {spec.key: read_value(row, spec) for spec in current(db).fields(entity)}


def changes_since(
    db: Session, entity: str, row: SQLModel, known: Mapping[str, Any], *, now: datetime
) -> Changes:
    """Return what differs from a :func:`snapshot`, also in fields the use case wrote besides those asked for."""
    catalogue, options = current(db), sources(db)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    changed: list[str] = []
    for key, old in known.items():
        spec = catalogue.get(entity, key)
        value = read_value(row, spec)
        if spec.kind == "segment" or value == old or (value in ("", None, []) and old in ("", None, [])):
            continue
        shown = Access.MASKED if spec.encrypted else Access.READ
        before[spec.label] = present(spec, old, shown, now, options)
        after[spec.label] = present(spec, value, shown, now, options)
        changed.append(key)
    return Changes(before, after, tuple(changed))


@dataclass(frozen=True)
class FieldView:
    """A field of one record as one reader gets it: text to show, value to edit, and what may be done."""

    key: str
    label: str
    group: str
    kind: str
    component: str
    text: str
    value: str
    access: int
    editable: bool
    masked: bool
    required: bool
    help: str
    unit: str
    options: tuple[tuple[str, str], ...]


def present_record(
    db: Session, actor: Actor, entity: str, row: SQLModel, *, now: datetime, cap: Access | None = None
) -> dict[str, FieldView]:
    """Return every form or table field of a record for one reader, masked on the server.

    The edit value of a masked field is empty: clear text never travels. ``cap`` limits personal fields
    further, as in the public pool before a claim.
    """
    catalogue = current(db)
    options = sources(db)
    rights = rights_of(actor)
    views: dict[str, FieldView] = {}
    for spec in catalogue.fields(entity):
        right = Access.READ if actor.is_system else access(spec, rights, cap=cap)
        value = read_value(row, spec)
        views[spec.key] = field_view(
            spec, value, right, now, options, editable=may_enter(spec, rights) and cap is None
        )
    return views


def field_view(
    spec: FieldSpec,
    value: Any,
    right: Access,
    now: datetime,
    options: Mapping[str, tuple[tuple[str, str], ...]],
    *,
    editable: bool,
) -> FieldView:
    """Return one field's view; see :func:`present_record`."""
    clear = right >= Access.READ and value not in (None, "", [])
    kind = spec.kind_object
    return FieldView(
        key=spec.key,
        label=spec.label,
        group=spec.group,
        kind=spec.kind,
        component=kind.component,
        text=present(spec, value, right, now, options),
        value=edit_text(spec, value, options) if clear else "",
        access=int(right),
        editable=editable,
        masked=right is Access.MASKED,
        required=spec.required,
        help=spec.help,
        unit=spec.unit,
        options=tuple(spec.options(options)),
    )


def edit_text(spec: FieldSpec, value: Any, options: Mapping[str, tuple[tuple[str, str], ...]]) -> str:
    """Return the text an input starts with: codes for choices, ISO for dates (Asia/Shanghai for instants), digits for numbers."""
    raw = spec.kind_object.to_json(value)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, list):
        return ",".join(str(item) for item in raw)
    if spec.kind == "money":
        return spec.kind_object.format(value).replace("¥", "").replace(",", "")
    if spec.kind in ("phone", "percent"):
        return spec.kind_object.format(value)
    if spec.kind == "datetime":
        return spec.kind_object.format(value).replace(" ", "T")
    return str(raw)
