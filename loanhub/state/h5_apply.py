"""The public application page H5 申请: calculator, four answers, consents ticked one by one, a receipt."""

from __future__ import annotations

import secrets
from typing import Any

import reflex as rx

from loanhub.domain.errors import InvalidInput
from loanhub.services.leads import apply
from loanhub.services.quotes import form as forms
from loanhub.services.quotes import public_offer
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket, public
from loanhub.state.calculator import CalculatorMixin, TooManyQuestions, _take_turn

SUBMITS_PER_MINUTE, SUBMITS_BURST = 6, 10
_submits = Bucket(SUBMITS_PER_MINUTE, SUBMITS_BURST)
"""Applications accepted from one address; an office shares one, so a few at once are fine."""
PURPOSES = tuple((text, text) for text in apply.PURPOSES)


class ApplyState(CalculatorMixin, SessionState):
    """The application page; nothing of it says whether somebody is known."""

    company: str = ""
    legal_name: str = ""
    phone: str = ""
    least: int = 1
    most: int = 70
    slide: int = 10
    terms: list[str] = []
    amount_seed: int = 0
    consents: list[dict[str, str]] = []
    receipt: str = ""
    sending: bool = False
    form_key: str = ""

    _channel: str = ""
    _campaign: str = ""
    _text_version: str = ""

    @rx.event
    @public
    async def load(self) -> None:
        """Begin with the company's offer, the channel of the link and the words of its consents."""
        _take_turn(self)
        query = self.router.url.query_parameters
        code = str(query.get("c", ""))[:40]
        now = utc_now()
        offer, words = await rx.run_in_thread(lambda: (public_offer.find(now=now), apply.find_offer(code)))
        self.company, self.legal_name, self.phone = offer.brand, offer.company, offer.phone
        self.least, self.most, self.terms = offer.least_wan, offer.most_wan, list(offer.terms)
        self._channel, self._text_version = words.channel, words.text_version
        self._campaign = str(query.get("utm_campaign", ""))[:60]
        self.consents = [
            {
                "purpose": one.purpose.value, "title": one.title, "body": one.body,
                "required": "1" if one.required else "",
            }
            for one in words.wordings
        ]  # fmt: skip
        self.receipt, self.sending, self.form_key = "", False, secrets.token_hex(12)
        given = {key: value for key, value in query.items() if key in ("amount", "months")}
        self._begin(forms.clean(offer.form | given))
        await self._calculate()
        self._follow()

    @rx.event
    @public
    async def put_amount(self, text: str) -> None:
        """Take the amount as it is typed."""
        if self._take("amount", text):
            _take_turn(self)
            await self._calculate()
            self._follow()

    @rx.event
    @public
    async def slide_to(self, wan: str) -> None:
        """Take the amount the slider stands on, in 万."""
        text = str(wan)
        if text.isascii() and text.isdigit() and len(text) <= 6 and self._take("amount", f"{text}万"):
            _take_turn(self)
            self.start_of, self.amount_seed = (
                self.start_of | {"amount": self.form["amount"]},
                self.amount_seed + 1,
            )
            await self._calculate()

    @rx.event
    @public
    async def choose_months(self, months: str) -> None:
        """Take one of the usual terms."""
        if self._take("months", months):
            _take_turn(self)
            await self._calculate()

    @rx.event
    @public
    async def submit(self, data: dict[str, Any]) -> Any:
        """Hand the application in; the answer is a receipt, whoever asks."""
        ip = self.router.session.client_ip or "unknown"
        if not _submits.take(ip):
            raise TooManyQuestions
        given = {str(name): str(value or "")[:400] for name, value in data.items()}
        form = {name: given.get(name, "") for name in ("name", "phone", "city", "purpose")}
        form["amount_fen"], months = self.form["amount"], self.form["months"]
        form["term_months"] = months if months.isascii() and months.isdigit() else ""
        agreed = [one["purpose"] for one in self.consents if given.get("consent." + one["purpose"])]
        agent = str(getattr(self.router.headers, "user_agent", "") or "")
        channel, campaign, version, key, now = (
            self._channel, self._campaign, self._text_version, self.form_key, utc_now(),
        )  # fmt: skip
        try:
            found = await rx.run_in_thread(
                lambda: apply.submit(
                    form, agreed=agreed, text_version=version, channel_code=channel, campaign=campaign,
                    trap=given.get(apply.TRAP, ""), ip=ip, user_agent=agent, key=key, now=now,
                )
            )  # fmt: skip
        except InvalidInput as fault:
            self.field_errors = {
                ("amount" if name == "amount_fen" else name): sentence
                for name, sentence in fault.fields.items()
            }
            first = next(iter(self.field_errors), "")
            return [
                rx.toast.error(fault.sentence),
                rx.call_script(f"document.getElementById('f-{first}')?.focus()"),
            ]
        self.receipt, self.field_errors = found.number, {}
        return rx.call_script("window.scrollTo(0, 0)")

    def _follow(self) -> None:
        if "amount" not in self.field_errors and self.figures:
            yuan = int(self.figures["principal"].replace(",", "").partition(".")[0])
            self.slide = min(max(self.least, (yuan + 5_000) // 10_000), self.most)
