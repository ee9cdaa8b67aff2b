"""The template a document is made from: the firm's default for its kind, else the built-in one."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.documents.design import derived
from loanhub.documents.template import DocumentTemplate as Built
from loanhub.documents.template import get_template, templates
from loanhub.documents.variables import EXTRA, Variables, write_extra
from loanhub.domain.catalogue import FieldSpec, Sensitivity, Sort
from loanhub.domain.criteria import value_of
from loanhub.domain.errors import NotFound
from loanhub.domain.templates import Body, VersionStatus, read_body
from loanhub.models import Application, Customer, DocumentTemplate, TemplateVersion
from loanhub.services import catalogue as catalogues
from loanhub.services._transaction import kept

KEPT = 40

_lock = threading.Lock()
_built: dict[tuple[object, ...], Built] = {}
_named_by: dict[int, tuple[Body, frozenset[str]]] = {}


def code_of(template_id: int) -> str:
    """Return how records name a firm's own template."""
    return f"t{template_id}"


def extra_specs(db: Session) -> tuple[FieldSpec, ...]:
    """Return the fields of the catalogue a template may name: those that may be printed and are no secret."""
    catalogue = catalogues.current(db)
    return tuple(
        spec
        for entity in EXTRA
        for spec in catalogue.for_print(entity)
        if not spec.encrypted
        and spec.in_form
        and spec.sensitivity is not Sensitivity.SENSITIVE
        and spec.sort not in (Sort.LIST, Sort.DATETIME)
        and spec.kind not in ("user", "department", "relation", "segment")
    )


def variables_of(db: Session, base: str) -> Variables:
    """Return what a template of this kind may name."""
    return Variables(get_template(base).data_type, extra_specs(db))


def built(db: Session, template: DocumentTemplate, version: TemplateVersion) -> Built:
    """Return a version compiled; a published one is compiled once.

    Raises:
        BlockFault: it names or refers to what there is not, or no longer is.
    """
    specs = extra_specs(db)
    draft = version.status in (VersionStatus.DRAFT, VersionStatus.REVIEW)
    key = (db.get_bind(), version.id, version.version, tuple(spec.key for spec in specs))
    found = _built.get(key)
    if found is None:
        found = derived(
            get_template(template.base), read_body(version.body), code=code_of(template.id or 0),
            label=template.name, version=version.number, extra=specs, draft=draft,
        )  # fmt: skip
        with _lock:
            while len(_built) >= KEPT:
                del _built[next(iter(_built))]
            _built[key] = found
    return found


def published(db: Session, template_id: int) -> tuple[DocumentTemplate, TemplateVersion]:
    """Return a template and the version of it in use.

    Raises:
        NotFound: no such template, or nothing of it is published.
    """
    query = (
        sa.select(DocumentTemplate, TemplateVersion)
        .join(TemplateVersion, col(TemplateVersion.template_id) == col(DocumentTemplate.id))
        .where(
            col(DocumentTemplate.id) == template_id, col(TemplateVersion.status) == VersionStatus.PUBLISHED
        )
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("没有找到这个模板，或者它还没有发布")
    return row[0], row[1]


def in_use(db: Session, base: str) -> Built:
    """Return the template documents of this kind are made from now."""
    return kept(db, ("template", base), lambda: _in_use(db, base))


def _in_use(db: Session, base: str) -> Built:
    query = sa.select(col(DocumentTemplate.id)).where(
        col(DocumentTemplate.base) == base, col(DocumentTemplate.is_default)
    )
    found = db.execute(query.limit(1)).scalar_one_or_none()
    if found is None:
        return get_template(base)
    return built(db, *published(db, int(found)))


def name_of(db: Session, code: str) -> str:
    """Return the name of a template a record names, built-in or the firm's own."""
    builtin = templates().get(code)
    if builtin is not None:
        return builtin.label
    number = code.removeprefix("t")
    found = db.get(DocumentTemplate, int(number)) if number.isdigit() else None
    return found.name if found is not None else code


def extra_values(
    db: Session, template: Built, *, customer: Customer | None, application: Application | None
) -> tuple[tuple[str, str], ...]:
    """Return the catalogue fields this template names, with their values now, to be frozen with the rest of the data."""
    named = _named(template)
    records = {"customer": customer, "application": application}
    found = []
    for spec in extra_specs(db):
        key, record = f"{spec.entity}.{spec.key}", records[spec.entity]
        if key not in named or record is None:
            continue
        value = value_of(record, spec)
        if value is None:
            continue
        kind = {
            "money": "money",
            "percent": "rate",
            "integer": "number",
            "date": "date",
            "boolean": "flag",
        }.get(spec.kind)
        shown = (
            value if kind else spec.kind_object.format(value, options=spec.options(catalogues.sources(db)))
        )
        found.append((key, write_extra(kind or "text", shown)))
    return tuple(found)


def completed(
    db: Session, template: Built, data: Any, *, customer: Customer | None, application: Application | None
) -> Any:
    """Return the data with the catalogue fields this template names, where its kind of data can hold some."""
    if not hasattr(data, "extra"):
        return data
    return replace(data, extra=extra_values(db, template, customer=customer, application=application))


def _named(template: Built) -> frozenset[str]:
    """Return the keys of catalogue fields a template names, in a text or in a condition."""
    if template.body is None:
        return frozenset()
    kept = _named_by.get(id(template.body))
    if kept is not None and kept[0] is template.body:
        return kept[1]
    found = re.findall(rf"\b({'|'.join(EXTRA)})(?:\.|__)(\w+)", repr(template.body))
    names = frozenset(f"{entity}.{key}" for entity, key in found)
    with _lock:
        while len(_named_by) >= KEPT:
            del _named_by[next(iter(_named_by))]
        _named_by[id(template.body)] = template.body, names
    return names
