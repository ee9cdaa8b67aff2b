"""The tree behind the editor of nested conditions: to criteria and back, one change at a time."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.state import _condition_tree as trees

A: dict[str, Any] = {"field": "city", "op": "eq", "value": "上海"}
B: dict[str, Any] = {"field": "industry", "op": "is_empty"}
C: dict[str, Any] = {"aggregate": "count", "of": "loans", "op": "gte", "value": 1}


@pytest.mark.parametrize(
    "raw",
    [
        {"all": [A]},
        {"any": [A, {"all": [B, C]}]},
        {"not": {"any": [A, B]}},
        {"all": [A, {"not": {"any": [C]}}]},
    ],
)
def test_comes_back_as_it_was(raw: dict[str, Any]) -> None:
    assert trees.to_criteria(trees.of_criteria(raw)) == raw


def test_a_single_condition_gets_a_group_and_empty_groups_are_left_out() -> None:
    tree = trees.of_criteria(A)
    tree["children"].append({"join": "any", "children": []})

    assert trees.to_criteria(tree) == {"all": [A]}
    assert trees.to_criteria(trees.of_criteria({})) == {}
    assert trees.to_criteria(trees.of_criteria({"not": A})) == {"not": {"any": [A]}}


def test_rows_say_where_each_part_stands() -> None:
    tree = trees.of_criteria({"all": [A, {"any": [B, C]}]})

    assert trees.leaves(tree) == [A, B, C]
    rows = trees.rows(tree, ["甲", "乙", "丙"])
    assert [(row["path"], row["text"], row["join"]) for row in rows] == [
        ("", "", "all"), ("0", "甲", ""), ("1", "", "any"), ("1.0", "乙", ""), ("1.1", "丙", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["", "7", "0.0", "x", "1.9", "-1"])
def test_a_path_from_nowhere_changes_nothing(path: str) -> None:
    tree = trees.of_criteria({"all": [A, {"any": [B, C]}]})
    trees.drop(tree, path)

    assert trees.to_criteria(tree) == {"all": [A, {"any": [B, C]}]}
    trees.drop(tree, "1.0")
    assert trees.to_criteria(tree) == {"all": [A, {"any": [C]}]}
