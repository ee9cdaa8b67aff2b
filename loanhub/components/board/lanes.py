"""Lanes 泳道: the columns once for each person, product or channel; a lane is folded by its head.

A drag between lanes stays a drag between columns: the cells of other lanes take no card and say why.
"""

from typing import Any

import reflex as rx

from loanhub.components.board.adapter import droppable
from loanhub.components.board.card import figure
from loanhub.components.board.column import board_cards, board_gate, column_head, stage_dot
from loanhub.components.icons import icon

LANES = """
const lhSame = (cache, name, next) => {
  const old = cache[name], keys = Object.keys(next);
  const same = old && keys.length === Object.keys(old).length && keys.every((key) => old[key] === next[key]);
  return same ? old : (cache[name] = next);
};
const lhCells = (b, cache) => {
  b.cells = {};
  b.lanes.forEach(({ key, why }) => {
    const cells = {};
    b.columns.forEach((column, at) => {
      const { code } = column, mine = (id) => lhLaneOf(b, id) === key, name = `${code}|${key}`;
      const ids = lhKeep(cache, "ids " + name, b.views[code].filter(mine)), onward = lhNext(b, at);
      const sent = (b.order[code] ?? []).filter(mine).length;
      const away = b.lift.id && lhLaneOf(b, b.lift.id) !== key;
      cells[code] = lhSame(cache, "cell " + name, {
        ids, items: lhKeep(cache, "cards " + name, ids.map((id) => lhCard(b, id))), picks: b.picks[code],
        count: Math.max(ids.length, (column.cells?.[key] ?? 0) + ids.length - sent),
        folded: lhFolded(b, column), current: lhTab(b) === code,
        blocked: b.lift.id ? (away ? why : lhBlocked(b, code)) : "",
        gate: away ? null : lhGate(b, code), to: onward?.code ?? "", to_label: onward?.label ?? "",
      });
    });
    b.cells[key] = lhSame(cache, "lane " + key, cells);
  });
};
"""


@rx.memo
def board_heads(
    column: rx.Var[dict[str, Any]],
    count: rx.Var[int],
    folded: rx.Var[bool],
    current: rx.Var[bool],
    blocked: rx.Var[str],
    pending: rx.Var[bool],
    rest: rx.RestProp,
) -> rx.Component:
    """Return the head of a column above the lanes; a narrow one when it is folded."""
    code, label = column["code"].to(str), column["label"].to(str)
    strip = rx.el.button(
        stage_dot(column["color"].to(str)),
        rx.el.span(count, class_name="lb-wip"),
        icon("chevrons-right", "s"),
        type="button",
        class_name="lb-narrow",
        title=f"展开「{label}」",
        custom_attrs={"data-act": "fold", "data-to": code, "aria-label": f"展开「{label}」，{count} 张"},
    )
    return rx.el.div(
        rx.cond(folded, strip, column_head(column, count, blocked, pending)),
        class_name="lb-top" + rx.cond(folded, " is-folded", "") + rx.cond(current, " is-current", ""),
        custom_attrs={"data-stage": code},
    )


@rx.memo
def board_cell(
    code: rx.Var[str],
    label: rx.Var[str],
    lane: rx.Var[str],
    cell: rx.Var[dict[str, Any]],
    lifted: rx.Var[bool],
    rest: rx.RestProp,
) -> rx.Component:
    """Return the cards of one lane in one column."""
    ids, blocked = cell["ids"].to(list[str]), cell["blocked"].to(str)
    hidden = cell["count"].to(int) - ids.length()
    gate = cell["gate"].to(dict[str, Any])
    full = rx.fragment(
        droppable(
            board_cards(
                ids=ids,
                items=cell["items"].to(list[dict[str, Any]]),
                picks=cell["picks"].to(list[str]),
                to=cell["to"].to(str),
                to_label=cell["to_label"].to(str),
            ),
            column=f"{code}|{lane}",
            disabled=blocked != "",
        ),
        rx.cond(
            hidden > 0,
            rx.el.button(
                f"加载更多（还有 {hidden} 张）",
                type="button",
                class_name="lb-load",
                custom_attrs={"data-act": "more", "data-to": code + "|" + lane},
            ),
            rx.fragment(),
        ),
        rx.cond(gate, board_gate(gate=gate, label=label), rx.fragment()),
    )
    return rx.el.div(
        rx.cond(cell["folded"].to(bool), rx.el.span(cell["count"].to(int), class_name="lb-wip"), full),
        class_name="lb-part"
        + rx.cond(cell["folded"].to(bool), " is-folded", "")
        + rx.cond(cell["current"].to(bool), " is-current", "")
        + rx.cond(blocked != "", " is-blocked", rx.cond(lifted, " is-open", "")),
        custom_attrs={"data-stage": code},
    )


@rx.memo
def board_lane(
    lane: rx.Var[dict[str, Any]],
    columns: rx.Var[list[dict[str, Any]]],
    cells: rx.Var[dict[str, Any]],
    folded: rx.Var[bool],
    lifted: rx.Var[bool],
    away: rx.Var[bool],
    rest: rx.RestProp,
) -> rx.Component:
    """Return one lane: its head, and a cell a column. ``away``: a card of another lane is in the air."""
    key, label = lane["key"].to(str), lane["label"].to(str)

    def cell(column: rx.Var[dict[str, Any]]) -> rx.Component:
        code = column["code"].to(str)
        return board_cell(
            code=code,
            label=column["label"].to(str),
            lane=key,
            cell=cells[code].to(dict[str, Any]),
            lifted=lifted,
            key=code,
        )

    return rx.el.section(
        rx.el.header(
            rx.el.button(
                icon(rx.cond(folded, "chevron-right", "chevron-down").to(str), "s"),
                rx.el.b(label),
                rx.el.span(lane["count_text"].to(str), " 张", class_name="lb-wip"),
                rx.cond(
                    lane["amount_text"].to(str),
                    rx.el.span(figure(lane["amount_text"].to(str)), class_name="lb-lane-sum"),
                    rx.fragment(),
                ),
                type="button",
                class_name="lb-lane-fold",
                custom_attrs={"data-act": "lane", "data-to": key, "aria-expanded": ~folded},
            ),
            rx.cond(
                away,
                rx.el.span(icon("lock", "xs"), lane["why"].to(str), class_name="lb-blocked"),
                rx.fragment(),
            ),
            class_name="lb-lane-head",
        ),
        rx.cond(folded, rx.fragment(), rx.el.div(rx.foreach(columns, cell), class_name="lb-parts")),
        class_name=rx.cond(away, "lb-lane is-away", "lb-lane"),
        custom_attrs={"aria-label": label, "data-lane": key},
    )
