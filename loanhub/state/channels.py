"""Channels 渠道: the list and the form, the bills and costs per head, claims for bad leads, the consent texts."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import reflex as rx

from loanhub.components.toasts import done
from loanhub.domain.channels import ChannelKind, CostKind, CostModel, OwnerRule
from loanhub.domain.permissions import Permission
from loanhub.services import channels, consent_texts
from loanhub.services.channels import ChannelForm, ChannelView
from loanhub.state import _listing
from loanhub.state._base import SessionState
from loanhub.state._clock import today, utc_now
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives

KINDS, MODELS, RULES, COST_KINDS = (
    ChannelKind.options(), CostModel.options(), OwnerRule.options(), CostKind.options(),
)  # fmt: skip
SPANS = (("30", "近 30 天"), ("90", "近 90 天"), ("365", "近一年"))
FORM_KEYS = (
    "code", "label", "kind", "cost_model", "price", "owner_rule", "owner_id", "consent_version", "utm_source",
    "utm_medium", "utm_campaign", "note", "active",
)  # fmt: skip
_READERS = (Permission.CHANNELS_EDIT, Permission.CHANNELS_COST)
_ALL_TABS = (
    ("channels", "渠道", _READERS), ("costs", "成本", (Permission.CHANNELS_COST,)),
    ("refunds", "退量", (Permission.CHANNELS_COST,)), ("texts", "授权文本", (Permission.CHANNELS_EDIT,)),
)  # fmt: skip


class ChannelsState(SessionState):
    """The page of channels."""

    tab: str = "channels"
    tabs: list[dict[str, str]] = []
    rows: list[dict[str, str]] = []
    people: list[dict[str, str]] = []
    versions: list[dict[str, str]] = []
    choices: list[dict[str, str]] = []
    loading: bool = True

    sheet: str = ""
    """Which sheet is open: '' none, 'channel', 'cost', 'void', 'texts', 'link'."""
    values: dict[str, str] = {}
    form_key: str = ""
    chosen: str = ""
    chosen_name: str = ""
    chosen_code: str = ""
    chosen_link: str = ""
    field_errors: dict[str, str] = {}

    span: str = "30"
    cost_rows: list[dict[str, str]] = []
    cost_total: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    claimable: list[dict[str, str]] = []
    claims: list[dict[str, str]] = []
    text_version: str = ""
    texts: list[dict[str, str]] = []

    _version: int = 0

    @rx.event
    @needs(*_READERS)
    @outlives(
        "sheet",
        keep=("tab", "values", "form_key", "chosen", "chosen_name", "chosen_code", "chosen_link", "field_errors", "_version"),
    )  # fmt: skip
    async def load(self) -> None:
        """Show the tab the address names."""
        actor = await self._actor()
        self.tabs = [
            {"id": code, "name": label, "count": ""} for code, label, may in _ALL_TABS if actor.can_any(*may)
        ]
        wanted = str(self.router.url.query_parameters.get("tab", ""))
        self.tab = wanted if wanted in {tab["id"] for tab in self.tabs} else "channels"
        self.sheet, self.field_errors, self.loading = "", {}, True
        await self._read()

    async def _read(self) -> None:
        actor, now = await self._actor(), utc_now()

        def work() -> tuple[list[ChannelView], ChannelForm]:
            return channels.list_channels(actor, now=now)

        found, form = await rx.run_in_thread(work)
        self.rows = [
            {
                "id": str(one.id), "code": one.code, "label": one.label, "kind": one.kind, "model": one.cost_model,
                "price": one.price, "owner": one.owner, "consent": one.consent, "link": one.link,
                "active": "启用" if one.active else "停用", "tone": "ok" if one.active else "closed",
                "webhook": "推送" if one.webhook else "",
            }
            for one in found
        ]  # fmt: skip
        self.people = _listing.pairs(form.people)
        self.versions = _listing.pairs(form.versions)
        self.choices = [{"value": one.code, "label": one.label} for one in found]
        if self.tab == "costs":
            await self._read_costs()
        elif self.tab == "refunds":
            await self._read_refunds()
        elif self.tab == "texts":
            await self._read_texts()
        self.loading = False

    async def _read_costs(self) -> None:
        actor, last = await self._actor(), today()
        first = last - timedelta(days=int(self.span) - 1)
        rows, total, entries = await rx.run_in_thread(
            lambda: channels.cost_table(actor, first=first, last=last)
        )
        self.cost_rows, self.cost_total = [asdict(row) for row in rows], asdict(total)
        self.entries = [
            {key: str(value) for key, value in asdict(one).items()} | {"voided": "1" if one.voided else ""}
            for one in entries
        ]

    async def _read_refunds(self) -> None:
        actor, now = await self._actor(), utc_now()
        open_ones, made = await rx.run_in_thread(
            lambda: (channels.list_claimable(actor), channels.list_claims(actor, now=now))
        )
        self.claimable = [{key: str(value) for key, value in asdict(one).items()} for one in open_ones]
        self.claims = [{key: str(value) for key, value in asdict(one).items()} for one in made]

    async def _read_texts(self) -> None:
        actor = await self._actor()
        self.text_version, found = await rx.run_in_thread(lambda: consent_texts.newest(actor))
        self.texts = [
            {
                "purpose": one.purpose.value, "label": one.purpose.label, "title": one.title, "body": one.body,
                "required": "必须同意" if one.required else "可以不同意",
            }
            for one in found
        ]  # fmt: skip

    @rx.event
    @needs(*_READERS)
    async def choose_tab(self, code: str) -> Any:
        """Show another tab."""
        if str(code) in {tab["id"] for tab in self.tabs}:
            self.tab, self.sheet = str(code), ""
            await self._read()
        return rx.call_script(f"history.replaceState(history.state, '', '/settings/channels?tab={self.tab}')")

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def choose_span(self, code: str) -> None:
        """Show the costs of other days."""
        self.span = str(code) if str(code) in dict(SPANS) else "30"
        await self._read_costs()

    def _open(self, sheet: str, values: dict[str, str]) -> None:
        self.sheet, self.values, self.field_errors = sheet, values, {}
        self.form_key = secrets.token_hex(12)

    @rx.event
    @needs(*_READERS)
    async def close(self, is_open: bool) -> None:
        """Close the open sheet."""
        if not is_open:
            self.sheet, self.field_errors = "", {}

    @rx.event
    @needs(Permission.CHANNELS_EDIT)
    async def open_new(self) -> None:
        """Open the empty form of a channel."""
        self.chosen, self.chosen_name, self._version = "", "", 0
        self._open(
            "channel", {"kind": "ads", "cost_model": "per_lead", "owner_rule": "engine", "active": "true"}
        )

    async def _find(self, channel_id: str) -> ChannelView | None:
        actor, now = await self._actor(), utc_now()
        found, _ = await rx.run_in_thread(lambda: channels.list_channels(actor, now=now))
        return next((one for one in found if str(one.id) == str(channel_id)), None)

    @rx.event
    @needs(Permission.CHANNELS_EDIT)
    async def open_edit(self, channel_id: str) -> None:
        """Open the form of a channel."""
        one = await self._find(channel_id)
        if one is not None:
            self.chosen, self.chosen_name, self._version = str(one.id), one.label, one.version
            self._open("channel", dict(one.values))

    @rx.event
    @needs(*_READERS)
    async def open_link(self, channel_id: str) -> None:
        """Show a channel's link, QR code and poster."""
        one = await self._find(channel_id)
        if one is not None:
            self.chosen, self.chosen_name = str(one.id), one.label
            self.chosen_code, self.chosen_link = one.code, one.link
            self._open("link", {})

    @rx.event
    @needs(*_READERS)
    async def copy_link(self) -> Any:
        """Copy the link."""
        return [rx.set_clipboard(self.chosen_link), done("链接已复制")]

    @rx.event
    @needs(Permission.CHANNELS_EDIT)
    async def save(self, data: dict[str, Any]) -> Any:
        """Make the channel or save the changes."""
        actor, now, key = await self._actor(), utc_now(), self.form_key
        form = {name: str(data.get(name) or "")[:300] for name in FORM_KEYS}
        number, version = int(self.chosen) if self.chosen.isdigit() else 0, self._version
        await rx.run_in_thread(
            lambda: channels.save(actor, channel_id=number, version=version, form=form, key=key, now=now)
        )
        self.sheet = ""
        await self._read()
        return done(f"已保存「{form['label'].strip()}」")

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def open_cost(self) -> None:
        """Open the form of a bill: last month to begin with."""
        last = today().replace(day=1) - timedelta(days=1)
        self._open(
            "cost", {"first": last.replace(day=1).isoformat(), "last": last.isoformat(), "kind": "media"}
        )

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def save_cost(self, data: dict[str, Any]) -> Any:
        """Enter a bill."""
        actor, now, key = await self._actor(), utc_now(), self.form_key
        text = {
            name: str(data.get(name) or "").strip()[:300]
            for name in ("channel_code", "kind", "amount", "note")
        }
        first, last = _day(data.get("first")), _day(data.get("last"))
        await rx.run_in_thread(
            lambda: channels.add_cost(
                actor, channel_code=text["channel_code"], kind=text["kind"], first=first, last=last,
                amount=text["amount"], note=text["note"], key=key, now=now,
            )
        )  # fmt: skip
        self.sheet = ""
        await self._read_costs()
        return done("已登记，分摊到期间内的每条线索")

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def ask_void(self, cost_id: str) -> None:
        """Ask why a bill is taken back."""
        one = next((entry for entry in self.entries if entry["id"] == str(cost_id)), None)
        if one is not None:
            self.chosen, self.chosen_name = one["id"], f"{one['channel']} {one['amount']}"
            self._open("void", {})

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def void(self, data: dict[str, Any]) -> Any:
        """Take a wrong bill back."""
        actor, now = await self._actor(), utc_now()
        number, reason = int(self.chosen) if self.chosen.isdigit() else 0, str(data.get("reason") or "")[:300]
        await rx.run_in_thread(lambda: channels.void_cost(actor, cost_id=number, reason=reason, now=now))
        self.sheet = ""
        await self._read_costs()
        return done("已作废，分摊的成本已退回")

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def claim(self, lead_id: str) -> Any:
        """Claim the price of a bad lead back; 'all' claims every one on the page."""
        actor, now = await self._actor(), utc_now()
        shown = [int(one["lead_id"]) for one in self.claimable]
        ids = shown if str(lead_id) == "all" else [one for one in shown if str(one) == str(lead_id)]
        number = await rx.run_in_thread(lambda: channels.claim(actor, lead_ids=ids, now=now))
        await self._read_refunds()
        return done(f"已申报 {number} 条退量")

    @rx.event
    @needs(Permission.CHANNELS_COST)
    async def decide(self, claim_id: str, accepted: bool) -> Any:
        """Record the channel's answer to a claim."""
        actor, now = await self._actor(), utc_now()
        number = int(claim_id) if str(claim_id).isdigit() else 0
        await rx.run_in_thread(
            lambda: channels.decide(actor, claim_id=number, accepted=accepted is True, now=now)
        )
        await self._read_refunds()
        return done("已记为渠道同意，成本已扣回" if accepted is True else "已记为渠道拒绝")

    @rx.event
    @needs(Permission.CHANNELS_EDIT)
    async def open_texts(self) -> None:
        """Open the form of a new version, beginning with the words of the newest."""
        values = {f"{one['purpose']}.{part}": one[part] for one in self.texts for part in ("title", "body")}
        self._open("texts", values)

    @rx.event
    @needs(Permission.CHANNELS_EDIT)
    async def publish(self, data: dict[str, Any]) -> Any:
        """Publish a new version of the consent texts."""
        actor, now = await self._actor(), utc_now()
        texts = {
            one["purpose"]: {
                part: str(data.get(f"{one['purpose']}.{part}") or "")[:2100] for part in ("title", "body")
            }
            for one in self.texts
        }
        version = str(data.get("version") or "")[:40]
        await rx.run_in_thread(lambda: consent_texts.publish(actor, version=version, texts=texts, now=now))
        self.sheet = ""
        await self._read()
        return done(f"已发布版本 {version.strip()}")


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None
