"""How a board is shown: lanes, order, what the cards say, the saved views and which of them opens first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import reflex as rx

from loanhub.components.toasts import done, undoable
from loanhub.domain.permissions import Permission
from loanhub.services import boards, saved_views
from loanhub.services.setup import DEFAULT_PIPELINE
from loanhub.state import _listing
from loanhub.state._board_view import EVERYTHING, BoardReading
from loanhub.state._clock import utc_now
from loanhub.state._guard import needs

BY_HAND = "rank"
"""The code of a board's own order; nothing in the address."""


class BoardDisplay(BoardReading, mixin=True):
    """The handlers of 泳道, 排序, 卡片字段 and 管理视图."""

    lane_options: list[dict[str, str]] = []
    sort_options: list[dict[str, str]] = []
    sort_text: str = ""
    """How the cards are ordered, as a sentence has it (按金额); '' when by the board's own order."""
    choosing: bool = False
    """Whether the dialog 卡片字段 is open."""
    fact_rows: list[dict[str, str]] = []
    """The facts one may choose: {value, label, on}."""
    facts_key: str = ""
    facts_view: str = ""
    """The saved view in front that one may change; '' for none."""
    managing: bool = False
    view_rows: list[dict[str, str]] = []
    """The saved views to be managed: {id, name, whom, first, editable}."""
    first_view: str = EVERYTHING
    """The view this board opens with."""
    sharing: list[dict[str, str]] = []
    others: list[dict[str, Any]] = []
    """The other boards a card may be brought to."""

    async def _open_display(self, query: Mapping[str, Any]) -> None:
        """Read the address and what this person has chosen; views are read on the way."""
        actor, board = await self._actor(), self.board
        found = await rx.run_in_thread(lambda: boards.display_of(actor, board=board))
        self.lane_options = _listing.pairs(found.lane_choices)
        self.sort_options = _listing.pairs(found.order_choices)
        self._facts = found.facts
        self.first_view = f"s{found.view}" if found.view else EVERYTHING
        self.choosing = self.managing = False
        self.others = await rx.run_in_thread(lambda: boards.other_boards(actor, board=board))
        if not query.get("view") and not query.get("f"):
            self.view = self.first_view
        await self._read_views()
        if self.view != EVERYTHING:
            self._arrange_as_view()
        if "lane" in query or "sort" in query or self.view == EVERYTHING:
            self.lane = self._one_of(self.lane_options, query.get("lane"))
            self.sort = self._one_of(self.sort_options, query.get("sort"))
        self._name_sort()

    @staticmethod
    def _one_of(options: list[dict[str, str]], asked: object) -> str:
        code = str(asked or "")
        return code if code != BY_HAND and any(one["value"] == code for one in options) else ""

    def _name_sort(self) -> None:
        self.sort_text = next((one["label"] for one in self.sort_options if one["value"] == self.sort), "")

    def _settings_of_view(self) -> dict[str, Any]:
        return dict(self._stored.get(self.view, {}).get("settings") or {})

    def _arrange_as_view(self) -> None:
        """Take over the lanes and the order that were saved with the view."""
        settings = self._settings_of_view()
        if "lane" in settings:
            self.lane = self._one_of(self.lane_options, settings.get("lane"))
            self.sort = self._one_of(self.sort_options, settings.get("sort"))
        self._name_sort()

    async def _refresh(self) -> Any:
        raise NotImplementedError("state._board_filters has it")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def set_lane(self, code: str) -> Any:
        """Show the board with lanes, or without."""
        asked = self._one_of(self.lane_options, code)
        self.lane, self._limits = "" if asked == self.lane else asked, {}
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def set_sort(self, code: str) -> Any:
        """Show the cards in another order."""
        self.sort = self._one_of(self.sort_options, code)
        self._name_sort()
        return await self._refresh()

    @rx.event
    @needs(Permission.BOARDS_MOVE)
    async def transfer(self, card_id: str, place: str, version: int) -> Any:
        """Bring a card to a stage of another board; ``place`` is ``board|stage``."""
        text, (board, _, stage) = str(card_id), str(place)[:80].partition("|")
        if not (text.isascii() and text.isdigit() and len(text) < 12 and isinstance(version, int)):
            return None
        actor, now, here = await self._actor(), utc_now(), self.board
        moved = await rx.run_in_thread(
            lambda: boards.transfer(
                actor, lead_id=int(text), board=board, to=stage, expected_version=version, now=now
            )
        )
        await self._read_columns({moved.from_stage, moved.to_stage})
        said = f"已把 {moved.name} 换到「{moved.to_label}」"
        if board == here:
            return done(said)
        self._remember("transfer", text, f"{here}|{moved.from_stage}", moved.version)
        return undoable(said, type(self).transfer(text, f"{here}|{moved.from_stage}", moved.version))

    def _remember(self, what: str, *args: object) -> None:
        raise NotImplementedError("state.boards has it")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def show_facts(self, is_open: bool) -> None:
        """Open or close the choice of what the cards say."""
        self.choosing, self.field_errors = bool(is_open), {}
        if not is_open:
            return
        actor, board = await self._actor(), self.board
        found = await rx.run_in_thread(lambda: boards.display_of(actor, board=board))
        chosen = self._facts_shown() or found.default_facts
        self.fact_rows = [
            {"value": key, "label": label, "on": "1" if key in chosen else ""}
            for key, label in found.fact_choices
        ]
        self.facts_key = f"{board}-{'-'.join(chosen)}-{utc_now().timestamp()}"
        view = self._stored.get(self.view, {})
        self.facts_view = str(view.get("name", "")) if view.get("editable") else ""

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def save_facts(self, form: dict[str, Any]) -> Any:
        """Keep what the cards say: for this person, or with the view in front."""
        keys = [one["value"] for one in self.fact_rows if form.get(f"fact.{one['value']}")]
        return await self._keep_facts(keys, with_view=str(form.get("where", "")) == "view")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def reset_facts(self) -> Any:
        """Bring the default card back, also in the view in front."""
        if self._settings_of_view().get("facts") and self.facts_view:
            await self._keep_facts(None, with_view=True)
        return await self._keep_facts(None, with_view=False)

    async def _keep_facts(self, keys: list[str] | None, *, with_view: bool) -> Any:
        actor, board, now = await self._actor(), self.board, utc_now()
        view_id = int(self._stored.get(self.view, {}).get("id", 0)) if with_view else 0
        await rx.run_in_thread(
            lambda: boards.choose_facts(actor, board=board, keys=keys, view_id=view_id, now=now)
        )
        if not view_id:
            self._facts = tuple(keys) if keys is not None else None
        self.choosing, self.field_errors = False, {}
        await self._read_views()
        await self._read_board()
        return done("卡片字段已恢复默认" if keys is None else "卡片字段已更新")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def show_views(self, is_open: bool) -> None:
        """Open or close the list of saved views."""
        self.managing = bool(is_open)
        self._list_views()

    def _list_views(self) -> None:
        everything = {"id": EVERYTHING, "name": "全部在途", "whom": "全员", "editable": ""}
        rows = [everything] + [
            {
                "id": code,
                "name": str(one["name"]),
                "whom": str(one["for_whom"]),
                "editable": "1" if one["editable"] else "",
            }
            for code, one in self._stored.items()
        ]
        self.view_rows = [{**one, "first": "1" if one["id"] == self.first_view else ""} for one in rows]

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def open_with(self, code: str) -> Any:
        """Let this board open with a view."""
        actor, board, now = await self._actor(), self.board, utc_now()
        view_id = int(self._stored.get(str(code), {}).get("id", 0))
        name = await rx.run_in_thread(
            lambda: boards.choose_first_view(actor, board=board, view_id=view_id, now=now)
        )
        self.first_view = f"s{view_id}" if view_id else EVERYTHING
        self._list_views()
        return done(f"以后打开看板先显示「{name}」")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def drop_view(self, code: str) -> Any:
        """Delete a saved view."""
        actor, now = await self._actor(), utc_now()
        view_id = int(self._stored.get(str(code), {}).get("id", 0))
        await rx.run_in_thread(lambda: saved_views.delete_view(actor, view_id, now=now))
        gone = self.view == str(code)
        await self._read_views()
        self._list_views()
        if gone:
            return [await self._refresh(), done("视图已删除")]
        return done("视图已删除")

    @rx.event
    @needs(Permission.BOARDS_READ)
    async def copy_link(self, code: str) -> Any:
        """Put the address of a view into the clipboard; who opens it sees it within their own rights."""
        board = "" if self.board == DEFAULT_PIPELINE else f"board={self.board}&"
        place = f"/boards?{board}view={code}" if str(code) in self._stored else f"/boards?{board}view=all"
        script = f"navigator.clipboard?.writeText(location.origin + {json.dumps(place)})"
        return [rx.call_script(script), done("链接已复制，同事打开时按自己的权限显示")]
