"""Editing nested conditions, once: groups, comparisons, and how the whole reads; for every State with a condition tree.

A State takes :func:`tree_editor` as a base, calls ``_begin_tree`` when its sheet opens, says in ``_preview`` how the
tree reads, and saves ``_criteria()``. Its page draws ``pages/_tree.py``'s ``tree_of(State)``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services.lists import FilterField
from loanhub.state import _condition_tree as trees
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._listing import Draft

TREE = ("tree", "target", "sentence", "filter_fields", "draft", "_tree", "_fields")
"""The vars of the editor: what outlives a lost connection together with the sheet it stands in."""


def tree_editor(permission: Permission, *, first_field: str, leaf: Callable[..., dict[str, object]]) -> Any:
    """Return the base of a State that edits a condition tree.

    permission: what each handler asks for; first_field: where the form of a condition starts; leaf: the service that
    makes one comparison, ``leaf(actor, *, field, operator, texts, now)``, and decides what may be asked about.
    """

    class TreeEditor(SessionState, mixin=True):
        tree: list[dict[str, str]] = []
        target: str = ""
        sentence: str = ""
        filter_fields: list[dict[str, str]] = []
        draft: Draft = Draft()

        _tree: dict[str, Any] = {}
        _fields: dict[str, FilterField] = {}

        def _compare(self) -> Callable[..., dict[str, object]]:
            """Return what makes one comparison; a State whose entity changes says another."""
            return leaf

        async def _preview(self) -> None:
            """Ask how the tree reads and call ``_show_tree``; runs after every change."""
            raise NotImplementedError

        async def _begin_tree(self, fields: Sequence[FilterField], raw: Any) -> None:
            """Start with this condition, criteria JSON; nothing for an empty tree."""
            self._fields = {one.key: one for one in fields}
            self.filter_fields = [{"value": one.key, "label": one.label} for one in fields]
            self.draft = _listing.draft_of(self._fields, first_field)
            self._tree, self.target = trees.of_criteria(raw) if raw else trees.empty(), ""
            await self._preview()

        def _show_tree(self, texts: Sequence[str], sentence: str) -> None:
            """Show the tree; ``texts`` say the comparisons in the order of ``_leaves``."""
            self.tree, self.sentence = trees.rows(self._tree, texts), sentence

        def _criteria(self) -> dict[str, Any]:
            return trees.to_criteria(self._tree) if self._tree else {}

        def _leaves(self) -> list[dict[str, Any]]:
            return trees.leaves(self._tree) if self._tree else []

        def _group(self, path: object) -> tuple[dict[str, Any], Any]:
            """Return a copy of the tree, and its group at a path; None when there is none."""
            tree = copy.deepcopy(dict(self._tree)) or trees.empty()
            found = trees.find(tree, str(path))
            return tree, found if trees.is_group(found) else None

        @rx.event
        @needs(permission)
        async def set_join(self, path: str, join: str) -> None:
            """Say how a group of conditions is met."""
            tree, group = self._group(path)
            if group is not None and join in trees.JOINS:
                group["join"] = join
                self._tree = tree
                await self._preview()

        @rx.event
        @needs(permission)
        async def add_group(self, path: str) -> None:
            """Put a group into a group; the next condition goes there."""
            tree, group = self._group(path)
            if group is not None and trees.depth(str(path)) < trees.MAX_DEPTH - 1:
                group["children"].append({"join": "any", "children": []})
                place = str(len(group["children"]) - 1)
                self._tree, self.target = tree, f"{path}.{place}" if path else place
                await self._preview()

        @rx.event
        @needs(permission)
        async def aim(self, path: str) -> None:
            """Choose the group the next condition goes to."""
            if self._group(path)[1] is not None:
                self.target = str(path)

        @rx.event
        @needs(permission)
        async def drop(self, path: str) -> None:
            """Take a condition or a group away."""
            tree, _root = self._group("")
            trees.drop(tree, str(path))
            self._tree, self.target = tree, ""
            await self._preview()

        @rx.event
        @needs(permission)
        async def pick_field(self, key: str) -> None:
            """Choose the field of the next condition."""
            self.draft = _listing.draft_of(self._fields, str(key))

        @rx.event
        @needs(permission)
        async def pick_operator(self, code: str) -> None:
            """Choose its comparison."""
            self.draft = _listing.draft_of(self._fields, self.draft.key, str(code))

        @rx.event
        @needs(permission)
        async def add_condition(self, form: dict[str, Any]) -> None:
            """Add the condition to the chosen group; a refusal is said beside it."""
            actor, now = await self._actor(), utc_now()
            field, operator = self.draft.key, self.draft.operator
            texts = [str(form.get(name, ""))[:200] for name in ("value", "value2")]
            fresh, compare = _listing.draft_of(self._fields, field, operator), self._compare()
            try:
                found = await rx.run_in_thread(
                    lambda: compare(actor, field=field, operator=operator, texts=texts, now=now)
                )
            except LoanHubError as refusal:
                words = getattr(refusal, "fields", {}) or {}
                fresh.error = next(iter(words.values()), refusal.sentence)
                self.draft = fresh
                return
            tree, group = self._group(self.target)
            (tree if group is None else group)["children"].append(found)
            self._tree, self.draft = tree, fresh
            await self._preview()

    return TreeEditor
