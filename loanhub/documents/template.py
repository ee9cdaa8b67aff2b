"""A document template: code and label, the data it takes, what it cannot do without, how it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from loanhub.discovery import discover
from loanhub.documents.compose import Composer
from loanhub.documents.data import Company
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.templates import Body


@dataclass(frozen=True)
class Variable:
    """A value of the data: ``key`` is the path to it (``borrower.id_number``, ``company.name``).

    ``when`` tells for which data it is needed; without it, always.
    """

    key: str
    label: str
    when: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class DocumentTemplate:
    """A built-in document. ``build`` writes it; ``sample`` is its data in the preview and its base fonts.

    ``number`` returns the number shown at the head of each page; ``version`` rises with every change of
    words. A ``one_page`` document is set a little closer when that keeps it on one sheet. ``body`` are the blocks it is
    written in, when it is; ``lacking`` finds what these miss in some data, ``check`` refuses data that contradict
    themselves. ``fonts_of`` names a template whose prepared fonts it uses, for one that is being written.
    """

    code: str
    label: str
    data_type: type
    variables: tuple[Variable, ...]
    build: Callable[[Composer, Any, Company], None]
    number: Callable[[Any], str]
    sample: Any
    version: int = 1
    number_label: str = "合同编号"
    seam_marks: bool = False
    one_page: bool = False
    body: Body | None = None
    head_left: Callable[[Any, Company], str] | None = None
    head_right: Callable[[Any, Company], str] | None = None
    watermark: Callable[[Any, Company], str] | None = None
    lacking: Callable[[Any, Company], list[tuple[str, str]]] | None = None
    check: Callable[[Any], None] | None = None
    fonts_of: str = ""


class MissingData(InvalidInput):
    """The document cannot be printed yet: ``fields`` names each value to fill in."""

    def __init__(self, label: str, missing: list[tuple[str, str]]) -> None:
        self.missing = missing
        names = "、".join(name for _, name in missing)
        super().__init__(
            f"《{label}》还缺 {len(missing)} 项：{names}",
            fields={key: f"请填写{name}" for key, name in missing},
        )


class UnknownTemplate(NotFound):
    """There is no template with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"没有这个文书模板：{code[:40]}")


@cache
def templates() -> dict[str, DocumentTemplate]:
    """Return the built-in templates by code."""
    return discover("loanhub.documents.templates", "TEMPLATE")


def get_template(code: str) -> DocumentTemplate:
    """Return the template with this code.

    Raises:
        UnknownTemplate: there is none.
    """
    found = templates().get(code)
    if found is None:
        raise UnknownTemplate(code)
    return found


def missing(template: str | DocumentTemplate, data: object, company: Company) -> list[tuple[str, str]]:
    """Return (key, label) of each value the document needs and does not have, in the order of the form."""
    used = get_template(template) if isinstance(template, str) else template
    found = []
    for variable in used.variables:
        if variable.when is not None and not variable.when(data):
            continue
        value: Any = {"company": company}.get(variable.key.split(".")[0], data)
        for name in variable.key.removeprefix("company.").split("."):
            value = getattr(value, name)
        if value is None or value == () or (isinstance(value, str) and not value.strip()):
            found.append((variable.key, variable.label))
    known = {key for key, _ in found}
    if used.lacking is not None:
        found += [pair for pair in used.lacking(data, company) if pair[0] not in known]
    return found
