"""What the sheet that edits a block shows 编辑一段: the block in people's words, and the values its text may name."""

from __future__ import annotations

from typing import Any

from loanhub.documents.template import get_template
from loanhub.documents.variables import FORMATS, Value
from loanhub.domain.templates import BlockKind, block_json, read_body, uses
from loanhub.services._actor import Actor
from loanhub.services._templates import variables_of
from loanhub.services._transaction import reading
from loanhub.services.templates._shared import check_reader, get_version
from loanhub.services.templates.conditions import sentence_of
from loanhub.services.templates.edit import SUM_WORDS
from loanhub.services.templates.words import name_of, to_words, token_of


def block_form(actor: Actor, *, version_id: int, block_id: str) -> dict[str, Any]:
    """Return a block for the sheet that edits it: texts in people's words, ``fields`` it has, choices it offers.

    Raises:
        NotFound: no such version.
        NotPermitted: the actor may neither write nor publish templates.
    """
    with reading() as db:
        template, version = get_version(db, version_id)
        check_reader(actor)
        variables = variables_of(db, template.base)
        body = read_body(version.body)
        block = next((one for one in body.blocks if one.id == block_id), None)
        if block is None:
            return {}
        raw = block_json(block)
        each = block.each or (block.source if block.kind is BlockKind.REPEAT else "")

        def words(text: str) -> str:
            return to_words(text, variables, each)

        for name in ("text", "subtitle"):
            if name in raw:
                raw[name] = words(raw[name])
        if "rows" in raw:
            raw["rows"] = [[words(cell) for cell in row] for row in raw["rows"]]
        for one in raw.get("columns", ()):
            one["text"], one["total"] = words(one["text"]), words(one["total"].replace("{sum}", SUM_WORDS))
        for one in raw.get("signers", ()):
            one["name"] = words(one["name"])
            one["lines"] = [[label, words(text)] for label, text in one["lines"]]
        raw["label"], raw["uses"] = block.kind.label.partition("（")[0], sorted(uses(block.kind))
        raw["condition"] = sentence_of(block, variables)
        return raw


def variables(actor: Actor, *, base: str, each: str = "", query: str = "") -> dict[str, Any]:
    """Return what a text may name: {label, token, formats: [{label, token}]} found by ``query``, the lists and the parties.

    Raises:
        UnknownTemplate: no such kind of document.
        NotPermitted: the actor may neither write nor publish templates.
    """
    get_template(base)
    check_reader(actor)
    with reading() as db:
        known = variables_of(db, base)
    values: list[Value] = [*known.items.get(each, {}).values(), *known.values.values()]
    wanted = query.strip().lower()
    found = [
        {
            "label": name_of(one), "token": token_of(one),
            "formats": [{"label": way.label, "token": token_of(one, way.code)} for way in FORMATS.get(one.kind, ())[1:]],
        }
        for one in values
        if not wanted or wanted in name_of(one).lower() or wanted in one.key
    ]  # fmt: skip
    return {
        "values": found,
        "lists": [{"value": key, "label": known.values[key].label} for key in known.items],
        "parties": [{"value": key, "label": label} for key, label in known.parties.items()],
    }
