"""The table of a board's records 表格: chosen like cards, edited in place.

Enter or a double click opens a cell, Enter saves, Tab saves and opens the next one, Esc leaves it as it was. One key and
one click handler on the root serve all cells; rows hold data only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import reflex as rx
from reflex.event import EventType

from loanhub.components.board.adapter import ScriptedDiv, callback, expression, setter
from loanhub.components.board.selection import CHOOSE
from loanhub.components.buttons import classes
from loanhub.components.table import Column, Render

_GRID = """
const lhCells = (row) => [...row.querySelectorAll("[data-edit]")];
const lhCellAt = (row, key) => document.querySelector(`[data-row="${row}"] [data-edit="${key}"]`);
const lhBackTo = (row, key, input) => setTimeout(() => {
  // Who has gone elsewhere in the meantime is not called back.
  if (![input, document.body, null].includes(document.activeElement)) return;
  (lhCellAt(row, key) ?? document.querySelector(`[data-row="${row}"]`))?.focus();
}, 60);
const lhNextCell = (cell, by) => {
  const row = cell.closest("[data-row]"), all = lhCells(row), at = all.indexOf(cell) + by;
  if (all[at]) return [row.dataset.row, all[at].dataset.edit];
  const rows = [...document.querySelectorAll("tr[data-row]")], beside = rows[rows.indexOf(row) + by];
  const cells = beside ? lhCells(beside) : [], found = cells[by > 0 ? 0 : cells.length - 1];
  return found ? [beside.dataset.row, found.dataset.edit] : null;
};
const lhSaveCell = (g, input, by) => {
  const cell = input.closest("[data-edit]"), row = cell.closest("[data-row]").dataset.row, key = cell.dataset.edit;
  const next = by ? lhNextCell(cell, by) : null;
  input.dataset.sent = input.value;
  g.call.save(input.value, next ? next.join(":") : "");
  if (!next) lhBackTo(row, key, input);
};
const lhGridKey = (g, e) => {
  if (e.nativeEvent.isComposing || e.defaultPrevented) return;
  const input = e.target.closest("[data-cell-input]");
  if (input) {
    e.stopPropagation();
    const cell = input.closest("[data-edit]"), row = cell.closest("[data-row]").dataset.row;
    if (e.key === "Escape") {
      e.preventDefault(); input.dataset.sent = input.value; g.call.close(); lhBackTo(row, cell.dataset.edit, input);
    } else if (e.key === "Enter" && !e.shiftKey) { e.preventDefault(); lhSaveCell(g, input, 0); }
    else if (e.key === "Tab") { e.preventDefault(); lhSaveCell(g, input, e.shiftKey ? -1 : 1); }
    return;
  }
  const line = e.target.closest("tr[data-row]");
  if (!line || e.target.closest("button,a,input:not([type=checkbox])")) return;
  const cell = e.target.closest("[data-edit]"), cells = lhCells(line), at = cells.indexOf(cell);
  const list = g.rows.map((row) => row.id), focus = (id) => document.querySelector(`[data-row="${id}"]`)?.focus();
  const mod = e.ctrlKey || e.metaKey;
  if (!mod && !e.altKey && !e.shiftKey && cell && (e.key === "Enter" || e.key === "F2")) {
    e.preventDefault(); e.stopPropagation(); g.call.open_cell(line.dataset.row, cell.dataset.edit); return;
  }
  if (!mod && !e.altKey && !e.shiftKey && (e.key === "ArrowRight" || e.key === "ArrowLeft")) {
    const to = e.key === "ArrowRight" ? at + 1 : at - 1;
    e.preventDefault(); e.stopPropagation(); (to < 0 ? line : cells[to])?.focus(); return;
  }
  lhChooseKey(g, e, line.dataset.row, list, focus);
};
const lhGridClick = (g, e) => {
  const act = e.target.closest("[data-act]")?.dataset.act, row = e.target.closest("[data-row]")?.dataset.row;
  const list = g.rows.map((one) => one.id);
  if (act === "choose-all") lhChooseAll(g, list);
  else if (act === "choose" && e.shiftKey && list.includes(g.anchor)) lhChoose(g, [...g.chosen, ...lhSpan(list, g.anchor, row)]);
  else if (act === "choose") lhToggle(g, row);
};
const lhGridDouble = (g, e) => {
  const cell = e.target.closest("[data-edit]");
  if (cell && !e.target.closest("[data-cell-input]")) g.call.open_cell(cell.closest("[data-row]").dataset.row, cell.dataset.edit);
};
const lhGridBlur = (g, e) => {
  // Leaving by the mouse saves what was typed, as Enter would; nothing typed is dropped.
  const input = e.target.closest("[data-cell-input]");
  if (!input || document.visibilityState === "hidden" || input.dataset.sent === input.value) return;
  setTimeout(() => {
    if (!input.isConnected || document.activeElement === input || document.querySelector("[role=dialog]")) return;
    if (input.value === input.defaultValue && input.tagName === "INPUT") g.call.close();
    else { input.dataset.sent = input.value; g.call.save(input.value, ""); }
  }, 120);
};
"""


class _Root(ScriptedDiv):
    script: ClassVar[str] = CHOOSE + _GRID


def grid(
    rows: rx.Var[list[dict[str, str]]],
    columns: Sequence[Column],
    *,
    editable: Sequence[str],
    cell: rx.Var[Any],
    errors: rx.Var[dict[str, str]],
    may_edit: rx.Var[bool],
    chosen: rx.Var[list[str]],
    anchor: rx.Var[str],
    store: str,
    label: str,
    card: Render,
    empty: rx.Component,
    on_open: Any,
    on_edit: EventType[Any],
    on_open_cell: EventType[Any],
    on_save_cell: EventType[Any],
    on_close_cell: EventType[Any],
) -> rx.Component:
    """Return the table; the phone gets a list of ``card``s.

    rows: texts by field key, and ``id``. editable: keys of the columns one may enter. cell: the open one, see
    ``state.board_edit.Cell``; errors: its sentence by key. chosen, anchor, store: of the browser-only state.
    on_open(id), on_edit(id), on_open_cell(id, key), on_save_cell(value, next), on_close_cell().
    """
    one, two = (lambda a: [a]), (lambda a, b: [a, b])
    calls = {
        "edit": callback(on_edit, one, "on_edit"),
        "open_cell": callback(on_open_cell, two, "on_open_cell"),
        "save": callback(on_save_cell, two, "on_save_cell"),
        "close": callback(on_close_cell, rx.event.no_args_event_spec, "on_close_cell"),
    }
    call = ", ".join(f"{name}: {var!s}" for name, var in calls.items())
    hook = (
        f"const lg = {{ rows: {rows!s}, chosen: {chosen!s}, anchor: {anchor!s}, call: {{ {call} }}, "
        f"set: {setter(rx.Var.create(store))} }};"
    )
    ready = expression("lhGridKey", rows, chosen, anchor, *calls.values(), hooks=hook)

    def on(name: str) -> rx.Var[Any]:
        return rx.Var(_js_expr=f"((e) => {name}(lg, e))", _var_data=ready._get_all_var_data())

    def content(row: Any, column: Column, first: bool) -> Any:
        shown = column.cell(row)
        if first:
            shown = rx.el.button(
                shown, type="button", on_click=on_open(row["id"]), class_name="m", custom_attrs={"data-open": "true"}
            )  # fmt: skip
        if column.key not in editable:
            return rx.el.td(shown, class_name=_look(column))
        is_open = (cell.row == row["id"]) & (cell.key == column.key)
        return rx.el.td(
            rx.cond(is_open, _editor(cell, errors), shown),
            class_name=classes(_look(column), rx.cond(may_edit, "can", "")),
            custom_attrs={
                "data-edit": rx.cond(may_edit, column.key, rx.Var("undefined")),
                "tabIndex": -1,
                "title": rx.cond(may_edit & ~is_open, "双击或回车修改", rx.Var("undefined")),
            },
        )

    def line(row: Any) -> rx.Component:
        mark = rx.el.input(
            type="checkbox",
            class_name="chk",
            checked=chosen.contains(row["id"]),
            read_only=True,
            tab_index=-1,
            custom_attrs={"aria-label": "选中这一行", "data-act": "choose"},
        )
        return rx.el.tr(
            rx.el.td(mark, style={"width": "18px"}),
            *[content(row, column, index == 0) for index, column in enumerate(columns)],
            class_name=rx.cond(chosen.contains(row["id"]), "sel", ""),
            key=row["id"],
            custom_attrs={"data-row": row["id"], "tabIndex": 0},
        )

    every = expression("(lg.rows.length > 0 && lg.rows.every((row) => lg.chosen.includes(row.id)))", ready)
    head = rx.el.tr(
        rx.el.th(
            rx.el.input(
                type="checkbox",
                class_name="chk",
                checked=every.to(bool),
                read_only=True,
                custom_attrs={"aria-label": "全选本页", "data-act": "choose-all"},
            ),
            scope="col",
        ),
        *[rx.el.th(column.label, scope="col", class_name=_look(column)) for column in columns],
    )
    table = rx.el.table(
        rx.el.caption(label, class_name="vh"),
        rx.el.thead(head),
        rx.el.tbody(rx.foreach(rows, line)),
        class_name="tbl",
    )
    phone = rx.el.ul(
        rx.foreach(
            rows,
            lambda row: rx.el.li(
                card(row), key=row["id"], custom_attrs={"data-row": row["id"], "tabIndex": 0}
            ),
        ),
        class_name="mlist",
    )
    full = _Root.create(
        table,
        phone,
        class_name="tblw cards lb-grid",
        custom_attrs={
            "onKeyDown": on("lhGridKey"),
            "onClick": on("lhGridClick"),
            "onDoubleClick": on("lhGridDouble"),
            "onBlur": on("lhGridBlur"),
        },
    )
    return rx.cond(rows.length() == 0, empty, full)


def _look(column: Column) -> str:
    return str(classes(column.align, column.look, "hide-lg" if column.secondary else ""))


def _editor(cell: Any, errors: Any) -> rx.Component:
    """Return the input of the open cell with its sentence; the browser keeps what is typed."""
    error = rx.cond(errors.contains(cell.key), errors[cell.key], "")
    marks = {
        "data-cell-input": "",
        "aria-label": cell.label,
        "aria-invalid": rx.cond(error != "", "true", "false"),
        "aria-describedby": "cell-error",
        "data-format": rx.cond(cell.kind == "money", "money", rx.Var("undefined")),
    }
    choice = rx.el.select(
        rx.el.option("（空）", value=""),
        rx.foreach(cell.options, lambda one: rx.el.option(one["label"], value=one["value"])),
        default_value=cell.value,
        auto_focus=True,
        key=cell.number,
        custom_attrs=marks,
    )
    kinds = rx.match(cell.kind, ("date", "date"), ("datetime", "datetime-local"), ("tel", "tel"), "text")
    typed = rx.el.input(
        type=kinds,
        default_value=cell.value,
        placeholder=cell.placeholder,
        auto_focus=True,
        auto_complete="off",
        key=cell.number,
        custom_attrs={
            **marks,
            "inputMode": rx.match(
                cell.kind, ("money", "decimal"), ("number", "numeric"), ("percent", "decimal"), "text"
            ),
        },
    )
    return rx.el.div(
        rx.cond(cell.options.length() > 0, choice, typed),
        rx.cond(
            error != "",
            rx.el.p(error, id="cell-error", role="alert", class_name="lb-cell-error"),
            rx.fragment(),
        ),
        class_name="lb-cell",
    )
