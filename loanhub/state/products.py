"""Products 产品: the list, and the editor of one product: what is typed, what it means, what publishing would change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.services.products import check, fees, look, versions
from loanhub.services.products import form as forms
from loanhub.services.products._rows import NOTHING_SEEN
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._product_lines import Line, Version, line_of, version_of

EDIT = Permission.PRODUCTS_EDIT
CHECKS = {spec.key: tuple(code for code, _ in spec.options) for spec in forms.SPECS if spec.kind == "checks"}
ORDERS = tuple(spec.key for spec in forms.SPECS if spec.kind == "order")
FLAGS = frozenset(spec.key for spec in forms.SPECS if spec.kind == "switch") | {
    f"fee{slot}_{part}" for slot in range(fees.MOST_FEES) for part in ("refundable", "included")
}
KEPT = frozenset({"fee_count", *ORDERS, *CHECKS, *(f"fee{slot}_code" for slot in range(fees.MOST_FEES))})
"""What no input holds: a submitted form says nothing of it."""
_NAMES = {component.value: component.label for component in Component}


class ProductsState(SessionState):
    """The page of products."""

    products: list[Line] = []
    loading: bool = True

    code: str = ""
    editing: bool = False
    is_new: bool = False
    title: str = ""
    status: str = ""
    has_draft: bool = False
    published: int = 0
    restored: int = 0
    history: list[Version] = []

    form: dict[str, str] = forms.blank()
    start_of: dict[str, str] = forms.blank()
    """What the inputs start with; they are not controlled, so typing costs no round trip."""
    opened: str = ""
    orders: dict[str, list[dict[str, str]]] = {}
    sample: dict[str, str] = {"amount": "", "months": ""}
    field_errors: dict[str, str] = {}

    verdict: str = ""
    sentence: str = ""
    cost: str = ""
    figures: dict[str, str] = {}
    rows: list[dict[str, str]] = []
    items: list[dict[str, str]] = []
    link: str = ""

    reviewing: bool = False
    changes: list[dict[str, str]] = []
    clashing: bool = False
    clash_sentence: str = ""
    clashes: list[dict[str, str]] = []

    _seen: tuple[int, int] = NOTHING_SEEN
    _latest: dict[str, str] = {}
    _key: str = ""
    _touched: list[str] = []

    @rx.event
    @needs(EDIT)
    @outlives("editing", whole=True)
    async def load(self) -> None:
        """Show the list, or the product of the address."""
        self.loading, self.editing, self.reviewing, self.clashing = True, False, False, False
        await self._read()
        asked = str(self.router.url.query_parameters.get("code", ""))[:32]
        if any(line.code == asked for line in self.products):
            await self._open(asked)

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: look.list_products(actor, now=now))
        self.products, self.loading = [line_of(one) for one in found], False

    async def _open(self, code: str) -> None:
        actor = await self._actor()
        found = await rx.run_in_thread(lambda: look.open_product(actor, code=code))
        self.code, self.is_new, self._seen = found.code, False, found.seen
        self.title, self.status = found.form["label"], found.state
        self.has_draft, self.published = found.has_draft, found.published
        self.history = [version_of(one) for one in found.history]
        self._begin(found.form)
        await self._check()

    def _begin(self, form: dict[str, str]) -> None:
        self.editing, self.reviewing, self.clashing, self.restored = True, False, False, 0
        self.field_errors, self._touched, self.sample = {}, [], {"amount": "", "months": ""}
        self.figures, self.rows, self.items, self.verdict, self.sentence, self.link = {}, [], [], "", "", ""
        self._fill(form)

    def _fill(self, form: dict[str, str]) -> None:
        """Put a form on the screen: the inputs start again from it."""
        self.form, self.start_of, self.opened = form, dict(form), secrets.token_hex(4)
        self._key = secrets.token_hex(16)
        self.orders = {key: _order(form[key]) for key in ORDERS}

    async def _check(self) -> None:
        """Show what the form means now; a form that makes no sense keeps the last sample and says why."""
        actor, form, sample, now = await self._actor(), dict(self.form), dict(self.sample), utc_now()
        found = await rx.run_in_thread(
            lambda: check.check_form(
                actor, form=form, sample_amount=sample["amount"], sample_months=sample["months"], now=now
            )
        )
        # What nobody has come to yet is no mistake to shout about; publishing names it.
        self.field_errors = {
            key: text
            for key, text in found.errors.items()
            if key in self._touched or form.get(key) or not self.is_new
        }
        if found.figures is None and not found.state:
            self.verdict = "unknown" if found.errors else ""
            self.sentence = "改好标出的内容后，这里显示合规结论和试算。"
            return
        self.verdict, self.sentence, self.cost = found.state, found.sentence, found.cost
        self.figures, self.link = dict(found.figures or {}), found.link
        self.rows, self.items = list(found.rows), list(found.items)

    @rx.event
    @needs(EDIT)
    async def open_product(self, code: str) -> Any:
        """Open a product in the editor."""
        await self._open(str(code)[:32])
        return _address(self.code)

    @rx.event
    @needs(EDIT)
    async def open_new(self) -> None:
        """Open the editor of a new product."""
        self.code, self.is_new, self._seen = "", True, NOTHING_SEEN
        self.title, self.status, self.has_draft, self.published, self.history = (
            "新建产品",
            "draft",
            False,
            0,
            [],
        )
        self._begin(forms.blank())
        await self._check()

    @rx.event
    @needs(EDIT)
    async def back(self) -> Any:
        """Return to the list."""
        self.editing = False
        await self._read()
        return _address("")

    @rx.event
    @needs(EDIT)
    async def put(self, key: str, text: str | bool) -> None:
        """Take one field as it is typed and check again."""
        name = str(key)
        if name not in self.form or name in KEPT:
            return
        value = ("1" if text is True else "") if name in FLAGS else str(text or "")[: forms.LONGEST_TEXT]
        if name not in self._touched:
            self._touched = [*self._touched, name]
        if self.form[name] != value:
            self.form = self.form | {name: value}
            await self._check()

    @rx.event
    @needs(EDIT)
    async def put_sample(self, key: str, text: str) -> None:
        """Take the amount or the months of the sample loan."""
        if str(key) in self.sample:
            self.sample = self.sample | {str(key): str(text or "")[:20]}
            await self._check()

    @rx.event
    @needs(EDIT)
    async def move(self, key: str, place: int, step: int) -> None:
        """Move a component of an order one place up or down."""
        name = str(key)
        if name not in ORDERS:
            return
        codes = self.form[name].split(",")
        try:
            here = int(place)
        except (TypeError, ValueError):
            return
        there = here + (1 if step == 1 else -1)
        if 0 <= here < len(codes) and 0 <= there < len(codes):
            codes[here], codes[there] = codes[there], codes[here]
            self.form = self.form | {name: ",".join(codes)}
            self.orders = self.orders | {name: _order(self.form[name])}
            await self._check()

    @rx.event
    @needs(EDIT)
    async def toggle(self, key: str, code: str) -> None:
        """Take one of a list of boxes in or out."""
        name, one = str(key), str(code)
        if one in CHECKS.get(name, ()):
            chosen = set(self.form[name].split(",")) ^ {one}
            self.form = self.form | {name: ",".join(code for code in CHECKS[name] if code in chosen)}
            await self._check()

    @rx.event
    @needs(EDIT)
    async def add_fee(self) -> None:
        """Add a fee at the end of the list."""
        count = fees.count_of(self.form)
        if count < fees.MOST_FEES:
            self.form = self.form | {"fee_count": str(count + 1)}
            await self._check()

    @rx.event
    @needs(EDIT)
    async def remove_fee(self, slot: int) -> None:
        """Take a fee out of the list."""
        number = int(slot) if str(slot).isdigit() else -1
        self._fill(fees.without(self.form, number))
        await self._check()

    def _take(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Take what the browser holds when a form is sent: the last keys may not have been heard yet."""
        typed = {
            key: str(data[key] or "")[: forms.LONGEST_TEXT]
            for key in self.form
            if key in data and key not in KEPT and key not in FLAGS
        }
        self.form = forms.clean(self.form | typed)
        self._touched = list(self.form)
        return dict(self.form)

    @rx.event
    @needs(EDIT)
    async def review(self, data: dict[str, Any]) -> None:
        """Show what publishing would change; what may not be published says why at its field."""
        form, now = self._take(data), utc_now()
        actor, code = await self._actor(), self.code or form["code"]
        self.changes = await rx.run_in_thread(lambda: look.compare(actor, code=code, form=form, now=now))
        await self._check()
        self.reviewing = True

    @rx.event
    @needs(EDIT)
    async def show_review(self, is_open: bool) -> None:
        """Follow the dialog when it is closed."""
        self.reviewing = self.reviewing and bool(is_open)

    @rx.event
    @needs(EDIT)
    async def publish(self) -> Any:
        """Put the form in force as the next version."""
        actor, now, form = await self._actor(), utc_now(), dict(self.form)
        code, seen, key, restored = self.code or form["code"], self._seen, self._key, self.restored
        saved = await rx.run_in_thread(
            lambda: versions.publish(
                actor, code=code, form=form, seen=seen, restored=restored, key=key, now=now
            )
        )
        if saved.moved:
            return await self._show_clashes(actor, code, saved)
        await self._read()
        await self._open(code)
        return [done(f"已发布第 {saved.revision} 版，新的申请按它办理；已有合同和借据不变"), _address(code)]

    @rx.event
    @needs(EDIT)
    async def save_draft(self) -> Any:
        """Keep the form as a draft; what is offered stays as it is."""
        actor, now, form = await self._actor(), utc_now(), dict(self.form)
        code, seen, key = self.code or form["code"], self._seen, self._key
        self._touched = list(self.form)
        saved = await rx.run_in_thread(
            lambda: versions.save_draft(actor, code=code, form=form, seen=seen, key=key, now=now)
        )
        if saved.moved:
            return await self._show_clashes(actor, code, saved)
        await self._read()
        await self._open(code)
        return [done(f"已存为第 {saved.revision} 版草稿，发布前不对外"), _address(code)]

    async def _show_clashes(self, actor: Any, code: str, saved: versions.Saved) -> None:
        found = await rx.run_in_thread(lambda: look.open_product(actor, code=code))
        self._latest, self._seen = found.form, found.seen
        self.history = [version_of(one) for one in found.history]
        self.has_draft, self.published, self.status = found.has_draft, found.published, found.state
        self.clash_sentence = f"{saved.who}刚改过这个产品，逐项选择留哪一个"
        self.clashes = [
            {"key": one.key, "label": one.label, "mine": one.mine, "latest": one.latest}
            for one in saved.clashes
        ]
        self.reviewing, self.clashing = False, True

    @rx.event
    @needs(EDIT)
    async def resolve(self, data: dict[str, Any]) -> Any:
        """Join my changes with the latest version, field by field; publishing is asked for again."""
        mine = {key for key, side in data.items() if side == "mine"}
        joined = dict(self._latest)
        for key, text in self.form.items():
            if key in mine or ("fees" in mine and key.startswith("fee")):
                joined[key] = text
        self.clashing = False
        self._fill(forms.clean(joined))
        await self._check()
        return done("已合并，请核对后再发布")

    @rx.event
    @needs(EDIT)
    async def show_clashes(self, is_open: bool) -> None:
        """Follow the dialog when it is closed."""
        self.clashing = self.clashing and bool(is_open)

    @rx.event
    @needs(EDIT)
    async def take_version(self, revision: str) -> Any:
        """Put an earlier version into the editor, to be published again as a new one."""
        number = int(revision) if str(revision).isdigit() else 0
        actor, code = await self._actor(), self.code
        found = await rx.run_in_thread(lambda: look.form_of_revision(actor, code=code, revision=number))
        self._fill(found)
        self.restored = number
        await self._check()
        return done(f"已填入第 {number} 版的内容，核对后发布")

    @rx.event
    @needs(EDIT)
    async def discard(self) -> Any:
        """Throw the draft away."""
        actor, now, code, seen = await self._actor(), utc_now(), self.code, self._seen
        await rx.run_in_thread(lambda: versions.discard_draft(actor, code=code, seen=seen, now=now))
        await self._read()
        if any(line.code == code for line in self.products):
            await self._open(code)
        else:
            self.editing = False
        return done("草稿已放弃")

    @rx.event
    @needs(EDIT)
    async def switch(self, active: bool) -> Any:
        """Take the product off, or offer it again."""
        actor, now, code, seen = await self._actor(), utc_now(), self.code, self._seen
        wanted = active is True
        await rx.run_in_thread(lambda: versions.switch(actor, code=code, active=wanted, seen=seen, now=now))
        await self._read()
        await self._open(code)
        return done("已上架，可以发起申请" if wanted else "已下架，已有的申请、合同和借据不变")


def _order(text: str) -> list[dict[str, str]]:
    return [{"code": code, "label": _NAMES.get(code, code)} for code in text.split(",")]


def _address(code: str) -> Any:
    return _listing.address("/settings/products", {"code": code}, [])
