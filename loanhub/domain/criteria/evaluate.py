"""The evaluator on one record, with an explanation of which leaf decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from loanhub.domain.catalogue import Access, Catalogue, FieldSpec, OptionSources, Related, is_missing, present
from loanhub.domain.criteria.membership import membership
from loanhub.domain.criteria.operators import OPERATORS
from loanhub.domain.criteria.parse import RightOf, spec_of_aggregate
from loanhub.domain.criteria.predicates import Predicate, holds
from loanhub.domain.criteria.sentence import to_sentence
from loanhub.domain.criteria.tree import Aggregate, All, AnyOf, Condition, Context, Function, Node, Not
from loanhub.domain.criteria.values import resolve_operand


@dataclass(frozen=True)
class Explanation:
    """What one part of a condition came to; ``actual`` is the value found, masked where it is sensitive.

    ``missing`` tells a comparison that failed because nothing was filled in. ``deciding`` marks the parts
    without which the whole would have come out otherwise, or that by themselves made it so.
    """

    sentence: str
    matched: bool
    actual: str = ""
    missing: bool = False
    deciding: bool = False
    field: str = ""
    children: tuple[Explanation, ...] = ()

    def leaves(self) -> Iterable[Explanation]:
        """Yield the comparisons, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


@dataclass(frozen=True)
class Outcome:
    """Whether a record meets a condition, and why."""

    matched: bool
    explanation: Explanation

    @property
    def deciding(self) -> tuple[Explanation, ...]:
        """Return the leaves that decided."""
        return tuple(leaf for leaf in self.explanation.leaves() if leaf.deciding)


def evaluate(
    node: Node,
    record: Mapping[str, Any] | object,
    context: Context,
    catalogue: Catalogue,
    entity: str,
    sources: OptionSources | None = None,
    *,
    right_of: RightOf | None = None,
) -> Outcome:
    """Return whether the record meets the condition and which leaves decided.

    ``record`` is a model row, or a mapping of field keys to values. Every part is looked at, also after the
    outcome is certain, so that a person sees all that failed. ``right_of`` masks or hides the actual values
    in the explanation; without it encrypted ones are masked.
    """
    explained = _Explainer(context, catalogue, sources, right_of).explain(node, record, entity)
    return Outcome(explained.matched, _decided(explained, node))


def matches(
    node: Node, record: Mapping[str, Any] | object, context: Context, catalogue: Catalogue, entity: str
) -> bool:
    """Return whether the record meets the condition, without the explanation (short circuits)."""
    match node:
        case All(children):
            return all(matches(child, record, context, catalogue, entity) for child in children)
        case AnyOf(children):
            return any(matches(child, record, context, catalogue, entity) for child in children)
        case Not(child):
            return not matches(child, record, context, catalogue, entity)
        case Condition(key):
            spec = catalogue.get(entity, key)
            inside = membership(node, spec, context)
            if inside is not None:
                return matches(inside, record, context, catalogue, entity)
            return holds(predicate_of(node, spec, context), value_of(record, spec))
        case Aggregate():
            related = catalogue.related(entity, node.of)
            figure = _figure(node, related, record, context, catalogue)
            if node.function is Function.EXISTS:
                return bool(figure)
            spec = spec_of_aggregate(catalogue, entity, node.function, node.of, node.field)
            return holds(predicate_of(node, spec, context), figure)


def predicate_of(leaf: Condition | Aggregate, spec: FieldSpec, context: Context) -> Predicate:
    """Return the test a leaf comes down to at this moment, for this person."""
    operator = OPERATORS[leaf.op]
    operands = (
        leaf.value if operator.arity in ("two", "many") else () if operator.arity == "none" else (leaf.value,)
    )
    return operator.build(tuple(resolve_operand(operand, spec, context) for operand in operands))


def value_of(record: Mapping[str, Any] | object, spec: FieldSpec) -> Any:
    """Return a field's value in a record, from ``profile`` or ``custom`` if it lives there, or None."""
    if isinstance(record, Mapping):
        if spec.key in record:
            return record[spec.key]
        holder = record.get(spec.json_column) if spec.json_column else None
    elif not spec.json_column:
        return getattr(record, spec.column, None)
    else:
        holder = getattr(record, spec.json_column, None)
    return spec.kind_object.from_json(holder.get(spec.json_key)) if isinstance(holder, Mapping) else None


def related_records(record: Mapping[str, Any] | object, related: Related, context: Context) -> list[Any]:
    """Return the related records: from the context's fetcher, else from under the relation's key."""
    if context.related is not None:
        return list(context.related(record, related))
    found = record.get(related.key) if isinstance(record, Mapping) else getattr(record, related.key, None)
    return list(found or ())


def _figure(node: Aggregate, related: Related, record: Any, context: Context, catalogue: Catalogue) -> Any:
    rows = related_records(record, related, context)
    if node.function is Function.LONGEST_RUN:
        order = _order(catalogue, related)
        rows.sort(key=lambda row: _sort_key(value_of(row, order), row))
        return _longest(matches(node.where, row, context, catalogue, related.entity) for row in rows)
    met = [row for row in rows if matches(node.where, row, context, catalogue, related.entity)]
    if node.function in (Function.COUNT, Function.EXISTS):
        return len(met)
    spec = catalogue.get(related.entity, node.field)
    values = [value for value in (value_of(row, spec) for row in met) if not is_missing(value)]
    if node.function is Function.SUM:
        return sum(values)
    if not values:
        return None
    return max(values) if node.function is Function.MAX else min(values)


def _order(catalogue: Catalogue, related: Related) -> FieldSpec:
    return catalogue.find(related.entity, related.order_by) or FieldSpec(
        related.entity, "id", "编号", "integer"
    )


def _sort_key(value: Any, row: Any) -> tuple[Any, ...]:
    """Missing values first, as SQLite orders them; the id breaks ties."""
    tie = row.get("id") if isinstance(row, Mapping) else getattr(row, "id", None)
    return (value is not None, value if value is not None else 0, tie or 0)


def _longest(flags: Iterable[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


@dataclass(frozen=True)
class _Explainer:
    context: Context
    catalogue: Catalogue
    sources: OptionSources | None
    right_of: RightOf | None

    def explain(self, node: Node, record: Any, entity: str) -> Explanation:
        sentence = to_sentence(node, self.catalogue, entity, self.sources)
        match node:
            case All(children):
                parts = tuple(self.explain(child, record, entity) for child in children)
                return Explanation(sentence, all(part.matched for part in parts), children=parts)
            case AnyOf(children):
                parts = tuple(self.explain(child, record, entity) for child in children)
                return Explanation(sentence, any(part.matched for part in parts), children=parts)
            case Not(child):
                part = self.explain(child, record, entity)
                return Explanation(sentence, not part.matched, children=(part,))
            case Condition(key):
                spec = self.catalogue.get(entity, key)
                inside = membership(node, spec, self.context)
                if inside is not None:
                    met = matches(inside, record, self.context, self.catalogue, entity)
                    return Explanation(sentence, met, field=key)
                value = value_of(record, spec)
                matched = holds(predicate_of(node, spec, self.context), value)
                return Explanation(sentence, matched, self._text(spec, value), is_missing(value), field=key)
        related = self.catalogue.related(entity, node.of)
        figure = _figure(node, related, record, self.context, self.catalogue)
        spec = spec_of_aggregate(self.catalogue, entity, node.function, node.of, node.field)
        if node.function is Function.EXISTS:
            return Explanation(sentence, bool(figure), self._text(spec, figure), field=node.of)
        matched = holds(predicate_of(node, spec, self.context), figure)
        return Explanation(sentence, matched, self._text(spec, figure), is_missing(figure), field=node.of)

    def _text(self, spec: FieldSpec, value: Any) -> str:
        right = Access.MASKED if spec.encrypted else Access.READ
        if self.right_of is not None:
            right = self.right_of(spec)
        return present(spec, value, right, self.context.now, self.sources)


def _decided(explained: Explanation, node: Node) -> Explanation:
    """Return the explanation with the deciding parts marked.

    Of 全部 that fails, the failing parts decide; of 任一 that holds, the holding ones; otherwise all.
    """
    match node:
        case All(children) | AnyOf(children):
            decisive = isinstance(node, AnyOf)
            every = explained.matched is not decisive
            parts = tuple(
                _decided(part, child) if every or part.matched is decisive else part
                for part, child in zip(explained.children, children, strict=True)
            )
            return replace(explained, deciding=True, children=parts)
        case Not(child):
            return replace(explained, deciding=True, children=(_decided(explained.children[0], child),))
    return replace(explained, deciding=True)
