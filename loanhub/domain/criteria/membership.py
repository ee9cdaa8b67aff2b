"""Belonging to a segment 客户分群: not a test of a value, but the segment's own condition in its place.

So the evaluators on records, SQL and Polars know nothing of segments and cannot disagree about them. The key of a field
of kind ``segment`` says whose belonging is meant: ``segment_id`` the record's own, ``customer_segment_id`` that of what
the relation ``customer`` leads to, or one of several ways (``PATHS``). A record without it is neither in nor out, as
with any missing value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from loanhub.domain.catalogue import Catalogue, FieldSpec
from loanhub.domain.criteria.tree import Aggregate, All, AnyOf, Condition, Context, Function, Node, Not
from loanhub.domain.errors import InvalidInput

MAX_NESTING = 3
"""Segments within segments within segments; deeper nobody can read."""
MAX_INLINED = 300
"""Comparisons a segment may come to once the segments it names are written out."""
PATHS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "task": (("customer",), ("lead", "customer"), ("application", "customer"), ("loan", "customer")),
}
"""By entity the relations that lead to the customer, where it is not only the one called ``customer``."""
_OWN = "segment_id"
_OUT = "not_in_segment"


class SegmentNesting(InvalidInput):
    """A segment leads back to itself, nests too deep, or becomes too long."""


def membership(node: Condition, spec: FieldSpec, context: Context) -> Node | None:
    """Return what a comparison about segments says, or None when it is about a value.

    Raises:
        InvalidInput: nobody says here what segments mean, or the segment is unknown.
    """
    if spec.kind != "segment":
        return None
    if context.segments is None:
        raise InvalidInput("这里不能按客户分群判断")
    return written_out(node, spec, context.segments)


def written_out(node: Condition, spec: FieldSpec, meaning: Callable[[int], Node]) -> Node:
    """Return the conditions of the segments in place of a comparison about them."""
    inside: Node = AnyOf(tuple(meaning(int(segment_id)) for segment_id in node.value))
    if node.op == _OUT:
        inside = Not(inside)
    ways = tuple(_along(path, inside) for path in _paths(spec))
    return ways[0] if len(ways) == 1 else AnyOf(ways)


def _paths(spec: FieldSpec) -> tuple[tuple[str, ...], ...]:
    """Return the relations, each a way, that lead to whose belonging is meant; no relation for the record itself."""
    if spec.key == _OWN:
        return ((),)
    return PATHS.get(spec.entity, ((spec.key.removesuffix(f"_{_OWN}"),),))


def _along(path: tuple[str, ...], inside: Node) -> Node:
    for relation in reversed(path):
        inside = Aggregate(Function.EXISTS, relation, inside)
    return inside


def inline(
    node: Node, catalogue: Catalogue, entity: str, lookup: Callable[[int], Node], chain: tuple[int, ...] = ()
) -> Node:
    """Return the condition with every segment it names written out; ``chain`` are the segments being written out.

    ``lookup`` returns the condition of a segment as stored; it raises when there is none such.

    Raises:
        SegmentNesting: a segment leads back to itself, or more than ``MAX_NESTING`` lie within each other.
    """
    match node:
        case All(children):
            return All(tuple(inline(child, catalogue, entity, lookup, chain) for child in children))
        case AnyOf(children):
            return AnyOf(tuple(inline(child, catalogue, entity, lookup, chain) for child in children))
        case Not(child):
            return Not(inline(child, catalogue, entity, lookup, chain))
        case Condition(key):
            spec = catalogue.get(entity, key)
            if spec.kind != "segment":
                return node
            whose = entity
            for relation in _paths(spec)[0]:
                whose = catalogue.related(whose, relation).entity

            def meaning(segment_id: int) -> Node:
                if segment_id in chain:
                    raise SegmentNesting("分群绕回了自己，换一个条件")
                if len(chain) >= MAX_NESTING:
                    raise SegmentNesting(f"分群里套分群最多 {MAX_NESTING} 层")
                return inline(lookup(segment_id), catalogue, whose, lookup, (*chain, segment_id))

            return written_out(node, spec, meaning)
    related = catalogue.related(entity, node.of)
    return replace(node, where=inline(node.where, catalogue, related.entity, lookup, chain))


def segments_used(node: Node, catalogue: Catalogue, entity: str) -> frozenset[int]:
    """Return the segments a condition names itself, also inside its related records."""
    match node:
        case All(children) | AnyOf(children):
            return frozenset().union(*(segments_used(child, catalogue, entity) for child in children))
        case Not(child):
            return segments_used(child, catalogue, entity)
        case Condition(key):
            if catalogue.get(entity, key).kind != "segment":
                return frozenset()
            return frozenset(int(segment_id) for segment_id in node.value)
    return segments_used(node.where, catalogue, catalogue.related(entity, node.of).entity)


def leaves(node: Node) -> int:
    """Return how many comparisons a condition has, those about related records included."""
    match node:
        case All(children) | AnyOf(children):
            return sum(leaves(child) for child in children)
        case Not(child):
            return leaves(child)
        case Condition():
            return 1
    return 1 + leaves(node.where)
