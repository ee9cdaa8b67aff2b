"""The board 看板: cards moved by mouse, finger, keyboard or menu, shown before the server answers."""

from typing import Any, ClassVar, Protocol

import reflex as rx
from reflex.event import EventType

from loanhub.components.board.adapter import (
    ScriptedDiv,
    callback,
    drag_context,
    expression,
    setter,
)
from loanhub.components.board.announcements import SENTENCES, USAGE
from loanhub.components.board.column import board_column, stage_dot
from loanhub.components.board.lanes import LANES, board_heads, board_lane
from loanhub.components.board.move_dialog import move_dialog
from loanhub.components.board.optimistic import ACTIONS, GLIDE, ORDER, TELL
from loanhub.components.board.selection import CHOOSE, behind
from loanhub.components.toasts import UNDO_MS


class BrowserState(Protocol):
    """What the board asks of the browser-only state handed to it: its vars and its full name."""

    ops: Any
    acked: Any
    told: Any
    hold: Any
    lift: Any
    menu: Any
    back: Any
    tab: Any
    folds: Any
    say: Any
    asked: Any
    added: Any
    answered: Any
    over: Any
    chosen: Any
    anchor: Any

    @classmethod
    def get_full_name(cls) -> str:
        """Return the name under which the browser keeps the state."""
        ...


BROWSER_VARS = [
    "ops",
    "acked",
    "told",
    "hold",
    "lift",
    "menu",
    "back",
    "tab",
    "folds",
    "say",
    "asked",
    "added",
    "answered",
    "over",
    "chosen",
    "anchor",
]


class _Root(ScriptedDiv):
    script: ClassVar[str] = ORDER + LANES + SENTENCES + CHOOSE + ACTIONS + GLIDE + TELL % UNDO_MS


_START = "((r, p) => { lhLift(lb, r.draggableId, r.mode); p.announce(lhSay.start(lb, r)); })"
_UPDATE = """((r, p) => {
  lb.set({ over: lhCode(r.destination?.droppableId) });
  p.announce(lhSay.update(lb, r));
})"""
_END = """((r, p) => {
  p.announce(lhSay.end(lb, r));
  const still = r.destination?.droppableId === r.source.droppableId && r.destination?.index === r.source.index;
  if (still && r.mode === "FLUID" && lhTap()) { lb.set({ lift: {}, over: "" }); lhToggle(lb, r.draggableId); }
  else if (r.destination && r.reason !== "CANCEL")
    lhMove(lb, r.draggableId, lhCode(r.destination.droppableId), r.destination.index);
  else lb.set({ hold: {}, lift: {}, over: "" });
})"""


def _tabs(columns: rx.Var[list[dict[str, Any]]]) -> rx.Component:
    """Return the stage tabs a phone shows instead of columns side by side."""

    def tab(column: rx.Var[dict[str, Any]]) -> rx.Component:
        code, limit = column["code"].to(str), column["wip_limit"].to(int)
        count = expression(f"lhCount(lb, {column!s})").to(int)
        current = expression(f"(lhTab(lb) === {code!s})").to(bool)
        over = (limit > 0) & (count > limit)
        return rx.el.button(
            stage_dot(column["color"].to(str)),
            rx.el.b(column["label"].to(str)),
            rx.el.span(
                rx.cond(over, f"{count}/{limit}", f"{count}"),
                class_name=rx.cond(over, "lb-wip is-over", "lb-wip"),
            ),
            type="button",
            class_name=rx.cond(current, "lb-tab is-current", "lb-tab"),
            custom_attrs={"data-act": "tab", "data-to": code, "aria-pressed": current},
        )

    return rx.el.nav(
        rx.foreach(columns, tab),
        class_name="lb-tabs",
        custom_attrs={"aria-label": "阶段"},
    )


@rx.memo
def board_root(
    columns: rx.Var[list[dict[str, Any]]],
    order: rx.Var[dict[str, list[str]]],
    shift: rx.Var[dict[str, int]],
    cards: rx.Var[dict[str, dict[str, Any]]],
    patch: rx.Var[dict[str, dict[str, Any]]],
    ops: rx.Var[list[dict[str, Any]]],
    acked: rx.Var[int],
    told: rx.Var[dict[str, Any]],
    hold: rx.Var[dict[str, list[str]]],
    lift: rx.Var[dict[str, Any]],
    menu: rx.Var[str],
    back: rx.Var[str],
    tab: rx.Var[str],
    folds: rx.Var[dict[str, bool]],
    say: rx.Var[str],
    asked: rx.Var[dict[str, Any]],
    added: rx.Var[int],
    answered: rx.Var[int],
    over: rx.Var[str],
    chosen: rx.Var[list[str]],
    anchor: rx.Var[str],
    gates: rx.Var[dict[str, Any]],
    lanes: rx.Var[list[dict[str, Any]]],
    sort: rx.Var[str],
    others: rx.Var[list[dict[str, Any]]],
    store: rx.Var[str],
    move: rx.Var[Any],
    open_card: rx.Var[Any],
    load_more: rx.Var[Any],
    quick_add: rx.Var[Any],
    toggle_fold: rx.Var[Any],
    lift_card: rx.Var[Any],
    show_age: rx.Var[Any],
    edit: rx.Var[Any],
    transfer: rx.Var[Any],
    undo: rx.Var[Any],
) -> rx.Component:
    """Draw the board. One click and one key handler on the root serve all cards, so cards hold data only."""
    browser = (
        ops,
        acked,
        told,
        hold,
        lift,
        menu,
        back,
        tab,
        folds,
        say,
        asked,
        added,
        answered,
        over,
        chosen,
        anchor,
    )
    data = {
        "columns": columns,
        "order": order,
        "shift": shift,
        "cards": cards,
        "patch": patch,
        "gates": gates,
        "lanes": lanes,
        "sort": sort,
        **dict(zip(BROWSER_VARS, browser, strict=True)),
    }
    calls = {
        "move": move,
        "open": open_card,
        "load_more": load_more,
        "quick_add": quick_add,
        "toggle_fold": toggle_fold,
        "lift": lift_card,
        "age": show_age,
        "edit": edit,
        "transfer": transfer,
        "undo": undo,
    }
    fields = ", ".join(f"{name}: {var!s}" for name, var in data.items())
    call = ", ".join(f"{name}: {var!s}" for name, var in calls.items())
    hook = (
        "const lhCache = useRef({}), lhRef = useRef(null);\n"
        f"const lb = lhBoard({{ {fields}, set: {setter(store)}, call: {{ {call} }} }}, lhCache.current);\n"
        "lhPicks(lb, lhCache.current); lhCells(lb, lhCache.current); lhGlide(lb, lhCache.current, lhRef); lhClear(lb, lhRef);"
        "lhTell(lb);"
    )

    def column(item: rx.Var[dict[str, Any]], index: rx.Var[int]) -> rx.Component:
        code = item["code"].to(str)
        onward = f"lhNext(lb, {index!s})"
        return board_column(
            column=item,
            ids=expression(f"lb.views[{code!s}]").to(list[str]),
            items=expression(f"lb.items[{code!s}]").to(list[dict[str, Any]]),
            count=expression(f"lhCount(lb, {item!s})").to(int),
            picks=expression(f"lb.picks[{code!s}]").to(list[str]),
            folded=expression(f"lhFolded(lb, {item!s})").to(bool),
            current=expression(f"(lhTab(lb) === {code!s})").to(bool),
            blocked=expression(f"(lb.lift.id ? lhBlocked(lb, {code!s}) : '')").to(str),
            gate=expression(f"lhGate(lb, {code!s})").to(dict[str, Any]),
            lifted=expression("Boolean(lb.lift.id)").to(bool),
            pending=expression(f"(lb.asked.col === {code!s} && lb.asked.n > lb.answered)").to(bool),
            to=expression(f"({onward}?.code ?? '')").to(str),
            to_label=expression(f"({onward}?.label ?? '')").to(str),
            key=code,
        )

    def head(item: rx.Var[dict[str, Any]]) -> rx.Component:
        code = item["code"].to(str)
        return board_heads(
            column=item,
            count=expression(f"lhCount(lb, {item!s})").to(int),
            folded=expression(f"lhFolded(lb, {item!s})").to(bool),
            current=expression(f"(lhTab(lb) === {code!s})").to(bool),
            blocked=expression(f"(lb.lift.id ? lhBlocked(lb, {code!s}) : '')").to(str),
            pending=expression(f"(lb.asked.col === {code!s} && lb.asked.n > lb.answered)").to(bool),
            key=code,
        )

    def lane(item: rx.Var[dict[str, Any]]) -> rx.Component:
        name = item["key"].to(str)
        return board_lane(
            lane=item,
            columns=columns,
            cells=expression(f"lb.cells[{name!s}]").to(dict[str, Any]),
            folded=expression(f"lhLaneFolded(lb, {name!s})").to(bool),
            lifted=expression("Boolean(lb.lift.id)").to(bool),
            away=expression(f"Boolean(lb.lift.id && lhLaneOf(lb, lb.lift.id) !== {name!s})").to(bool),
            key=name,
        )

    laned = rx.el.div(
        rx.el.div(rx.foreach(columns, head), class_name="lb-heads"),
        rx.foreach(lanes, lane),
        class_name="lb-laned",
    )
    return _Root.create(
        _tabs(columns),
        drag_context(
            rx.cond(lanes.length() > 0, laned, rx.el.div(rx.foreach(columns, column), class_name="lb-cols")),
            start=_START,
            update=_UPDATE,
            end=_END,
            usage=USAGE,
        ),
        move_dialog(columns, menu, others),
        behind(),
        rx.el.div(say, role="status", class_name="lb-sr", custom_attrs={"aria-live": "polite"}),
        class_name="lb-board",
        custom_attrs={
            "ref": expression("lhRef", hooks=hook),
            "onClick": rx.Var("((e) => lhClick(lb, e))"),
            "onKeyDown": rx.Var("((e) => lhKey(lb, e))"),
            "data-choosing": expression("(lb.chosen.length ? '' : undefined)"),
            "data-lifted": expression("(lb.lift.id ? '' : undefined)"),
        },
    )


def board(
    *,
    columns: rx.Var[list[dict[str, Any]]],
    order: rx.Var[dict[str, list[str]]],
    shift: rx.Var[dict[str, int]],
    cards: rx.Var[dict[str, dict[str, Any]]],
    patch: rx.Var[dict[str, dict[str, Any]]],
    gates: rx.Var[dict[str, Any]],
    lanes: rx.Var[list[dict[str, Any]]],
    sort: rx.Var[str],
    others: rx.Var[list[dict[str, Any]]],
    browser: type[BrowserState],
    on_move: EventType[Any],
    on_open: EventType[Any],
    on_load_more: EventType[Any],
    on_quick_add: EventType[Any],
    on_toggle_fold: EventType[Any],
    on_lift: EventType[Any],
    on_age: EventType[Any],
    on_edit: EventType[Any],
    on_transfer: EventType[Any],
    on_undo: EventType[Any],
) -> rx.Component:
    """Return the board; it fills its parent, which gives the height.

    columns, in display order: code, label, color (StageSpec.color: ``lead``), count (all cards of the stage),
        wip_limit (0: none), amount_text (``¥486 万``), healthy, near, over (ageing counts), can_add; optional
        weighted_text, empty_text, folded, forbidden (why no card may come here, "" when one may), held (why none may change its place in it),
        forbidden_from ({source code: why}).
    shift: column code -> how many cards came or went since ``columns`` were sent.
    order: column code -> ids of the cards shown, best first; the state sends 20 and more on request.
    cards, patch: id -> card; an id in ``patch`` wins, so a changed card is sent without the others. A card
        has ver (its version), name, industry, amount_text (``85.0 万``), product, next_icon (lucide name),
        next_text, next_late (past its time), owner_initial, owner_name, owner_tone (avatar color, 1 to 6), stay_text, age (healthy,
        near, over), risk (1 to 4); optional unread, editing_by, changed_by.
    browser: the browser-only state (loanhub.state._board_opt.BoardOptimism); components may not import it.
    on_move(move): {n, id, from, to, after, before, ver, key}; ``after`` and ``before`` are the ids of the new
        neighbors or None. Untrusted: see MoveRequest.
    gates: what the card in the air meets and lacks, asked for with ``on_lift(id)``: {card: id, stages: {code: {met,
        missing, blocked}}}; labels, and why the stage is out of reach.
    lanes: from top to bottom, empty for none: key, label, count_text, amount_text, why (a card may not be dropped into
        another lane), folded; then columns have ``cells`` (lane -> cards) and cards ``lane``.
    sort: how the cards are ordered (``按金额``), "" when by hand: only then a place within the column can be chosen.
    on_open(id), on_load_more(code), on_quick_add(code, text), on_toggle_fold(code), on_age(state), on_edit(id).
    others: the other boards a card may be brought to {label, stages: [{label, color, place}]}, empty for none;
        on_transfer(id, place, ver). on_undo(id, to, after, before, ver): what ``told.back`` holds.
    """
    one, two = (lambda a: [a]), (lambda a, b: [a, b])
    return board_root(
        columns=columns,
        order=order,
        shift=shift,
        cards=cards,
        patch=patch,
        gates=gates,
        lanes=lanes,
        sort=sort,
        others=others,
        **{name: getattr(browser, name) for name in BROWSER_VARS},
        store=browser.get_full_name(),
        move=callback(on_move, one, "on_move"),
        open_card=callback(on_open, one, "on_open"),
        load_more=callback(on_load_more, one, "on_load_more"),
        quick_add=callback(on_quick_add, two, "on_quick_add"),
        toggle_fold=callback(on_toggle_fold, one, "on_toggle_fold"),
        lift_card=callback(on_lift, one, "on_lift"),
        show_age=callback(on_age, one, "on_age"),
        edit=callback(on_edit, one, "on_edit"),
        transfer=callback(on_transfer, lambda a, b, c: [a, b, c], "on_transfer"),
        undo=callback(on_undo, lambda a, b, c, d, e: [a, b, c, d, e], "on_undo"),
    )
