"""An entity with a field of every kind, records of it, and conditions on it: for all three evaluators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from loanhub.domain.catalogue import Catalogue, EntitySpec, FieldSpec, Related
from loanhub.domain.criteria import Context, Node, inline, operators_for, parse
from loanhub.domain.criteria.operators import OPERATORS
from loanhub.domain.criteria.values import PERIODS

NOW = datetime(2026, 11, 21, 6, 8, tzinfo=UTC)
SEGMENTS: dict[int, dict[str, Any]] = {
    1: {"any": [{"field": "amount_fen", "op": "gte", "value": 1}, {"field": "state", "op": "is_empty"}]},
    2: {"not": {"aggregate": "count", "of": "parts", "op": "gte", "value": 2}},
    3: {"all": [{"field": "segment_id", "op": "in_segment", "value": [1, 2]},
                {"field": "open", "op": "eq", "value": True}]},
}  # fmt: skip
"""Segments of things; the third is made of the other two."""


def _stored(segment_id: int) -> Node:
    return parse(SEGMENTS[segment_id], CATALOGUE, "thing")


def _segment(segment_id: int) -> Node:
    return inline(_stored(segment_id), CATALOGUE, "thing", _stored, (segment_id,))


CONTEXT = Context(
    NOW, actor_id=1, team_user_ids=frozenset({1, 2}), department_id=3, department_ids=frozenset({3, 4}),
    segments=_segment,
)  # fmt: skip

PLAIN = (
    ("title", "text"), ("amount_fen", "money"), ("count", "integer"), ("share_rate", "percent"), ("due_date",
     "date"),
    ("seen_at", "datetime"), ("state", "choice"), ("tags", "tags"), ("open", "boolean"), ("owner_id", "user"),
    ("department_id", "department"), ("city", "region"), ("grade", "level"),
)  # fmt: skip
STATES = (("new", "新建"), ("done", "完成"), ("lost", "流失"))
GRADES = (("1", "低"), ("2", "中"), ("3", "高"))
TAGS = ("甲", "乙", "丙", "it's", '"q"')
TEXTS = ("a", "A", "ab", "aB", "张三", "张三丰", "%", "_", "\\", "100%", "上海市", "上海市浦东新区")


def _spec(entity: str, key: str, kind: str, column: str = "") -> FieldSpec:
    choices = {"choice": STATES, "level": GRADES}.get(kind, ())
    return FieldSpec(entity, key, key, kind, choices=choices, column=column, editors=frozenset({"x:edit"}))


CATALOGUE = Catalogue(
    (
        EntitySpec(
            "thing",
            "事物",
            (
                *(_spec("thing", key, kind) for key, kind in PLAIN),
                *(_spec("thing", f"my_{key}", kind, f"custom.my_{key}") for key, kind in PLAIN),
                _spec("thing", "segment_id", "segment"),
            ),
            related=(Related("parts", "部件", "part", "thing_id", order_by="period", unit="件"),),
        ),
        EntitySpec(
            "part",
            "部件",
            (
                _spec("part", "period", "integer"),
                _spec("part", "paid_fen", "money"),
                _spec("part", "due_date", "date"),
                _spec("part", "state", "choice"),
                _spec("part", "note", "text", "custom.note"),
            ),
        ),
    )
)

_instants = st.integers(-3_000_000, 3_000_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
_days = st.integers(-40, 40).map(lambda days: date(2026, 11, 21) + timedelta(days=days))

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": st.sampled_from(TEXTS),
    "region": st.sampled_from(TEXTS),
    "money": st.sampled_from((0, 1, 100, -5, 10**15)) | st.integers(-3, 3),
    "integer": st.integers(-3, 3),
    "level": st.integers(1, 3),
    "percent": st.sampled_from(
        tuple(map(Decimal, ("0", "0.1", "0.3", "0.072", "0.0720001", "1", "10", "9", "-0.5")))
    ),
    "date": _days,
    "datetime": _instants | st.sampled_from((NOW, datetime(2026, 11, 20, 16, tzinfo=UTC))),
    "choice": st.sampled_from([code for code, _ in STATES]),
    "tags": st.lists(st.sampled_from(TAGS), min_size=1, max_size=3, unique=True),
    "boolean": st.booleans(),
    "user": st.integers(1, 4),
    "department": st.integers(2, 5),
    "segment": st.sampled_from(sorted(SEGMENTS)),
}


def _missing(kind: str) -> Any:
    return {"text": "", "region": "", "choice": "", "tags": []}.get(kind)


SAMPLES: dict[str, tuple[Any, ...]] = {
    "text": TEXTS,
    "region": TEXTS,
    "money": (0, 1, 100, -5, 10**15),
    "integer": (0, 1, 2, -3, 10),
    "level": (1, 2, 3),
    "percent": tuple(map(Decimal, ("0", "0.1", "0.3", "0.072", "0.0720001", "1", "10", "9", "-0.5"))),
    "date": tuple(
        date(2026, 11, 21) + timedelta(days=days) for days in (-40, -30, -29, -7, -6, -1, 0, 1, 6, 7)
    ),
    "datetime": tuple(
        datetime(2026, 11, 20, 16, tzinfo=UTC) + timedelta(seconds=seconds)
        for seconds in (-90_000, -86_400, -1, 0, 1, 50_880, 50_881, 86_399, 86_400)
    ),
    "choice": ("new", "done", "lost"),
    "tags": (["甲"], ["乙", "甲"], ["it's", "丙"], ['"q"'], ["甲", "乙", "丙"]),
    "boolean": (True, False),
    "user": (1, 2, 3),
    "department": (2, 3, 4, 5),
    "segment": tuple(SEGMENTS),
}
"""Values at the edges of what the operators tell apart; NOW is second 50,880 of its day."""


def sample_things() -> list[dict[str, Any]]:
    """Return records that between them hold every sample of every kind, and no value at all."""
    count = max(map(len, SAMPLES.values()))
    records = []
    for index in range(-1, count):
        record: dict[str, Any] = {"parts": []}
        for key, kind in PLAIN:
            value = _missing(kind) if index < 0 else SAMPLES[kind][index % len(SAMPLES[kind])]
            record[key] = value
            record[f"my_{key}"] = value
        records.append(record)
    return [*records, records[0] | {f"my_{key}": None for key, _ in PLAIN}]


def sample_conditions() -> list[dict[str, Any]]:
    """Return every operator on every field with every sample as operand, relative dates included."""
    found: list[dict[str, Any]] = []
    relatives: list[Any] = [{"relative": name} for name in PERIODS]
    relatives += [{"relative": "today", "days": days} for days in (-1, 0, 1)]
    relatives += [{"relative": "last_days", "days": 7}, {"relative": "next_days", "days": 7}]
    for spec in CATALOGUE.fields("thing"):
        kind, values = spec.kind_object, SAMPLES[spec.kind]
        written = [value[0] if isinstance(value, list) else kind.to_json(value) for value in values]
        if spec.kind in ("date", "datetime"):
            written += [day.isoformat() for day in SAMPLES["date"]] + relatives
        if spec.kind == "datetime":
            written += [{"relative": "now"}, {"relative": "now", "hours": -24}]
        written += {"user": ["me", "my_team"], "department": ["my_department", "my_departments"]}.get(
            spec.kind, []
        )
        for operator in operators_for(spec):
            tree = {"field": spec.key, "op": operator.code}
            operands_ = relatives if operator.code == "in_period" else written
            pairs = [
                [one, other] for one, other in zip(operands_, operands_[1:] + operands_[:1], strict=True)
            ]
            values_of = {"none": [None], "one": operands_, "two": pairs, "many": [*pairs, [operands_[0]]]}
            found += [tree | ({} if v is None else {"value": v}) for v in values_of[operator.arity]]
    return found


@st.composite
def things(draw: st.DrawFn) -> dict[str, Any]:
    """Return a record as a mapping of typed values by key, related records under ``parts``."""
    record: dict[str, Any] = {}
    for key, kind in PLAIN:
        record[key] = draw(st.just(_missing(kind)) | VALUES[kind] | VALUES[kind])
        record[f"my_{key}"] = draw(st.none() | st.just(_missing(kind)) | VALUES[kind] | VALUES[kind])
    return record | {"parts": draw(st.lists(parts(), max_size=4))}


@st.composite
def owners(draw: st.DrawFn) -> dict[str, Any]:
    """Return a record of which only the related records vary."""
    return sample_things()[1] | {"parts": draw(st.lists(parts(), max_size=6))}


@st.composite
def parts(draw: st.DrawFn) -> dict[str, Any]:
    """Return a related record."""
    return {
        "period": draw(st.none() | st.integers(1, 4) | st.integers(1, 9)),
        "paid_fen": draw(st.none() | st.integers(-2, 2)),
        "due_date": draw(st.none() | VALUES["date"]),
        "state": draw(st.just("") | VALUES["choice"]),
        "note": draw(st.none() | VALUES["text"]),
    }


def _relative(kind: str, periods_only: bool) -> st.SearchStrategy[Any]:
    named = st.sampled_from(sorted(PERIODS)).map(lambda name: {"relative": name})
    counted = st.builds(
        lambda name, days: {"relative": name, "days": days},
        st.sampled_from(("last_days", "next_days")),
        st.integers(1, 30),
    )
    today = st.integers(-10, 10).map(lambda days: {"relative": "today", "days": days})
    found = named | counted | today
    if kind == "datetime" and not periods_only:
        found |= st.integers(-48, 48).map(lambda hours: {"relative": "now", "hours": hours})
    return found


def operands(spec: FieldSpec, op: str) -> st.SearchStrategy[Any]:
    """Return operands in the JSON form a client sends."""
    kind = spec.kind_object
    written = VALUES[spec.kind].map(
        lambda value: value[0] if isinstance(value, list) else kind.to_json(value)
    )
    if spec.kind in ("date", "datetime"):
        absolute = VALUES["date"].map(lambda day: day.isoformat())
        relative = _relative(spec.kind, op == "in_period")
        return relative if op == "in_period" else written | absolute | relative
    if spec.kind == "user":
        return written | st.sampled_from(("me", "my_team"))
    if spec.kind == "department":
        return written | st.sampled_from(("my_department", "my_departments"))
    return written


@st.composite
def conditions(draw: st.DrawFn, entity: str = "thing") -> dict[str, Any]:
    """Return one comparison of a field."""
    spec = draw(st.sampled_from(CATALOGUE.fields(entity)))
    operator = draw(st.sampled_from(operators_for(spec)))
    return {"field": spec.key, "op": operator.code} | _value(draw, spec, operator.code)


def _value(draw: st.DrawFn, spec: FieldSpec, op: str) -> dict[str, Any]:
    match OPERATORS[op].arity:
        case "none":
            return {}
        case "one":
            return {"value": draw(operands(spec, op))}
        case "two":
            return {"value": [draw(operands(spec, op)), draw(operands(spec, op))]}
    return {"value": draw(st.lists(operands(spec, op), min_size=1, max_size=4))}


@st.composite
def run_conditions(draw: st.DrawFn) -> dict[str, Any]:
    """Return a comparison that often tells runs of different lengths apart."""
    where = {"field": "state", "op": "in", "value": draw(st.lists(VALUES["choice"], min_size=1, max_size=2))}
    op, value = draw(st.sampled_from(("gte", "lte", "eq"))), draw(st.integers(0, 4))
    function = draw(st.sampled_from(("longest_run", "count")))
    return {"aggregate": function, "of": "parts", "where": where, "op": op, "value": value}


@st.composite
def aggregates(draw: st.DrawFn) -> dict[str, Any]:
    """Return one comparison of a figure over the parts."""
    function = draw(st.sampled_from(("count", "sum", "max", "min", "exists", "longest_run")))
    tree: dict[str, Any] = {"aggregate": function, "of": "parts"}
    if function == "longest_run" or draw(st.booleans()):
        tree["where"] = draw(trees(entity="part", leaves=conditions("part")))
    if function == "exists":
        return tree
    key = {"sum": "paid_fen"}.get(function) or draw(st.sampled_from(("paid_fen", "period", "due_date")))
    if function in ("sum", "max", "min"):
        tree["field"] = key
    spec = CATALOGUE.get("part", key if function in ("sum", "max", "min") else "period")
    op = draw(st.sampled_from([o.code for o in operators_for(spec)]))
    return tree | {"op": op} | _value(draw, spec, op)


def trees(
    entity: str = "thing", leaves: st.SearchStrategy[Any] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return conditions nested a few levels deep."""
    base = leaves if leaves is not None else conditions(entity) | aggregates()
    return st.recursive(
        base,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
            | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
            | inner.map(lambda part: {"not": part})
        ),
        max_leaves=5,
    )
