"""The tree behind the editor of nested conditions: from criteria JSON to groups and back, one change at a time.

A group is {join, children}; ``join`` is all, any or none; children are groups and leaves of criteria JSON. A path is the
places from the root, ``0.2``; the root's is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JOINS = ("all", "any", "none")
MAX_DEPTH = 4
"""Groups within groups the editor offers; the criteria themselves allow more."""
INDENT = 20

Group = dict[str, Any]


def is_group(node: Any) -> bool:
    """Return whether a child is a group."""
    return isinstance(node, dict) and "join" in node


def empty() -> Group:
    """Return a tree without conditions."""
    return {"join": "all", "children": []}


def of_criteria(raw: Any) -> Group:
    """Return the tree of a condition."""
    node = _node(raw) if raw else empty()
    return node if is_group(node) else {"join": "all", "children": [node]}


def _node(raw: dict[str, Any]) -> Any:
    for word in ("all", "any"):
        if word in raw:
            return {"join": word, "children": [_node(child) for child in raw[word]]}
    if "not" in raw:
        inner = raw["not"]
        parts = inner.get("any", [inner])
        return {"join": "none", "children": [_node(part) for part in parts]}
    return raw


def to_criteria(group: Group) -> dict[str, Any]:
    """Return the condition of a tree; groups without conditions are left out, nothing at all is an empty object."""
    parts = [
        part for child in group["children"] if (part := to_criteria(child) if is_group(child) else child)
    ]
    if not parts:
        return {}
    return {"not": {"any": parts}} if group["join"] == "none" else {group["join"]: parts}


def find(root: Group, path: str) -> Any:
    """Return what stands at a path, or None."""
    node: Any = root
    for step in path.split(".") if path else ():
        if not is_group(node) or not step.isdigit() or int(step) >= len(node["children"]):
            return None
        node = node["children"][int(step)]
    return node


def drop(root: Group, path: str) -> None:
    """Take away what stands at a path; the root stays."""
    above, _, last = path.rpartition(".")
    parent = find(root, above)
    if path and is_group(parent) and find(root, path) is not None:
        del parent["children"][int(last)]


def depth(path: str) -> int:
    """Return how deep a path lies; the root is 0."""
    return path.count(".") + 1 if path else 0


def leaves(root: Group) -> list[dict[str, Any]]:
    """Return the conditions in the order of :func:`rows`."""
    found: list[dict[str, Any]] = []
    for child in root["children"]:
        found.extend(leaves(child) if is_group(child) else [child])
    return found


def rows(root: Group, texts: Sequence[str]) -> list[dict[str, str]]:
    """Return the tree flattened for the page; ``texts`` say the conditions in the order of :func:`leaves`."""
    said, numbers = iter(texts), iter(range(1, 1_000))

    def lines(node: Any, path: str) -> list[dict[str, str]]:
        row = {
            "path": path, "indent": f"{depth(path) * INDENT}px", "kind": "leaf", "join": "", "text": "", "count": "",
            "root": "" if path else "1", "number": "", "can_nest": "",
        }  # fmt: skip
        if not is_group(node):
            return [{**row, "text": next(said)}]
        row |= {
            "kind": "group", "join": node["join"], "count": str(len(node["children"])), "number": str(next(numbers)),
            "can_nest": "1" if depth(path) < MAX_DEPTH - 1 else "",
        }  # fmt: skip
        inner = [
            line
            for place, child in enumerate(node["children"])
            for line in lines(child, f"{path}.{place}" if path else str(place))
        ]
        return [row, *inner]

    return lines(root, "")
