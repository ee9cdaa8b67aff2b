"""The pages of segments 客户分群: the list with its editor, and one segment."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import plotly.graph_objects as go
import reflex as rx

from loanhub.analytics import figures
from loanhub.components.toasts import done, undoable
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.services import chart_sheets, segments
from loanhub.services.segments import SegmentRow
from loanhub.state import _listing
from loanhub.state._arguments import number_of
from loanhub.state._base import SessionState
from loanhub.state._clock import utc_now
from loanhub.state._conflict import Conflicting
from loanhub.state._guard import needs
from loanhub.state._outlives import outlives
from loanhub.state._tree_editor import TREE, tree_editor

TOPIC = "segments"
SPARK_WIDTH, SPARK_HEIGHT = 96, 20


def members_link(segment_id: int) -> str:
    """Return the address of the customers in a segment."""
    condition = {"field": "segment_id", "op": "in_segment", "value": [segment_id]}
    query = {"view": "all", "f": json.dumps([condition], separators=(",", ":"))}
    return "/customers?" + urlencode(query)


def spark(counts: tuple[int, ...]) -> str:
    """Return the points of a sparkline, empty for fewer than two counts."""
    if len(counts) < 2:
        return ""
    low, high = min(counts), max(counts)
    step, span = SPARK_WIDTH / (len(counts) - 1), max(1, high - low)
    return " ".join(
        f"{index * step:.1f},{SPARK_HEIGHT - 2 - (one - low) * (SPARK_HEIGHT - 4) / span:.1f}"
        for index, one in enumerate(counts)
    )


def _line(row: SegmentRow) -> dict[str, str]:
    ends = f"{row.trend[0]:,} → {row.trend[-1]:,}" if len(row.trend) > 1 else ""
    return {
        "id": str(row.id), "name": row.name, "sentence": row.sentence, "note": row.note, "count": f"{row.count:,}",
        "spark": spark(row.trend), "spark_text": ends, "owner": row.owner, "initial": _listing.initial(row.owner),
        "color": str(_listing.color_of(row.owner)), "shared": row.shared, "shared_label": row.shared_label,
        "updated": row.updated, "version": str(row.version), "can_edit": "1" if row.can_edit else "",
        "members": members_link(row.id),
    }  # fmt: skip


Conditions: Any = tree_editor(Permission.SEGMENTS_EDIT, first_field="city", leaf=segments.leaf)


class SegmentsState(Conflicting, Conditions, SessionState):  # type: ignore[misc]
    """The list of segments, and the sheet in which one is made or changed."""

    rows: list[dict[str, str]] = []
    loading: bool = True
    broken: bool = False

    opened: bool = False
    editing: str = ""
    form_key: str = ""
    values: dict[str, str] = {}
    field_errors: dict[str, str] = {}
    count: str = ""
    samples: list[dict[str, str]] = []

    _seen: segments.Draft | None = None
    """What the sheet started from; None for a new segment."""
    _opened_raw: dict[str, Any] = {}

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    @outlives(
        "opened",
        keep=("editing", "form_key", "values", "field_errors", "count", "samples", "clashes", "clash_sentence", "_mine",
              "_seen", "_opened_raw", *TREE),
    )  # fmt: skip
    async def load(self) -> Any:
        """Show the segments, their counts as soon as they are counted, and the sheet when the address asks for it."""
        self._watch(TOPIC)
        self.loading, self.opened, self.broken = True, False, True
        await self._read(counted=False)
        self.broken = False
        yield
        await self._read()
        yield
        query, actor = self.router.url.query_parameters, await self._actor()
        if actor.can(Permission.SEGMENTS_EDIT):
            if query.get("new"):
                await self._start()
            elif number_of(query.get("edit", "")):
                await self._edit(number_of(query.get("edit", "")))

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def reload(self) -> None:
        """Read the list again."""
        self.broken = False
        await self._read()

    async def _read(self, *, counted: bool = True) -> None:
        actor, now = await self._actor(), utc_now()
        try:
            found = await rx.run_in_thread(lambda: segments.list_segments(actor, counted=counted, now=now))
        finally:
            self.loading = False
        self.rows = [_line(row) | ({} if counted else {"count": "…"}) for row in found]

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        (await self._actor()).require(Permission.CUSTOMERS_READ)
        await self._read()

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def show(self, is_open: bool) -> None:
        """Open an empty sheet or close it."""
        if is_open:
            await self._start()
        else:
            self.opened = False

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def edit(self, segment_id: str) -> None:
        """Open the sheet of a segment."""
        await self._edit(number_of(segment_id))

    async def _start(self) -> None:
        self.editing, self._seen, self.values = "", None, {"shared": "own"}
        await self._open({})

    async def _edit(self, segment_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        found = await rx.run_in_thread(lambda: segments.look(actor, segment_id, now=now))
        row = found.row
        self.editing = str(row.id)
        self._seen = segments.Draft(row.name, row.note, row.shared, dict(found.criteria))
        self.values = {"name": row.name, "note": row.note, "shared": row.shared}
        await self._open(found.criteria)

    async def _open(self, raw: Any) -> None:
        actor = await self._actor()
        fields = await rx.run_in_thread(lambda: segments.fields(actor))
        self.field_errors = {}
        self._settled()
        self.form_key, self.opened = secrets.token_hex(12), True
        await self._begin_tree(fields, raw)
        self._opened_raw = self._criteria()

    async def _preview(self) -> None:
        actor, now, raw, leaves = await self._actor(), utc_now(), self._criteria(), self._leaves()
        texts = await rx.run_in_thread(lambda: segments.read_back(actor, leaves))
        found = await rx.run_in_thread(lambda: segments.preview(actor, raw, now=now))
        self._show_tree(texts, found.sentence)
        self.samples = list(found.rows)
        self.count = f"{found.count:,}" if found.sentence else ""

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def save(self, form: dict[str, Any]) -> Any:
        """Make the segment or save the changes."""
        name, note, shared = (str(form.get(one, ""))[:400] for one in ("name", "note", "shared"))
        self.field_errors = {}
        raw = self._criteria()
        if self._seen is not None and raw == self._opened_raw:
            raw = dict(self._seen.criteria)
        return await self._save_mine({"name": name, "note": note, "shared": shared, "criteria": raw})

    async def _save_mine(self, raw: Mapping[str, object]) -> Any:
        actor, now, key, seen = await self._actor(), utc_now(), self.form_key, self._seen
        segment_id, criteria = number_of(self.editing), raw.get("criteria")
        name, note, shared = (str(raw.get(one, "")) for one in ("name", "note", "shared"))
        if seen is not None:
            mine = segments.Draft(name, note, shared, criteria if isinstance(criteria, dict) else {})
            saved = await rx.run_in_thread(
                lambda: segments.save(actor, segment_id=segment_id, seen=seen, mine=mine, now=now)
            )
            if saved.clashes:
                self._clashed(saved, raw)
                return None
        else:
            await rx.run_in_thread(
                lambda: segments.create(
                    actor, name=name, note=note, raw_criteria=criteria, shared=shared, key=key, now=now
                )
            )
        self.opened = False
        self._settled()
        await self._read()
        return done(f"已保存「{name.strip()}」")

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def resolve(self, choices: dict[str, Any]) -> Any:
        """Save once more with what was chosen part by part."""
        if not self.clashes or self._seen is None:
            return None
        actor, now, segment_id = await self._actor(), utc_now(), number_of(self.editing)
        found = await rx.run_in_thread(lambda: segments.look(actor, segment_id, now=now))
        latest: dict[str, Any] = {
            "name": found.row.name, "note": found.row.note, "shared": found.row.shared,
            "criteria": dict(found.criteria),
        }  # fmt: skip
        clashed = {one["key"] for one in self.clashes}
        kept = {key for key in clashed if str(choices.get(key, "latest")) != "mine"}
        # The latest parts have been seen now: only what changes after this moment is a clash again.
        self._seen = replace(self._seen, **{key: latest[key] for key in clashed})
        return await self._save_mine({**self._mine, **{key: latest[key] for key in kept}})

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def delete(self, segment_id: str) -> Any:
        """Delete a segment; the toast takes it back."""
        actor, now, number = await self._actor(), utc_now(), number_of(segment_id)
        await rx.run_in_thread(lambda: segments.delete(actor, segment_id=number, now=now))
        await self._read()
        return undoable("已删除分群", SegmentsState.restore(str(number)))

    @rx.event
    @needs(Permission.SEGMENTS_EDIT)
    async def restore(self, segment_id: str) -> Any:
        """Take the deletion back."""
        actor, now, number = await self._actor(), utc_now(), number_of(segment_id)
        await rx.run_in_thread(lambda: segments.restore(actor, segment_id=number, now=now))
        await self._read()
        return done("已恢复")


class SegmentState(SessionState):
    """The page of one segment."""

    row: dict[str, str] = {}
    trend: list[dict[str, Any]] = []
    trend_text: str = ""
    sees_all: bool = False
    samples: list[dict[str, str]] = []
    composition: list[dict[str, Any]] = []
    yields: list[dict[str, str]] = []
    loading: bool = True
    missing: bool = False

    @rx.var
    def trend_figure(self) -> go.Figure:
        """The chart of the daily counts."""
        return figures.members(self.trend)

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def load(self) -> None:
        """Show the segment of the address."""
        self._watch(TOPIC)
        self.loading, self.missing, self.row = True, False, {}
        await self._read(number_of(self.router.url.path.rstrip("/").rpartition("/")[2]))

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def export_trend(self) -> Any:
        """Take the numbers of the chart away."""
        actor, number = await self._actor(), number_of(self.row.get("id", ""))
        file, name = await rx.run_in_thread(lambda: chart_sheets.segment(actor, number, now=utc_now()))
        return [rx.download(url=f"/api/files/{file}", filename=name), done("已导出，文件保留 7 天")]

    @rx.event
    @needs(Permission.CUSTOMERS_READ)
    async def reload(self) -> None:
        """Read it again."""
        await self._read(number_of(self.row.get("id", "")))

    async def _read(self, segment_id: int) -> None:
        actor, now = await self._actor(), utc_now()
        try:
            found = await rx.run_in_thread(lambda: segments.look(actor, segment_id, now=now))
        except NotFound:
            self.missing = True
            return
        finally:
            self.loading = False
        self.row = _line(found.row)
        self.trend = [{"day": day, "members": count} for day, count in found.trend]
        self.trend_text, self.sees_all = found.trend_text, found.sees_all
        self.samples = list(found.samples)
        self.composition = [
            {"label": one.label, "parts": [
                {"label": p.label, "count": f"{p.count:,}", "percent": str(p.percent)} for p in one.parts
            ]}
            for one in found.composition
        ]  # fmt: skip
        self.yields = [{"label": label, "text": text, "how": how} for label, text, how in found.yields]

    async def _on_live(self, topic: str, ops: list[dict[str, object]]) -> None:
        if topic != TOPIC:
            await super()._on_live(topic, ops)
            return
        (await self._actor()).require(Permission.CUSTOMERS_READ)
        segment_id = number_of(self.row.get("id", ""))
        if any(op.get("id") == segment_id for op in ops):
            await self._read(segment_id)
