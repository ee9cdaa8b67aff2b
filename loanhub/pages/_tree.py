"""Wires the editor of nested conditions to a State that has ``state/_tree_editor.py`` as a base."""

from __future__ import annotations

from typing import Any

from loanhub.components.condition_tree import Tree
from loanhub.components.filter_editor import Editor


def tree_of(state: Any) -> Tree:
    """Return what ``condition_tree`` draws for this State."""
    draft = state.draft
    return Tree(
        rows=state.tree, target=state.target, sentence=state.sentence,
        editor=Editor(
            fields=state.filter_fields, field=draft.key, operators=draft.operators, operator=draft.operator,
            options=draft.options, entry=draft.entry, two=draft.two, error=draft.error, on_field=state.pick_field,
            on_operator=state.pick_operator, on_add=state.add_condition,
        ),
        on_join=state.set_join, on_group=state.add_group, on_drop=state.drop, on_target=state.aim,
    )  # fmt: skip
