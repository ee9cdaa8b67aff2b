"""The way in 入口: the picture left, what is asked right; on a phone the one above the other."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.icons import icon, logo

STAGES = ("线索接入", "初步沟通", "资质审核", "方案匹配", "银行面签", "审批放款", "贷后管理")
REACHED = 4
PHONE = "@media (max-width: 767px)"
# The left side keeps its own colors in both themes: it is a picture, not a surface of the app.
_LEFT: dict[str, Any] = {
    "position": "relative",
    "overflow": "hidden",
    "background": "linear-gradient(155deg, #0E5C51 0%, #0A4139 48%, #072B26 100%)",
    "color": "#F2F0EA",
    "padding": "40px 56px",
    "display": "flex",
    "flexDirection": "column",
    "justifyContent": "space-between",
    "& .mk": {"width": "32px", "height": "32px"},
    PHONE: {"padding": "20px 24px 24px", "gap": "20px", "& .desk": {"display": "none"}},
}


def _curves() -> rx.Component:
    """Draw the seven-fold path of the picture: quiet lines that run from lower left to upper right."""
    lines = [
        rx.el.path(
            d=f"M{26 * n - 40} 900 C {22 * n + 120} {640 - 6 * n}, {30 * n + 260} {420 - 10 * n}, {8 * n + 820} {14 * n + 60}"
        )
        for n in range(22)
    ]
    return rx.el.svg(
        rx.el.g(*lines, fill="none", stroke="#fff", stroke_opacity=".07", stroke_width="1"),
        view_box="0 0 760 900",
        custom_attrs={"preserveAspectRatio": "xMidYMid slice", "aria-hidden": "true"},
        style={"position": "absolute", "inset": "0", "width": "100%", "height": "100%"},
    )


def _stages() -> rx.Component:
    def step(position: int, label: str) -> rx.Component:
        here, done = position == REACHED, position < REACHED
        bar = "#F0D496" if here else "rgba(255,255,255,.62)" if done else "rgba(255,255,255,.16)"
        return rx.el.li(
            rx.el.i(
                style={
                    "display": "block",
                    "height": "5px",
                    "borderRadius": "2px",
                    "background": bar,
                    "marginBottom": "9px",
                }
            ),
            rx.el.span(
                label, style={"fontSize": "13px", "color": "#F0D496" if here else "rgba(242,240,234,.72)"}
            ),
            style={"flex": "1"},
        )

    return rx.el.ol(
        *[step(position, label) for position, label in enumerate(STAGES)],
        class_name="desk",
        style={"display": "flex", "gap": "4px", "marginTop": "48px", "padding": "0", "listStyle": "none"},
    )


def _left() -> rx.Component:
    above: dict[str, Any] = {"position": "relative", "zIndex": "2"}
    brand = rx.el.div(
        logo(32),
        rx.el.b(
            "贷通 ", rx.el.span("LoanHub", style={"fontWeight": "400", "opacity": ".7"}), class_name="t18"
        ),
        class_name="row g3",
        style=above,
    )
    headline: dict[str, Any] = {
        "fontFamily": "var(--font-serif)",
        "fontWeight": "600",
        "fontSize": "46px",
        "lineHeight": "68px",
        "letterSpacing": ".04em",
        PHONE: {"fontSize": "24px", "lineHeight": "36px"},
    }
    hero = rx.el.div(
        rx.el.p("一页账，七节通路，", rx.el.br(), "每一笔都有下文。", style=headline),
        rx.el.p(
            "从线索到结清，谁在办、卡在哪、下一步做什么，一眼看清。",
            class_name="desk",
            style={"fontSize": "16px", "lineHeight": "28px", "opacity": ".76", "marginTop": "18px"},
        ),
        _stages(),
        style=above,
    )
    facts = rx.el.div(
        rx.el.span(icon("server", "s"), "私有部署 · 数据不出内网", class_name="row g2"),
        rx.el.span(icon("fingerprint", "s"), "操作全程留痕", class_name="row g2"),
        class_name="row g6 t13 desk",
        style={**above, "opacity": ".72"},
    )
    return rx.el.section(brand, hero, facts, _curves(), style=_LEFT, custom_attrs={"aria-label": "贷通"})


def entrance(asked: rx.Component) -> rx.Component:
    """Draw the picture and what is ``asked`` of whom nobody knows yet."""
    right = rx.el.section(
        rx.el.div(asked, style={"margin": "auto", "width": "380px", "maxWidth": "100%"}),
        style={
            "background": "var(--bg-sheet)",
            "display": "flex",
            "flexDirection": "column",
            "padding": "40px 56px 28px",
            PHONE: {"padding": "28px 24px"},
        },
    )
    return rx.el.div(
        _left(),
        right,
        style={
            "display": "grid",
            "gridTemplateColumns": "minmax(0, 760px) minmax(440px, 1fr)",
            "minHeight": "100dvh",
            PHONE: {"gridTemplateColumns": "minmax(0, 1fr)", "gridTemplateRows": "auto 1fr"},
        },
    )
