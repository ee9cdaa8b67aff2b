"""Texts of a template as people write them: ``{借款金额：大写}`` for ``{terms.principal_fen|upper}``, and back.

Only names are translated; what does not name a value is left as it is, for the compiler to refuse at its field.
"""

from __future__ import annotations

import re

from loanhub.documents.variables import FORMATS, TOKEN, Value, Variables

_REFERENCE = re.compile(r"\{ref:(\w+)\}")
_WORDS = re.compile(r"\{(=?)([^{}：，|]+)(?:：([^{}：，]+))?(，可空)?\}")
_WRITTEN_REFERENCE = re.compile(r"\{引用：(\w+)\}")
ITEM, INDEX = "本项", "序号"


def name_of(value: Value) -> str:
    """Return what people call a value; of a member, 本项·应还日."""
    if value.key == "index":
        return INDEX
    if value.key == "item":
        return ITEM
    return f"{ITEM}·{value.label}" if value.key.startswith("item.") else value.label


def token_of(value: Value, code: str = "", *, optional: bool = False) -> str:
    """Return the words that put a value into a text."""
    words = name_of(value)
    label = next((one.label for one in FORMATS.get(value.kind, ()) if one.code == code), "")
    return "{" + words + (f"：{label}" if label else "") + ("，可空" if optional else "") + "}"


def to_words(text: str, variables: Variables, each: str = "") -> str:
    """Return a stored text as people read it."""

    def spoken(found: re.Match[str]) -> str:
        value = variables.find(found[2], each)
        if value is None:
            return found[0]
        words = token_of(value, found[4] or "", optional=bool(found[3]))
        return "{=" + words[1:] if found[1] else words

    return _REFERENCE.sub(r"{引用：\1}", TOKEN.sub(spoken, text))


def from_words(text: str, variables: Variables, each: str = "") -> str:
    """Return a text people wrote as it is stored."""
    members = {name_of(value): value for value in variables.items.get(each, {}).values()}
    index = variables.find("index", each)
    if index is not None:
        members[INDEX] = index

    def stored(found: re.Match[str]) -> str:
        value = members.get(found[2].strip()) or variables.by_label.get(found[2].strip())
        if value is None:
            return found[0]
        code = ""
        if found[3]:
            label = found[3].strip()
            code = next((one.code for one in FORMATS[value.kind] if label in (one.label, one.code)), label)
            if not code.isidentifier() or not code.isascii():
                return found[0]
        return "{" + found[1] + value.key + ("?" if found[4] else "") + (f"|{code}" if code else "") + "}"

    return _WORDS.sub(stored, _WRITTEN_REFERENCE.sub(r"{ref:\1}", text))
