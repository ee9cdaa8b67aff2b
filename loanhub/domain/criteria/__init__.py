"""Primitive 2, criteria 条件: one condition language over the catalogue, three evaluators that agree.

This package reads, shows and evaluates on one record; ``loanhub.repositories.criteria`` makes SQL of a
condition, ``loanhub.analytics.criteria`` a Polars expression.
"""

from __future__ import annotations

from loanhub.domain.criteria.compiled import compiled
from loanhub.domain.criteria.evaluate import Explanation, Outcome, evaluate, matches, predicate_of, value_of
from loanhub.domain.criteria.membership import (
    MAX_INLINED,
    MAX_NESTING,
    SegmentNesting,
    inline,
    leaves,
    membership,
    segments_used,
)
from loanhub.domain.criteria.operators import OPERATORS, Operator, operators_for
from loanhub.domain.criteria.parse import (
    InvalidCriteria,
    decode_from_url,
    encode_for_url,
    parse,
    spec_of_aggregate,
)
from loanhub.domain.criteria.sentence import to_sentence
from loanhub.domain.criteria.tree import (
    EVERYTHING,
    MAX_DEPTH,
    MAX_LEAVES,
    MAX_TEXT,
    MAX_VALUES,
    Aggregate,
    All,
    AnyOf,
    Condition,
    Context,
    Criteria,
    Function,
    Node,
    Not,
    canonical,
    criteria_hash,
    fields_used,
    to_json,
    to_text,
)
from loanhub.domain.criteria.values import PERIODS, SPECIAL

__all__ = [
    "EVERYTHING", "MAX_DEPTH", "MAX_INLINED", "MAX_LEAVES", "MAX_NESTING", "MAX_TEXT", "MAX_VALUES", "OPERATORS", "PERIODS", "SPECIAL",
    "Aggregate", "All", "AnyOf", "Condition", "Context", "Criteria", "Explanation", "Function",
    "InvalidCriteria", "Node", "Not", "Operator", "Outcome", "SegmentNesting", "canonical", "compiled", "criteria_hash",
    "decode_from_url", "encode_for_url",
    "evaluate", "fields_used", "inline", "leaves", "matches", "membership", "operators_for", "parse", "predicate_of", "segments_used", "spec_of_aggregate",
    "to_json", "to_sentence", "to_text", "value_of",
]  # fmt: skip
