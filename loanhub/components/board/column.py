"""A column: stage name, work in progress, sum, age bar, cards; or a strip when folded."""

from typing import Any

import reflex as rx

from loanhub.components.board.adapter import droppable
from loanhub.components.board.card import board_card, figure
from loanhub.components.icons import icon


def stage_dot(color: rx.Var[str]) -> rx.Component:
    """Return the stage's dot; ``color`` is a code of the palette such as ``lead``."""
    return rx.el.i(
        class_name="lb-dot",
        custom_attrs={"style": {"background": "var(--st-" + color + ")"}},
    )


def wip(column: rx.Var[dict[str, Any]], count: rx.Var[int]) -> rx.Component:
    """Return 在制/上限 such as ``12/10``; beyond the limit only this count changes color."""
    limit = column["wip_limit"].to(int)
    return rx.cond(
        limit > 0,
        rx.el.span(
            f"{count}/{limit}",
            class_name=rx.cond(count > limit, "lb-wip is-over", "lb-wip"),
            title=rx.cond(
                count > limit,
                f"在制 {count}，超过上限 {limit}",
                f"在制 {count}，上限 {limit}",
            ),
        ),
        rx.el.span(count, class_name="lb-wip", title=f"在制 {count}"),
    )


def age_bar(column: rx.Var[dict[str, Any]]) -> rx.Component:
    """Return the age bar 龄期条: shares of healthy, near and over-age cards; a click shows one share alone.

    For the pointer only: the filter 龄期 in the tool row does the same by keyboard.
    """
    healthy, near, over = (column[name].to(int) for name in ("healthy", "near", "over"))
    text = f"正常 {healthy} · 临期 {near} · 超时 {over}"
    return rx.el.span(
        *[
            rx.el.i(
                class_name=f"is-{name}",
                title=f"只看{label}",
                custom_attrs={"style": {"flexGrow": share}, "data-act": "age", "data-to": name},
            )
            for name, label, share in (
                ("healthy", "健康", healthy),
                ("near", "临期", near),
                ("over", "超时", over),
            )
        ],
        class_name="lb-ages",
        custom_attrs={"role": "img", "aria-label": "龄期：" + text, "title": text},
    )


def _quick_add(column: rx.Var[dict[str, Any]], pending: rx.Var[bool]) -> rx.Component:
    code = column["code"].to(str)
    return rx.el.div(
        rx.el.input(
            placeholder="姓名 电话 金额",
            class_name="lb-add-input",
            max_length=200,
            auto_complete="off",
            custom_attrs={
                "data-add": code,
                "aria-label": f"在「{column['label']}」快速添加",
                "enterKeyHint": "send",
            },
        ),
        rx.el.button(
            rx.cond(pending, "添加中…", "添加"),
            type="button",
            class_name="lb-add-send",
            custom_attrs={"data-act": "send", "data-to": code, "aria-busy": pending},
        ),
        class_name="lb-add",
    )


def _header(column: rx.Var[dict[str, Any]], count: rx.Var[int], blocked: rx.Var[str]) -> rx.Component:
    code, label = column["code"].to(str), column["label"].to(str)
    return rx.el.header(
        rx.el.div(
            rx.el.span(
                stage_dot(column["color"].to(str)),
                rx.el.h2(label),
                wip(column, count),
                class_name="lb-stage",
            ),
            rx.el.span(
                rx.el.button(
                    icon("chevrons-left", "s"),
                    type="button",
                    class_name="lb-icon lb-fold",
                    title="折叠",
                    custom_attrs={
                        "data-act": "fold",
                        "data-to": code,
                        "aria-label": f"折叠「{label}」",
                    },
                ),
                rx.cond(
                    column["can_add"],
                    rx.el.button(
                        icon("plus", "s"),
                        type="button",
                        class_name="lb-icon",
                        title="快速添加",
                        custom_attrs={
                            "data-act": "add",
                            "data-to": code,
                            "aria-label": f"在「{label}」快速添加",
                        },
                    ),
                    rx.fragment(),
                ),
                class_name="lb-tools",
            ),
            class_name="lb-row",
        ),
        rx.el.div(
            rx.el.span(
                figure(column["amount_text"].to(str)),
                class_name="lb-sum",
                title=rx.cond(
                    column["weighted_text"].to(str),
                    f"加权 {column['weighted_text']}",
                    "本阶段金额合计",
                ),
            ),
            age_bar(column),
            class_name="lb-row",
        ),
        rx.cond(
            blocked,
            rx.el.p(
                icon("lock", "xs"),
                blocked,
                class_name="lb-blocked",
            ),
            rx.fragment(),
        ),
        class_name="lb-head",
    )


def column_head(
    column: rx.Var[dict[str, Any]], count: rx.Var[int], blocked: rx.Var[str], pending: rx.Var[bool]
) -> rx.Component:
    """Return the head of a column with its quick add, for a board with lanes."""
    return rx.fragment(
        _header(column, count, blocked),
        rx.cond(column["can_add"], _quick_add(column, pending), rx.fragment()),
    )


@rx.memo
def board_gate(gate: rx.Var[dict[str, Any]], label: rx.Var[str]) -> rx.Component:
    """Return what the card hanging over a column meets and lacks for it 移入条件; nothing without conditions."""
    met, missing = gate["met"].to(list[str]), gate["missing"].to(list[str])
    whole = met.length() + missing.length()
    return rx.cond(
        whole > 0,
        rx.el.div(
            rx.el.p(
                rx.el.b(f"移入「{label}」"),
                rx.el.span(f"{met.length()} / {whole} 已满足"),
                class_name="lb-row",
            ),
            rx.el.ul(
                rx.foreach(met, lambda one: rx.el.li(icon("check", "s"), one)),
                rx.foreach(
                    missing,
                    lambda one: rx.el.li(
                        icon("pencil", "s"),
                        rx.el.span(one),
                        rx.el.small("松手后补填"),
                        class_name="is-missing",
                    ),
                ),
            ),
            class_name="lb-gate",
        ),
        rx.fragment(),
    )


@rx.memo
def board_cards(
    ids: rx.Var[list[str]],
    items: rx.Var[list[dict[str, Any]]],
    picks: rx.Var[list[str]],
    to: rx.Var[str],
    to_label: rx.Var[str],
) -> rx.Component:
    """Return the cards of a column; a memo of its own since a render function cannot hold a foreach."""
    return rx.fragment(
        rx.foreach(
            ids,
            lambda cid, position: board_card(
                cid=cid,
                position=position,
                card=items[position],
                chosen=picks.contains(cid),
                to=to,
                to_label=to_label,
                key=cid,
            ),
        )
    )


@rx.memo
def board_column(
    column: rx.Var[dict[str, Any]],
    ids: rx.Var[list[str]],
    items: rx.Var[list[dict[str, Any]]],
    picks: rx.Var[list[str]],
    count: rx.Var[int],
    folded: rx.Var[bool],
    current: rx.Var[bool],
    blocked: rx.Var[str],
    gate: rx.Var[dict[str, Any]],
    lifted: rx.Var[bool],
    pending: rx.Var[bool],
    to: rx.Var[str],
    to_label: rx.Var[str],
    rest: rx.RestProp,
) -> rx.Component:
    """Return one column.

    count: cards in the stage including pending moves, not only those shown. blocked: why the card in the air
    may not come here, "" when it may. gate: what that card meets and lacks while it hangs over this column. current: the column a phone shows. to: the next stage.
    """
    code, label = column["code"].to(str), column["label"].to(str)
    hidden = count - ids.length()
    cards = droppable(
        board_cards(ids=ids, items=items, picks=picks, to=to, to_label=to_label),
        column=code,
        disabled=blocked != "",
    )
    return rx.cond(
        folded,
        rx.el.section(
            rx.el.button(
                stage_dot(column["color"].to(str)),
                rx.el.b(label),
                rx.el.span(count, class_name="lb-wip"),
                rx.el.span(class_name="lb-grow"),
                icon("chevrons-right", "s"),
                type="button",
                class_name="lb-strip",
                title="展开",
                custom_attrs={
                    "data-act": "fold",
                    "data-to": code,
                    "aria-label": f"展开「{label}」，{count} 张",
                },
            ),
            class_name=rx.cond(current, "lb-col is-folded is-current", "lb-col is-folded"),
            custom_attrs={"data-stage": code},
        ),
        rx.el.section(
            _header(column, count, blocked),
            rx.cond(column["can_add"], _quick_add(column, pending), rx.fragment()),
            cards,
            rx.cond(
                (ids.length() == 0) & ~lifted,
                rx.el.p(
                    rx.cond(
                        column["empty_text"].to(str),
                        column["empty_text"].to(str),
                        "暂无卡片，可拖入或移入",
                    ),
                    class_name="lb-empty",
                ),
                rx.fragment(),
            ),
            rx.cond(
                hidden > 0,
                rx.el.button(
                    f"加载更多（还有 {hidden} 张）",
                    type="button",
                    class_name="lb-load",
                    custom_attrs={"data-act": "more", "data-to": code},
                ),
                rx.fragment(),
            ),
            rx.cond(gate, board_gate(gate=gate, label=label), rx.fragment()),
            class_name="lb-col"
            + rx.cond(current, " is-current", "")
            + rx.cond(blocked != "", " is-blocked", rx.cond(lifted, " is-open", "")),
            custom_attrs={"data-stage": code, "aria-label": f"{label}，{count} 张"},
        ),
    )
