"""Rates and caps 利率与上限: the two tables, what waits for a second person, what a repricing will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics import figures
from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.services import chart_sheets, rates
from loanhub.services._actor import Actor
from loanhub.services.rates import CapForm
from loanhub.services.rates.products import list_product_verdicts
from loanhub.services.rates.reprice import preview_repricing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives

READ = (Permission.RATES_EDIT, Permission.RATES_REVIEW)
STATES = {
    "pending": ("待复核", "warn"),
    "in_force": ("生效中", "ok"),
    "future": ("待生效", "info"),
    "past": ("已过去", "closed"),
    "replaced": ("已替换", "closed"),
}
VERDICTS = {"ok": ("合规", "ok"), "warn": ("有提示", "warn"), "block": ("不能放款", "danger")}
TABS = (("lpr", "LPR"), ("caps", "上限"), ("reprice", "重定价"))
FORM_KEYS = (
    "label", "lender_type", "customer_kind", "measure", "limit", "lpr_multiple", "action", "source", "exempt_months",
)  # fmt: skip


@dataclass
class Review:
    """What may be done with a row that waits, and why not."""

    can_review: bool = False
    can_withdraw: bool = False
    why: str = ""


@dataclass
class LprLine:
    """A publication as the table draws it."""

    id: str = ""
    version: int = 0
    day: str = ""
    one_year: str = ""
    five_year: str = ""
    by: str = ""
    status: str = ""
    tone: str = ""
    warning: str = ""
    can_review: bool = False
    can_withdraw: bool = False
    why: str = ""


@dataclass
class CapLine:
    """A cap as the table draws it."""

    id: str = ""
    version: int = 0
    label: str = ""
    lender: str = ""
    scope: str = ""
    standard: str = ""
    measure: str = ""
    action: str = ""
    action_tone: str = ""
    days: str = ""
    source: str = ""
    by: str = ""
    replaces: str = ""
    status: str = ""
    tone: str = ""
    can_review: bool = False
    can_withdraw: bool = False
    can_replace: bool = False
    why: str = ""


@dataclass
class ProductLine:
    """A product at its dearest, held against the caps of today."""

    code: str = ""
    label: str = ""
    mode: str = ""
    highest_rate: str = ""
    cost: str = ""
    status: str = ""
    tone: str = ""
    sentence: str = ""


@dataclass
class RepriceLine:
    """What a repricing will do to one loan."""

    id: str = ""
    number: str = ""
    customer: str = ""
    day: str = ""
    rule: str = ""
    old_rate: str = ""
    new_rate: str = ""
    old_payment: str = ""
    new_payment: str = ""
    tone: str = ""
    problem: str = ""


class RatesState(SessionState):
    """The page of rates and caps."""

    tab: str = "lpr"
    tabs: list[dict[str, str]] = []
    lpr: list[LprLine] = []
    caps: list[CapLine] = []
    products: list[ProductLine] = []
    repricing: list[RepriceLine] = []
    repricing_count: int = 0
    repricing_until: str = ""
    points: list[dict[str, str]] = []
    conclusion: str = ""
    may_edit: bool = False
    loading: bool = True

    lpr_open: bool = False
    cap_open: bool = False
    replaces: str = ""
    replaces_label: str = ""
    values: dict[str, str] = {}
    covers_penalty: bool = False
    form_key: str = ""
    field_errors: dict[str, str] = {}

    @rx.var
    def lpr_figure(self) -> go.Figure:
        """The LPR since it is quoted this way, as steps."""
        return figures.lpr(self.points)

    @rx.event
    @needs(*READ)
    async def export_lpr(self) -> Any:
        """Take the numbers of the chart away."""
        actor = await self._actor()
        number, name = await rx.run_in_thread(lambda: chart_sheets.lpr(actor, now=utc_now()))
        return [rx.download(url=f"/api/files/{number}", filename=name), done("已导出，文件保留 7 天")]

    @rx.event
    @needs(*READ)
    @outlives(
        "lpr_open",
        "cap_open",
        keep=("tab", "replaces", "replaces_label", "values", "covers_penalty", "form_key", "field_errors"),
    )
    async def load(self) -> None:
        """Show the tab of the address."""
        asked = str(self.router.url.query_parameters.get("tab", ""))
        self.tab = asked if asked in dict(TABS) else "lpr"
        self.lpr_open, self.cap_open, self.loading, self.field_errors = False, False, True, {}
        self.repricing_until = date(today().year + 1, 1, 1).isoformat()
        await self._read()

    async def _read(self) -> None:
        actor, now, until = await self._actor(), utc_now(), self.repricing_until

        def work() -> tuple[Any, ...]:
            return (
                rates.list_lpr(actor, now=now),
                rates.list_caps(actor, now=now),
                list_product_verdicts(actor, now=now),
                preview_repricing(actor, until=date.fromisoformat(until), now=now),
            )

        lpr, caps, products, repricing = await rx.run_in_thread(work)
        self.may_edit = actor.can(Permission.RATES_EDIT)
        self.lpr = [_lpr_line(actor, row) for row in lpr]
        self.caps = [_cap_line(actor, row) for row in caps]
        self.products = [
            ProductLine(
                code=one.code, label=one.label, mode=one.mode, highest_rate=one.highest_rate, cost=one.cost,
                status=VERDICTS[one.state][0], tone=VERDICTS[one.state][1], sentence=one.sentence,
            )
            for one in products
        ]  # fmt: skip
        self.repricing = [_reprice_line(row) for row in repricing.rows]
        self.repricing_count = repricing.count
        counted = [row for row in reversed(lpr) if row.state in ("in_force", "past")]
        self.points = [
            {"day": row.effective_from.isoformat(), "one_year": row.one_year.rstrip("%"),
             "five_year": row.five_year.rstrip("%")}
            for row in counted
        ]  # fmt: skip
        if counted:
            now_in_force = counted[-1]
            self.points = [*self.points, {**self.points[-1], "day": today().isoformat()}]
            self.conclusion = (
                f"现行一年期 {now_in_force.one_year}、五年期以上 {now_in_force.five_year}，"
                f"自 {now_in_force.effective_from.isoformat()} 起"
            )
        waiting = {
            "lpr": sum(row.state == "pending" for row in lpr),
            "caps": sum(row.state == "pending" for row in caps),
            "reprice": repricing.count,
        }
        self.tabs = [{"id": code, "name": name, "count": str(waiting[code] or "")} for code, name in TABS]
        self.loading = False

    @rx.event
    @needs(*READ)
    async def choose(self, tab: str) -> None:
        """Show another tab."""
        self.tab = str(tab) if str(tab) in dict(TABS) else "lpr"

    @rx.event
    @needs(*READ)
    async def preview_until(self, form: dict[str, Any]) -> None:
        """Show the repricings up to another day."""
        day = _day(form, "until")
        if day is None:
            raise InvalidInput(fields={"until": "填写截止日"})
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(lambda: preview_repricing(actor, until=day, now=now))
        self.repricing_until = day.isoformat()
        await self._read()

    @rx.event
    @needs(Permission.RATES_EDIT)
    async def open_lpr(self) -> None:
        """Open the sheet of a new publication."""
        self.values = {"effective_from": "", "one_year": "", "five_year": ""}
        self._open("lpr")

    @rx.event
    @needs(Permission.RATES_EDIT)
    async def open_cap(self, replaces: str = "") -> None:
        """Open the sheet of a new cap, or of one that takes the place of another."""
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: rates.list_caps(actor, now=now))
        old = next((row for row in found if str(row.id) == str(replaces)), None)
        self.replaces, self.replaces_label = (str(old.id), old.label) if old else ("", "")
        form = old.form if old else CapForm(lender_type="microloan", exempt_months="0")
        self.values = {key: getattr(form, key) for key in FORM_KEYS} | {
            "valid_from": form.valid_from.isoformat() if form.valid_from else "",
            "valid_to": form.valid_to.isoformat() if form.valid_to else "",
        }
        self.covers_penalty = form.covers_penalty
        self._open("cap")

    def _open(self, sheet: str) -> None:
        self.field_errors, self.form_key = {}, f"{sheet}-{utc_now().timestamp()}"
        self.lpr_open, self.cap_open = sheet == "lpr", sheet == "cap"

    @rx.event
    @needs(*READ)
    async def close(self, is_open: bool) -> None:
        """Close the sheets."""
        if not is_open:
            self.lpr_open = self.cap_open = False

    @rx.event
    @needs(Permission.RATES_EDIT)
    async def save_lpr(self, form: dict[str, Any]) -> Any:
        """Enter a publication; it waits for another person."""
        actor, now = await self._actor(), utc_now()
        day = _day(form, "effective_from")
        texts = {key: str(form.get(key, ""))[:20] for key in ("one_year", "five_year")}
        await rx.run_in_thread(
            lambda: rates.enter_lpr(
                actor, effective_from=day, one_year=texts["one_year"], five_year=texts["five_year"], now=now
            )
        )
        self.lpr_open, self.tab = False, "lpr"
        await self._read()
        return done("已录入，等另一位同事复核后生效")

    @rx.event
    @needs(Permission.RATES_EDIT)
    async def save_cap(self, form: dict[str, Any]) -> Any:
        """Enter a cap; it waits for another person."""
        actor, now = await self._actor(), utc_now()
        texts = {key: str(form.get(key, ""))[:300] for key in FORM_KEYS}
        replaces_id = int(self.replaces) if self.replaces.isdigit() else None
        entered = CapForm(
            **texts, valid_from=_day(form, "valid_from"), valid_to=_day(form, "valid_to"),
            covers_penalty=bool(form.get("covers_penalty")),
        )  # fmt: skip
        await rx.run_in_thread(lambda: rates.enter_cap(actor, form=entered, replaces_id=replaces_id, now=now))
        self.cap_open, self.tab = False, "caps"
        await self._read()
        return done("已录入，等另一位同事复核后生效")

    @rx.event
    @needs(Permission.RATES_REVIEW)
    async def review(self, kind: str, row_id: str, version: int) -> Any:
        """Review a row that somebody else entered."""
        actor, now = await self._actor(), utc_now()
        number, seen = _number(row_id), _number(version)

        def work() -> None:
            if kind == "lpr":
                rates.review_lpr(actor, lpr_id=number, expected_version=seen, now=now)
            else:
                rates.review_cap(actor, cap_id=number, expected_version=seen, now=now)

        await rx.run_in_thread(work)
        await self._read()
        return done("已复核")

    @rx.event
    @needs(*READ)
    async def withdraw(self, kind: str, row_id: str, version: int) -> Any:
        """Take back a row that nobody has reviewed."""
        actor, now = await self._actor(), utc_now()
        number, seen = _number(row_id), _number(version)

        def work() -> None:
            if kind == "lpr":
                rates.withdraw_lpr(actor, lpr_id=number, expected_version=seen, now=now)
            else:
                rates.withdraw_cap(actor, cap_id=number, expected_version=seen, now=now)

        await rx.run_in_thread(work)
        await self._read()
        return done("已撤回")


def _number(raw: object) -> int:
    text = str(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _day(form: dict[str, Any], key: str) -> date | None:
    text = str(form.get(key, "")).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(fields={key: "日期格式须是 2026-01-15"}) from None


def _review(actor: Actor, state: str, entered_by_id: int | None) -> Review:
    if state != "pending":
        return Review()
    own = entered_by_id == actor.user_id
    may = actor.can(Permission.RATES_REVIEW)
    why = "须由另一位同事复核" if own else "" if may else "等待有复核权限的同事"
    return Review(may and not own, actor.can_any(*READ), why)


def _names(entered_by: str, reviewed_by: str) -> str:
    return f"{entered_by} / {reviewed_by}" if reviewed_by else entered_by


def _lpr_line(actor: Actor, row: rates.LprRow) -> LprLine:
    may = _review(actor, row.state, row.entered_by_id)
    status, tone = STATES[row.state]
    return LprLine(
        id=str(row.id), version=row.version, day=row.effective_from.isoformat(), one_year=row.one_year,
        five_year=row.five_year, by=_names(row.entered_by, row.reviewed_by), status=status, tone=tone,
        warning="；".join(row.warnings), **vars(may),
    )  # fmt: skip


def _cap_line(actor: Actor, row: rates.CapRow) -> CapLine:
    may = _review(actor, row.state, row.entered_by_id)
    status, tone = STATES[row.state]
    return CapLine(
        id=str(row.id), version=row.version, label=row.label, lender=row.lender, scope=row.scope,
        standard=row.standard, measure=row.measure, action=row.action_label,
        action_tone="danger" if row.action == "block" else "warn", days=row.days, source=row.source,
        by=_names(row.entered_by, row.reviewed_by), replaces=row.replaces, status=status, tone=tone,
        can_replace=row.state in ("in_force", "future") and actor.can(Permission.RATES_EDIT), **vars(may),
    )  # fmt: skip


def _reprice_line(row: Any) -> RepriceLine:
    return RepriceLine(
        id=str(row.loan_id), number=row.number, customer=row.customer, day=row.day, rule=row.rule,
        old_rate=row.old_rate, new_rate=row.new_rate, old_payment=row.old_payment, new_payment=row.new_payment,
        tone=row.tone, problem=row.problem,
    )  # fmt: skip
