"""Products as their list draws them, and the versions of one as its history does 产品列表、产品版本."""

from __future__ import annotations

from dataclasses import dataclass

from loanhub.services.products import look

STATES = {
    "draft": ("草稿", "info"),
    "active": ("在售", "ok"),
    "off": ("已下架", "closed"),
    "past": ("历史", "closed"),
}
VERDICTS = {
    "ok": ("合规", "ok"),
    "warn": ("接近上限", "warn"),
    "block": ("超过上限", "danger"),
    "": ("—", "closed"),
}


@dataclass
class Line:
    """A product as the list draws it."""

    code: str = ""
    label: str = ""
    mode: str = ""
    lender: str = ""
    status: str = ""
    tone: str = ""
    state: str = ""
    draft: str = ""
    revision: str = ""
    amounts: str = ""
    rates: str = ""
    terms: str = ""
    method: str = ""
    loans: str = ""
    verdict: str = ""
    verdict_tone: str = ""
    sentence: str = ""


@dataclass
class Version:
    """A version as the history draws it."""

    revision: str = ""
    status: str = ""
    tone: str = ""
    at: str = ""
    by: str = ""
    loans: str = ""
    changes: str = ""
    past: bool = False


def line_of(one: look.ProductLine) -> Line:
    """Return a product as the list draws it."""
    status, tone = STATES[one.state]
    verdict, verdict_tone = VERDICTS[one.verdict]
    return Line(
        code=one.code, label=one.label, mode=one.mode, lender=one.lender, status=status, tone=tone, state=one.state,
        draft="有草稿" if one.has_draft and one.state != "draft" else "", revision=f"第 {one.revision} 版",
        amounts=one.amounts, rates=one.rates, terms=one.terms, method=one.method, loans=str(one.loans),
        verdict=f"{verdict} {one.cost}" if one.verdict and one.cost != "—" else verdict, verdict_tone=verdict_tone,
        sentence=one.verdict_sentence,
    )  # fmt: skip


def version_of(one: look.VersionLine) -> Version:
    """Return a version as the history draws it."""
    status, tone = STATES[one.state]
    return Version(
        revision=str(one.revision), status=status, tone=tone, at=one.at, by=one.by, loans=str(one.loans),
        changes=one.changes, past=one.state == "past",
    )  # fmt: skip
