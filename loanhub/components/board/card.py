"""A card: at most six facts, a risk notch, the age bar at its left edge."""

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.board.adapter import draggable, expression
from loanhub.components.board.selection import check
from loanhub.components.chips import risk
from loanhub.components.icons import icon

RISKS = {1: "低", 2: "中", 3: "高", 4: "极高"}

_LABEL = """((c) => [
  c?.name, c?.industry, c?.amount_text, c?.product, c?.next_text, c?.owner_name && `负责人 ${c.owner_name}`,
  c?.stay_text && `停留 ${c.stay_text}`, { near: "临期", over: "已超时" }[c?.age],
  { 1: "风险低", 2: "风险中", 3: "风险高", 4: "风险极高" }[c?.risk],
  ...(c?.facts ?? []).map((fact) => `${fact.label} ${fact.text}`),
  c?.unread && "有未读", c?.editing_by && `${c.editing_by} 正在编辑`,
].filter(Boolean).join("，"))"""
"""What a screen reader says for a card."""


def risk_glyph(grade: rx.Var[int]) -> rx.Component:
    """Return the four-notch risk glyph 风险等级; its word in the tooltip, since a card has no room for it."""
    text = rx.match(
        grade,
        *[(number, f"风险{label}") for number, label in RISKS.items()],
        "风险未评",
    )
    return rx.el.span(risk(grade), title=text, custom_attrs={"role": "img", "aria-label": text})


def figure(text: rx.Var[str]) -> rx.Component:
    """Return an amount with its unit set smaller: ``85.0 万`` or ``¥398 万``."""
    parts = text.split(" ")
    return rx.fragment(parts[0], rx.el.span(parts[1], class_name="lb-unit"))


def _next_step(card: rx.Var[dict[str, Any]]) -> rx.Component:
    name, text = card["next_icon"].to(str), card["next_text"].to(str)
    return rx.el.div(
        icon(rx.cond(name, name, "circle-dot").to(str), "s"),
        rx.el.span(rx.cond(text, text, "定一个下一步")),
        class_name=rx.cond(
            text, rx.cond(card["next_late"], "lb-next is-late", "lb-next"), "lb-next is-missing"
        ),
    )


def _owner(card: rx.Var[dict[str, Any]]) -> rx.Component:
    name, initial = card["owner_name"].to(str), card["owner_initial"].to(str)
    return rx.el.span(
        rx.cond(
            initial,
            avatar(initial, color=card["owner_tone"].to(int), size="s18"),
            rx.fragment(),
        ),
        rx.el.span(rx.cond(name, name, "无负责人"), class_name="lb-owner"),
        class_name="lb-who",
        title=name,
    )


def _presence(card: rx.Var[dict[str, Any]]) -> rx.Component:
    """Return who is editing, or who has just changed the card; nothing otherwise."""
    editing, changed = card["editing_by"].to(str), card["changed_by"].to(str)
    return rx.cond(
        editing,
        rx.el.span(
            rx.el.i(rx.el.u(), rx.el.u(), rx.el.u(), class_name="lb-dots"),
            rx.el.span(f"{editing} 正在编辑"),
            class_name="lb-editing",
        ),
        rx.cond(
            changed,
            rx.el.span(f"{changed} 刚改", class_name="lb-changed"),
            rx.fragment(),
        ),
    )


def _facts(card: rx.Var[dict[str, Any]]) -> rx.Component:
    """Return the chosen fields that have no place of their own, each with its name."""
    lines = rx.foreach(
        card["facts"].to(list[dict[str, str]]),
        lambda one: rx.el.div(rx.el.dt(one["label"]), rx.el.dd(one["text"], title=one["text"])),
    )
    return rx.cond(card["facts"], rx.el.dl(lines, class_name="lb-facts"), rx.fragment())


def _left_out(card: rx.Var[dict[str, Any]], part: str) -> rx.Var[bool]:
    """Return whether the reader chose cards without this part."""
    return card["plain"] & card["plain"].to(list[str]).contains(part)


@rx.memo
def board_card_body(
    card: rx.Var[dict[str, Any]],
    chosen: rx.Var[bool],
    to: rx.Var[str],
    to_label: rx.Var[str],
) -> rx.Component:
    """Draw the card. Memoized apart from the dragging frame: a move renders three bodies, not all."""
    name = card["name"].to(str)
    return rx.el.div(
        check(name, chosen),
        rx.el.div(
            rx.el.span(
                rx.el.b(name),
                rx.cond(
                    card["unread"],
                    rx.el.i(class_name="lb-unread", title="有未读"),
                    rx.fragment(),
                ),
                rx.el.span(card["industry"].to(str), class_name="lb-industry"),
                class_name="lb-name",
            ),
            rx.cond(
                card["amount_text"] & ~_left_out(card, "risk"),
                risk_glyph(card["risk"].to(int)),
                rx.fragment(),
            ),
            class_name="lb-row",
        ),
        rx.el.div(
            rx.cond(
                card["amount_text"],
                rx.el.span(figure(card["amount_text"].to(str)), class_name="lb-amount"),
                rx.el.span(card["kind"].to(str), class_name="lb-product"),
            ),
            rx.el.span(card["product"].to(str), class_name="lb-product"),
            class_name="lb-row",
        ),
        rx.cond(_left_out(card, "next"), rx.fragment(), _next_step(card)),
        _facts(card),
        rx.el.div(
            rx.cond(_left_out(card, "owner"), rx.el.span(), _owner(card)),
            _presence(card),
            rx.el.span(card["stay_text"].to(str), class_name="lb-stay", title="本阶段停留"),
            class_name="lb-row lb-foot",
        ),
        rx.el.div(
            rx.cond(
                to,
                rx.el.button(
                    icon("arrow-right"),
                    to_label,
                    type="button",
                    class_name="lb-step",
                    custom_attrs={
                        "data-act": "next",
                        "data-to": to,
                        "aria-label": f"{name} 移至「{to_label}」",
                    },
                ),
                rx.fragment(),
            ),
            rx.el.button(
                icon("ellipsis"),
                type="button",
                class_name="lb-more",
                title="移至…",
                custom_attrs={
                    "data-act": "menu",
                    "aria-label": f"{name} 移至…",
                    "aria-haspopup": "dialog",
                },
            ),
            class_name="lb-actions",
        ),
        class_name="lb-body",
    )


@rx.memo
def board_card(
    cid: rx.Var[str],
    position: rx.Var[int],
    card: rx.Var[dict[str, Any]],
    chosen: rx.Var[bool],
    to: rx.Var[str],
    to_label: rx.Var[str],
    rest: rx.RestProp,
) -> rx.Component:
    """Return the card with its dragging frame."""
    look = expression(
        f"(`is-${{{card!s}?.age ?? 'healthy'}}` + ({card!s}?.editing_by ? ' is-edited' : '')"
        f" + ({chosen!s} ? ' is-chosen' : ''))",
        card,
        chosen,
    )
    return draggable(
        board_card_body(card=card, chosen=chosen, to=to, to_label=to_label),
        card=cid,
        index=position,
        label=expression(f"{_LABEL}({card!s})", card),
        look=look,
    )
