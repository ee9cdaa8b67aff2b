"""The page 查重: pairs that may be one party, the comparison before a merge, merges that can be taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain.permissions import Permission
from loanhub.services import rulings
from loanhub.services.duplicates import compare, merge, pairs
from loanhub.state import _listing
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs
from loanhub.state.rulings import RulingsState

VIEWS = ("open", "dismissed", "merges", "rulings")
READERS = (Permission.LEADS_READ, Permission.CUSTOMERS_READ)
MERGERS = (Permission.LEADS_MERGE, Permission.CUSTOMERS_MERGE)
DECIDERS = (Permission.LEADS_EDIT, Permission.CUSTOMERS_EDIT, *MERGERS)


@dataclass
class PairRow:
    """A pair as the page draws it; the sides are {label, number, name, phone, owner, state, when, notice, href}."""

    id: str = ""
    score: int = 0
    certainty: str = ""
    tone: str = ""
    reasons: list[dict[str, str]] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    right: dict[str, str] = field(default_factory=dict)
    mergeable: bool = False
    can_dismiss: bool = False
    why_not: str = ""
    decided: str = ""
    note: str = ""


def side_of(one: pairs.Side) -> dict[str, str]:
    """Return a side as texts."""
    return {
        "label": one.label, "number": one.number, "name": one.name, "phone": one.phone, "owner": one.owner,
        "state": one.state, "when": one.when, "notice": one.notice, "href": one.href,
    }  # fmt: skip


def row_of(one: pairs.PairView) -> PairRow:
    """Return a pair as the page draws it."""
    return PairRow(
        id=str(one.id), score=one.score, certainty=one.certainty, tone=one.tone,
        reasons=[{"label": label, "points": points, "against": "yes" if points.startswith("-") else ""} for label, points in one.reasons],
        left=side_of(one.left), right=side_of(one.right), mergeable=one.mergeable, can_dismiss=one.can_dismiss,
        why_not=one.why_not, decided=one.decided, note=one.note,
    )  # fmt: skip


class DuplicatesState(SessionState):
    """The page of possible doubles."""

    view: str = "open"
    views: list[dict[str, str]] = []
    rows: list[PairRow] = []
    merges: list[dict[str, str]] = []
    loading: bool = True
    page: int = 1
    pages: int = 1
    total: int = 0
    range_text: str = ""

    comparing: bool = False
    left: dict[str, str] = {}
    right: dict[str, str] = {}
    fields: list[dict[str, str]] = []
    carried: list[dict[str, str]] = []
    survivor: str = "left"
    against: str = ""
    all_fields: bool = False
    form_key: str = ""

    _seen: compare.Comparison | None = None
    _choices: dict[str, str] = {}
    _pairs: dict[str, pairs.PairView] = {}
    _last: tuple[int, int] = (0, 0)
    """The pair just dismissed and its version, for the undo of the toast."""
    _merge_id: int = 0

    @rx.event
    @needs(*READERS)
    async def load(self) -> Any:
        """Read the address: which list, and whether the blind check is asked for."""
        query = self.router.url.query_parameters
        asked = str(query.get("view", "open"))
        self.view, self.page, self.loading = asked if asked in VIEWS else "open", 1, True
        if not self._returning:
            self.comparing = False
        self._watch("leads", "customers")
        await self._read()
        yield
        yield RulingsState.enter_page

    async def _read(self) -> None:
        actor, now, view, page = await self._actor(), utc_now(), self.view, self.page
        status = view if view in ("open", "dismissed") else "open"
        found = await rx.run_in_thread(lambda: pairs.queue(actor, status=status, page=page, now=now))
        may_merge = actor.can_any(*MERGERS)
        done_ones = await rx.run_in_thread(lambda: compare.merges(actor, now=now)) if may_merge else []
        listed = (
            await rx.run_in_thread(lambda: rulings.list_rulings(actor, now=now))
            if actor.can(Permission.LEADS_READ)
            else []
        )
        self.rows = [row_of(one) for one in found.rows] if view in ("open", "dismissed") else []
        self._pairs = {str(one.id): one for one in found.rows}
        self.merges = [_merge_row(one) for one in done_ones]
        self.total = found.total
        self.pages = max(1, -(-found.total // pairs.PAGE))
        first = (page - 1) * pairs.PAGE
        self.range_text = f"{first + 1}–{first + len(found.rows)}，共 {found.total} 对" if found.rows else ""
        waiting = sum(one.status == "open" for one in listed)
        named = [
            ("open", "可能重复", found.counts.get("open", 0)),
            ("dismissed", "不是重复", found.counts.get("dismissed", 0)),
        ]
        if may_merge:
            named.append(("merges", "已合并", sum(not one.undone for one in done_ones)))
        if actor.can(Permission.LEADS_READ):
            named.append(("rulings", "撞单裁定", waiting))
        self.views = [{"id": code, "name": label, "count": str(number)} for code, label, number in named]
        self.loading = False

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic not in ("leads", "customers"):
            await super()._on_live(topic, ops)
            return
        if not self.comparing and (await self._actor()).can_any(*READERS):
            await self._read()

    @rx.event
    @needs(*READERS)
    async def reload(self) -> None:
        """Read the page again."""
        await self._read()

    @rx.event
    @needs(*READERS)
    async def choose_view(self, code: str) -> Any:
        """Show another list."""
        self.view, self.page = str(code) if str(code) in VIEWS else "open", 1
        await self._read()
        return [
            _listing.address("/duplicates", {"view": "" if self.view == "open" else self.view}, []),
            RulingsState.read,
        ]

    @rx.event
    @needs(*READERS)
    async def go(self, step: int) -> None:
        """Turn the page."""
        self.page = max(1, min(self.pages, self.page + (1 if step == 1 else -1)))
        await self._read()

    @rx.event
    @needs(*DECIDERS)
    async def dismiss(self, pair_id: str) -> Any:
        """Say that a pair is not one party; it never comes back by itself."""
        return await self._decide(str(pair_id), dismiss=True)

    @rx.event
    @needs(*DECIDERS)
    async def reopen(self, pair_id: str) -> Any:
        """List a dismissed pair again."""
        return await self._decide(str(pair_id), dismiss=False)

    async def _decide(self, pair_id: str, *, dismiss: bool) -> Any:
        actor, now = await self._actor(), utc_now()
        pair = self._pairs.get(pair_id)
        known, version = (pair.id, pair.version) if pair is not None else (0, 0)
        await rx.run_in_thread(
            lambda: pairs.decide(actor, pair_id=known, version=version, dismiss=dismiss, now=now)
        )
        self._last = (known, version + 1)
        await self._read()
        if dismiss:
            return undoable("已记为不是重复，以后不再提示", DuplicatesState.undo_dismiss)
        return done("已重新列为可能重复")

    @rx.event
    @needs(*DECIDERS)
    async def undo_dismiss(self) -> Any:
        """Take the last dismissal back."""
        actor, now, (known, version) = await self._actor(), utc_now(), self._last
        await rx.run_in_thread(
            lambda: pairs.decide(actor, pair_id=known, version=version, dismiss=False, now=now)
        )
        await self._read()
        return done("已撤销")

    @rx.event
    @needs(*MERGERS)
    async def compare(self, pair_id: str) -> None:
        """Open the two records of a pair side by side."""
        found = self._pairs.get(str(pair_id))
        if found is not None:
            await self._compare(found.left.entity, found.left.id, found.right.id)

    async def _compare(self, entity: str, one_id: int, other_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        seen = await rx.run_in_thread(
            lambda: compare.compare(actor, entity=entity, one_id=one_id, other_id=other_id, now=now)
        )
        self._seen, self._choices, self.survivor = seen, {}, seen.survivor
        self.left, self.right = side_of(seen.left), side_of(seen.right)
        self.against, self.all_fields = seen.against, False
        self.fields = [
            {"key": one.key, "label": one.label, "left": one.left, "right": one.right, "chosen": one.chosen,
             "differs": "yes" if one.differs else ""}
            for one in seen.fields
        ]  # fmt: skip
        self.carried = [
            {"label": label, "left": mine, "right": theirs} for label, mine, theirs in seen.carried
        ]
        self.form_key = f"{seen.left.id}-{seen.right.id}-{seen.left_version}-{seen.right_version}"
        self.comparing = True

    @rx.event
    @needs(*MERGERS)
    async def show_compare(self, is_open: bool) -> None:
        """Close the comparison (a dialog reports only that)."""
        if not is_open:
            self.comparing = False

    @rx.event
    @needs(*MERGERS)
    async def show_all(self) -> None:
        """Show the fields on which both agree as well, or hide them again."""
        self.all_fields = not self.all_fields

    @rx.event
    @needs(*MERGERS)
    async def keep(self, side: str) -> None:
        """Choose which of the two records stays."""
        if str(side) in ("left", "right"):
            self.survivor = str(side)

    @rx.event
    @needs(*MERGERS)
    async def take(self, key: str, side: str) -> None:
        """Choose whose value of a field is kept."""
        if str(side) in ("left", "right"):
            self._choices = {**self._choices, str(key): str(side)}
            self.fields = [
                {**one, "chosen": str(side)} if one["key"] == str(key) else one for one in self.fields
            ]

    @rx.event
    @needs(*MERGERS)
    async def merge(self, form: dict[str, Any]) -> Any:
        """Merge the two as chosen."""
        actor, now, seen, survivor = await self._actor(), utc_now(), self._seen, self.survivor
        if seen is None:
            return None
        keeps, goes = (seen.left, seen.right) if survivor == "left" else (seen.right, seen.left)
        versions = (seen.left_version, seen.right_version)
        # What stands on the screen is what is written: every field goes along, not the touched ones alone.
        choices = {one["key"]: "survivor" if one["chosen"] == survivor else "merged" for one in self.fields}
        reason = str(form.get("reason", ""))[:300]
        made = await rx.run_in_thread(
            lambda: merge.merge(
                actor, entity=seen.entity, survivor_id=keeps.id, merged_id=goes.id, choices=choices,
                survivor_version=versions[0] if survivor == "left" else versions[1],
                merged_version=versions[1] if survivor == "left" else versions[0], reason=reason, now=now,
            )
        )  # fmt: skip
        self.comparing, self._merge_id = False, made.merge_id
        await self._read()
        carried = "、".join(f"{label} {number}" for label, number in made.carried)
        return undoable(
            f"{goes.number} 已并入 {keeps.number}" + (f"，转移{carried}" if carried else ""),
            DuplicatesState.undo_last,
        )

    @rx.event
    @needs(*MERGERS)
    async def undo_last(self) -> Any:
        """Take the merge just made back."""
        return await self._undo(self._merge_id)

    @rx.event
    @needs(*MERGERS)
    async def undo(self, merge_id: str) -> Any:
        """Take a merge back."""
        return await self._undo(number_of(merge_id))

    async def _undo(self, merge_id: int) -> Any:
        actor, now = await self._actor(), utc_now()
        await rx.run_in_thread(lambda: merge.undo(actor, merge_id=merge_id, now=now))
        await self._read()
        return done("已撤销合并，两条都恢复原样")


def _merge_row(one: compare.MergeView) -> dict[str, str]:
    return {
        "id": str(one.id), "label": one.label, "survivor": one.survivor, "merged": one.merged, "href": one.href,
        "who": one.who, "when": one.when, "until": one.until, "carried": one.carried, "undone": one.undone,
        "against": one.against, "can_undo": "yes" if one.can_undo else "",
    }  # fmt: skip
