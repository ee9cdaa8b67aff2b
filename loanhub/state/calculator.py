"""The calculator 贷款试算, inside and for anybody: what is typed, what it costs, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.errors import InvalidInput, LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.services.quotes import form as forms
from loanhub.services.quotes import public_offer, sheet, workbook
from loanhub.settings import settings
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import Bucket, needs, public

CHOICES = forms.choices()
"""(code, label) pairs of the selects; pages draw from here."""
PUBLIC_PER_MINUTE = 120
PUBLIC_BURST = 40
_addresses = Bucket(PUBLIC_PER_MINUTE, PUBLIC_BURST)
"""What strangers may ask by address: a made-up client token opens no new allowance."""


class TooManyQuestions(LoanHubError):
    """A stranger's address asks faster than a person can type."""

    status = 429

    def __init__(self) -> None:
        super().__init__("操作太快了，请稍等几秒再试")


class CalculatorMixin(rx.State, mixin=True):
    """What both calculators hold; the handlers stand in each, with their marks."""

    form: dict[str, str] = dict(forms.KEYS)
    start_of: dict[str, str] = dict(forms.KEYS)
    """What the inputs start with; they are not controlled, so typing costs no round trip."""
    opened: int = 0
    figures: dict[str, str] = {}
    level: str = ""
    limit: str = ""
    plain: str = ""
    items: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    sums: dict[str, str] = {}
    bars: list[dict[str, str]] = []
    compared: list[dict[str, str]] = []
    page_number: int = 1
    pages: int = 1
    field_errors: dict[str, str] = {}
    loading: bool = True

    explaining: bool = False
    explained: str = ""
    reasons: list[dict[str, str]] = []

    def _begin(self, form: dict[str, str]) -> None:
        self.form, self.start_of, self.opened = form, dict(form), self.opened + 1
        self.page_number, self.explaining, self.reasons = 1, False, []

    async def _calculate(self, *, whole: bool = False) -> None:
        """Show what the form means now; a form that makes no sense keeps the last result and says why."""
        form, page = dict(self.form), self.page_number
        self.loading = False
        try:
            found = await rx.run_in_thread(
                lambda: sheet.show(form, page=page, whole=whole, today=today(), now=utc_now())
            )
        except InvalidInput as error:
            # Half-typed input is no mistake to shout about: the sentence stands at its field, without a toast.
            self.field_errors = dict(error.fields)
            return
        self.field_errors = {}
        shown = asdict(found)
        self.figures, self.level, self.limit, self.plain = (
            found.figures,
            found.level,
            found.limit,
            found.plain,
        )
        self.items, self.rows, self.sums = shown["items"], shown["rows"], found.sums
        self.bars, self.compared, self.pages = shown["bars"], shown["compared"], found.pages
        self.page_number = min(page, found.pages)

    def _take(self, key: Any, text: Any) -> bool:
        """Put one field into the form; return whether that changed anything."""
        name = str(key)
        if name not in forms.KEYS:
            return False
        value = str(text or "")[: forms.LONGEST_TEXT]
        if self.form[name] == value:
            return False
        self.form = self.form | {name: value}
        if name != "compare":
            self.page_number = 1
        return True

    async def _reasons(self, number: str) -> None:
        form = dict(self.form)
        self.reasons = await rx.run_in_thread(
            lambda: sheet.explain(form, number, today=today(), now=utc_now())
        )
        self.explained, self.explaining = number, bool(self.reasons)


class CalculatorState(CalculatorMixin, SessionState):
    """The calculator of the people who work here."""

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def load(self) -> None:
        """Begin with what stands in the address, so that a link shows the same calculation."""
        self._begin(forms.clean(self.router.url.query_parameters))
        await self._calculate()

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def put(self, key: str, text: str) -> Any:
        """Take one field as it is typed and calculate again."""
        if not self._take(key, text):
            return None
        await self._calculate()
        return self._address()

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def compare_with(self, code: str) -> Any:
        """Put a method beside the others, or take it away; at most three stand there."""
        codes = [one for one in self.form["compare"].split(",") if one]
        codes = [one for one in codes if one != code] if code in codes else [*codes, str(code)[:32]]
        if not self._take("compare", ",".join(codes[-sheet.MOST_COMPARED :])):
            return None
        await self._calculate()
        return self._address()

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def turn(self, step: int) -> None:
        """Show the next or the previous page of the schedule."""
        self.page_number = min(max(1, self.page_number + (1 if step == 1 else -1)), self.pages)
        await self._calculate()

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def explain(self, number: str) -> None:
        """Open what stands behind the amounts of one row."""
        await self._reasons(str(number)[:6])

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def show_explanation(self, is_open: bool) -> None:
        """Follow the drawer when it is closed."""
        self.explaining = bool(is_open)

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def reset_form(self) -> Any:
        """Begin again with an empty calculation."""
        self._begin(forms.clean({}))
        await self._calculate()
        return self._address()

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def export(self) -> Any:
        """Hand over the whole schedule as a spreadsheet."""
        form = dict(self.form)
        name, content = await rx.run_in_thread(lambda: workbook.build(form, today=today(), now=utc_now()))
        return rx.download(data=content, filename=name)

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def print_all(self) -> Any:
        """Show every row and open the browser's print dialog."""
        await self._calculate(whole=True)
        return rx.call_script("setTimeout(() => window.print(), 400)")

    @rx.event
    @needs(Permission.PRODUCTS_READ)
    async def share(self) -> Any:
        """Copy the link of this calculation."""
        return [rx.set_clipboard(_link("/calculator", self.form)), done("链接已复制，打开就是这一笔试算")]

    def _address(self) -> Any:
        return _listing.address("/calculator", forms.shown_keys(self.form), [])


class PublicCalculatorState(CalculatorMixin, SessionState):
    """The calculator anybody may use on a phone: no sign-in, nothing written, no word of any customer."""

    company: str = ""
    legal_name: str = ""
    least: int = 1
    most: int = 70
    slide: int = 10
    slide_seed: int = 0
    amount_seed: int = 0
    months_seed: int = 0
    terms: list[str] = []
    phone: str = ""
    apply_link: str = "/h5/apply"

    _channel: str = ""

    @rx.event
    @public
    async def load(self) -> None:
        """Begin with the company's own offer, and with what stands in the address."""
        _take_turn(self)
        offer = await rx.run_in_thread(lambda: public_offer.find(now=utc_now()))
        self.company, self.legal_name, self.phone = offer.brand, offer.company, offer.phone
        self.least, self.most, self.terms = offer.least_wan, offer.most_wan, list(offer.terms)
        query: Mapping[str, Any] = self.router.url.query_parameters
        self._channel = str(query.get("c", ""))[:32]
        self._begin(
            forms.clean(offer.form | {key: value for key, value in query.items() if key in PUBLIC_KEYS})
        )
        await self._calculate()
        self._follow_amount()

    @rx.event
    @public
    async def put(self, key: str, text: str) -> Any:
        """Take one field as it is typed and calculate again."""
        if str(key) not in PUBLIC_KEYS or not self._take(key, text):
            return None
        _take_turn(self)
        await self._calculate()
        if str(key) == "amount":
            self._follow_amount()
        return self._address()

    @rx.event
    @public
    async def choose_months(self, months: str) -> Any:
        """Take one of the usual terms; the field for any other follows."""
        if not self._take("months", months):
            return None
        _take_turn(self)
        self.start_of, self.months_seed = (
            self.start_of | {"months": self.form["months"]},
            self.months_seed + 1,
        )
        await self._calculate()
        return self._address()

    @rx.event
    @public
    async def slide_to(self, wan: str) -> Any:
        """Take the amount the slider stands on, in 万; the typed amount follows, the slider stays in hand."""
        text = str(wan)
        if not (text.isascii() and text.isdigit() and len(text) <= 6) or not self._take(
            "amount", f"{text}万"
        ):
            return None
        _take_turn(self)
        self.start_of, self.amount_seed = (
            self.start_of | {"amount": self.form["amount"]},
            self.amount_seed + 1,
        )
        await self._calculate()
        return self._address()

    @rx.event
    @public
    async def turn(self, step: int) -> None:
        """Show the next or the previous page of the schedule."""
        _take_turn(self)
        self.page_number = min(max(1, self.page_number + (1 if step == 1 else -1)), self.pages)
        await self._calculate()

    @rx.event
    @public
    async def explain(self, number: str) -> None:
        """Open what stands behind the amounts of one row."""
        _take_turn(self)
        await self._reasons(str(number)[:6])

    @rx.event
    @public
    async def show_explanation(self, is_open: bool) -> None:
        """Follow the drawer when it is closed."""
        self.explaining = bool(is_open)

    @rx.event
    @public
    async def share(self) -> Any:
        """Copy the link of this calculation."""
        form = {key: value for key, value in self.form.items() if key in PUBLIC_KEYS}
        return [rx.set_clipboard(_link("/h5/calculator", forms.clean(form))), done("链接已复制")]

    def _follow_amount(self) -> None:
        """Put the slider where the typed amount is, as far as it reaches."""
        if "amount" not in self.field_errors and self.figures:
            yuan = int(self.figures["principal"].replace(",", "").partition(".")[0])
            self.slide = min(max(self.least, (yuan + 5_000) // 10_000), self.most)
            self.slide_seed += 1

    async def _calculate(self, *, whole: bool = False) -> None:
        await super()._calculate(whole=whole)
        # The application begins with the same amount and term, and counts for the channel the link came from.
        kept = {"c": self._channel} if self._channel else {}
        self.apply_link = "/h5/apply?" + urlencode(
            kept | {key: self.form[key] for key in ("amount", "months")}
        )

    def _address(self) -> Any:
        return _listing.address("/h5/calculator", forms.shown_keys(self.form), [])


PUBLIC_KEYS = frozenset({"amount", "method", "rate", "months", "start", "day", "basis", "amort", "sum1"})
"""What strangers may set; agreed rows and the rest are the desk's business."""


def _take_turn(state: Any) -> None:
    if not _addresses.take(state.router.session.client_ip or "unknown"):
        raise TooManyQuestions


def _link(path: str, form: Mapping[str, str]) -> str:
    shown = forms.shown_keys(form)
    return f"{settings().origin}{path}" + (f"?{urlencode(shown)}" if shown else "")
