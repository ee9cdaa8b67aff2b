"""One contract 合同预览: its pages as they print, what it says, what comes next, printings and history."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, link_button, note, segments
from loanhub.components.chips import status_chip, tag
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_detail
from loanhub.components.timeline import timeline
from loanhub.domain.permissions import Permission
from loanhub.pages._contract_dialogs import print_dialog, sheet_dialog, sign_dialog, void_dialog
from loanhub.pages._contract_signing import (
    esign_dialog,
    evidence_dialog,
    links_dialog,
    revoke_dialog,
    signing_section,
)
from loanhub.pages._page import Page, page
from loanhub.state.contract import ContractState as State

PHONE = "@media (max-width: 767px)"
TABLET = "@media (min-width: 768px) and (max-width: 1199px)"

_FRAME = {
    "display": "grid", "gridTemplateColumns": "var(--thumbs) minmax(0,1fr) 348px", "flex": "1", "minHeight": "0",
    TABLET: {"gridTemplateColumns": "0 minmax(0,1fr) 320px"},
    PHONE: {"display": "flex", "flexDirection": "column", "flex": "none"},
}  # fmt: skip
_THUMBS = {
    "overflowY": "auto", "padding": "14px 14px", "display": "grid", "gap": "12px", "alignContent": "start",
    "borderRight": "1px solid var(--line)", TABLET: {"display": "none"}, PHONE: {"display": "none"},
}  # fmt: skip
_STAGE = {
    "position": "relative", "minHeight": "0", "display": "flex", "flexDirection": "column", "gridColumn": "2",
    "background": "var(--bg-app)", PHONE: {"order": "2", "background": "transparent"},
}  # fmt: skip
_SCROLL = {
    "flex": "1",
    "minHeight": "0",
    "overflow": "auto",
    "padding": "22px",
    PHONE: {"overflow": "visible", "padding": "12px"},
}
_PAPER = {
    "display": "block", "width": "calc(6.4px * var(--z))", "aspectRatio": "210 / 297", "margin": "0 auto 16px",
    "background": "#fff", "boxShadow": "var(--sh-raise)", "borderRadius": "2px", "maxWidth": "none",
    "scrollMarginTop": "12px", TABLET: {"width": "calc(1% * var(--z))"}, PHONE: {"width": "100%", "marginBottom": "10px"},
}  # fmt: skip
_ASIDE = {
    "overflowY": "auto",
    "borderLeft": "1px solid var(--line)",
    "minHeight": "0",
    PHONE: {"display": "contents"},
}
_SECTION = {
    "padding": "12px 20px 14px",
    "borderBottom": "1px solid var(--line)",
    PHONE: {"order": "3", "background": "var(--bg-sheet)", "padding": "12px 16px"},
}
_FIRST: dict[str, Any] = {
    **_SECTION,
    PHONE: {"order": "1", "background": "var(--bg-sheet)", "padding": "12px 16px"},
}


def _picture(number: Any) -> rx.Component:
    return rx.el.img(
        src="/api/contracts/" + State.view.id.to(str) + "/pages/" + number.to(str) + ".png",
        alt="第 " + number.to(str) + " 页",
        loading="lazy",
        id="page-" + number.to(str),
        style=_PAPER,
    )


def _thumbs() -> rx.Component:
    strip = "url(/api/contracts/" + State.view.id.to(str) + "/thumbnails.png)"

    def one(number: Any) -> rx.Component:
        go = rx.call_script(
            "document.getElementById('page-"
            + number.to(str)
            + "')?.scrollIntoView({block: 'start', behavior: 'smooth'})"
        )
        small = rx.el.span(
            style={
                "display": "block", "width": "100%", "aspectRatio": "210 / 297", "borderRadius": "3px",
                "boxShadow": "0 0 0 1px var(--line-2)", "backgroundColor": "#fff", "backgroundImage": "var(--strip)",
                "backgroundSize": "100% auto",
                # Percent of a background counts the way left over, so that the last page stands at 100 %.
                "--page": number.to(str), "backgroundPosition": "0 calc(100% * (var(--page) - 1) / var(--rest))",
            }
        )  # fmt: skip
        return rx.el.button(
            small,
            rx.el.span(number, class_name="t12 f3"),
            type="button",
            on_click=go,
            style={"display": "grid", "gap": "2px", "justifyItems": "center"},
            custom_attrs={"aria-label": "到第 " + number.to(str) + " 页"},
        )

    rest = rx.cond(State.view.page_count > 1, State.view.page_count - 1, 1)
    return rx.el.nav(
        rx.foreach(State.view.pages, one),
        style={**_THUMBS, "--strip": strip, "--rest": rest.to(str)},
        custom_attrs={"aria-label": "页"},
    )


def _stage() -> rx.Component:
    pages = rx.el.div(
        rx.foreach(State.view.pages, _picture),
        style={**_SCROLL, "--z": State.zoom.to(str)},
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "合同各页"},
    )
    reader = rx.el.iframe(
        src="/api/contracts/" + State.view.id.to(str) + "/pdf",
        title="合同 PDF",
        style={"flex": "1", "width": "100%", "border": "0", "minHeight": "480px"},
    )
    tools = rx.el.div(
        segments((("pages", "页面"), ("reader", "PDF")), rx.cond(State.reader, "reader", "pages"), State.set_reader,
                 label="预览方式", small=True),
        rx.cond(
            State.reader, rx.fragment(),
            rx.el.span(
                icon_button("minus", "缩小", size="sm", on_click=State.set_zoom(-1), disabled=State.zoom <= 60),
                rx.el.span(State.zoom, "%", class_name="num t12", style={"minWidth": "38px", "textAlign": "center"}),
                icon_button("plus", "放大", size="sm", on_click=State.set_zoom(1), disabled=State.zoom >= 150),
                class_name="row",
            ),
        ),
        class_name="row g2 no-phone",
        style={"position": "absolute", "right": "24px", "bottom": "20px", "padding": "4px 6px", "borderRadius": "10px",
               "background": "var(--bg-sheet)", "boxShadow": "var(--sh-pop)"},
    )  # fmt: skip
    void = rx.cond(
        State.view.status == "voided",
        rx.el.div(
            note("这份合同已作废，只供查阅，不能再打印或签署", "bad"), style={"padding": "12px 22px 0"}
        ),
        rx.fragment(),
    )
    return rx.el.div(void, rx.cond(State.reader, reader, pages), tools, style=_STAGE)


def _step_button() -> rx.Component:
    """The button of the next step; nothing for those who may not take it."""
    step, view = State.view.next_step, State.view
    verb = step.verb
    sheet = rx.cond(
        view.can_confirm,
        button(verb, look="p", icon_name="book-open", on_click=State.open_dialog("sheet")),
        rx.fragment(),
    )
    sign = rx.cond(
        view.can_sign,
        button(verb, look="p", icon_name="signature", on_click=State.open_dialog("sign")),
        rx.fragment(),
    )
    elsewhere = rx.cond(
        (step.link != "") & (verb != ""),
        link_button(verb, step.link, look="p", icon_name="arrow-right"),
        rx.fragment(),
    )
    return rx.match(step.code, ("sheet", sheet), ("sign", sign), elsewhere)


def _next() -> rx.Component:
    step = State.view.next_step
    mark = rx.match(
        step.code,
        ("sheet", icon("book-open")),
        ("sign", icon("signature")),
        ("disburse", icon("hand-coins")),
        ("again", icon("file-x")),
        icon("circle-check"),
    )
    return rx.el.section(
        rx.el.div(
            status_chip(State.view.status_label, State.view.tone),
            rx.el.span(State.view.number, class_name="mono t12 f2", style={"marginLeft": "8px"}),
            class_name="only-phone",
            style={"display": "none", "marginBottom": "10px"},
        ),
        rx.el.div(
            mark,
            rx.el.div(
                rx.el.div("下一步", class_name="t12 f3"),
                rx.el.b(step.title, class_name="t14"),
                rx.el.div(step.reason, class_name="t12 f2"),
                class_name="grow",
            ),
            class_name="row g3",
            style={"alignItems": "flex-start", "padding": "12px 14px", "borderRadius": "var(--r-4)",
                   "background": rx.cond(State.view.status == "voided", "var(--bg-muted)", "var(--brand-soft)")},
        ),
        rx.cond(
            State.view.voided_reason != "",
            rx.el.div(note("作废原因：" + State.view.voided_reason, "bad"), style={"marginTop": "10px"}),
            rx.fragment(),
        ),
        style={**_FIRST, "position": "sticky", "top": "0", "background": "var(--bg-sheet)", "zIndex": "2",
               PHONE: {**dict(_FIRST[PHONE]), "position": "static"}},
    )  # fmt: skip


def _heading(text: str, *tools: Any) -> rx.Component:
    return rx.el.div(rx.el.h2(text), rx.el.span(class_name="grow"), *tools, class_name="sec-h")


def _steps() -> rx.Component:
    def one(step: Any) -> rx.Component:
        mark = rx.match(
            step["status"],
            ("d", tag("完成", "ok", icon_name="check")),
            ("c", tag("进行中", "info")),
            tag("未到", "closed"),
        )
        return rx.el.li(
            rx.el.div(rx.el.b(step["label"], class_name="m t13"), rx.el.div(step["note"], class_name="t12 f3"), class_name="grow"),
            mark, class_name="row g3", style={"minHeight": "44px"},
        )  # fmt: skip

    sheet = rx.cond(
        State.view.has_sheet,
        button("看明示表", look="g", size="sm", icon_name="book-open", on_click=State.open_dialog("sheet")),
        rx.fragment(),
    )
    return rx.el.section(
        _heading("签署进度", sheet),
        rx.el.ol(
            rx.foreach(State.view.steps, one), style={"listStyle": "none", "margin": "0", "padding": "0"}
        ),
        style=_FIRST,
    )


def _lines(items: Any) -> rx.Component:
    def line(item: Any) -> rx.Component:
        return rx.el.div(
            rx.el.dt(item["label"], class_name="f3 nw"),
            rx.el.dd(item["value"], class_name="m", style={"margin": "0", "textAlign": "right", "overflowWrap": "anywhere"}),
            class_name="row sb g4", style={"minHeight": "32px", "borderBottom": "1px solid var(--line)", "padding": "4px 0"},
        )  # fmt: skip

    return rx.el.dl(rx.foreach(items, line), class_name="t13", style={"margin": "0"})


def _papers() -> rx.Component:
    """The other documents of the case, or for one of them the contract it belongs to."""
    view = State.view

    def one(paper: Any) -> rx.Component:
        return rx.el.li(
            rx.el.a(rx.el.b(paper["label"], class_name="m t13"), href="/contracts/" + paper["id"].to(str)),
            rx.el.span(paper["number"], class_name="mono t12 f3 grow el"),
            status_chip(paper["status"], paper["tone"]),
            class_name="row g2", style={"minHeight": "40px"},
        )  # fmt: skip

    issue = rx.cond(
        view.can_issue,
        link_button(
            "出具文书",
            "/contracts/issue?contract=" + view.id.to(str),
            look="g",
            size="sm",
            icon_name="file-plus",
        ),
        rx.fragment(),
    )
    plain = {"listStyle": "none", "margin": "0", "padding": "0"}
    listed = rx.cond(
        view.papers.length() > 0,
        rx.el.ul(rx.foreach(view.papers, one), style=plain),
        rx.el.p("保证、抵押、质押、借据、展期、授权等文书在这里出具和签署", class_name="t12 f3"),
    )
    above = rx.el.p(rx.el.a(view.main_number, href=view.main_link, class_name="mono"), class_name="t13")
    return rx.cond(
        view.is_main,
        rx.el.section(_heading("其他文书", issue), listed, style=_SECTION),
        rx.cond(
            view.main_link != "", rx.el.section(_heading("主合同"), above, style=_SECTION), rx.fragment()
        ),
    )


def _aside() -> rx.Component:
    view = State.view

    def printing(one: Any) -> rx.Component:
        return rx.el.li(
            icon("printer", "s", "f3"), rx.el.span(one["copies"], class_name="m"),
            rx.el.span(one["who"], class_name="f3 grow"), rx.el.time(one["time"], title=one["at"], class_name="t12 f3"),
            class_name="row g3", style={"minHeight": "32px"},
        )  # fmt: skip

    customer = link_button(
        "看客户", "/customers/" + view.customer_id.to(str), look="g", size="sm", icon_name="arrow-up-right"
    )
    void = button(
        rx.cond(view.is_main, "作废合同", "作废文书"),
        look="d",
        size="sm",
        icon_name="file-x",
        writes=True,
        on_click=State.open_dialog("void"),
    )
    check = rx.el.a(
        icon("qr-code", "s"),
        "核验页",
        href=view.verify_path,
        target="_blank",
        rel="noopener",
        class_name="row g1 t12",
    )
    return rx.el.aside(
        _next(),
        _steps(),
        signing_section(_FIRST),
        rx.el.section(_heading("要素"), _lines(view.facts), style=_SECTION),
        rx.cond(
            view.is_main,
            rx.el.section(_heading("借款人", customer), _lines(view.people), style=_SECTION),
            rx.el.section(_heading("客户", customer), rx.el.p(view.customer, class_name="t13"), style=_SECTION),
        ),
        _papers(),
        rx.el.section(
            _heading("打印记录", rx.el.span("共 ", view.copy_count, " 份", class_name="t12 f3")),
            rx.cond(
                view.prints.length() > 0,
                rx.el.ul(rx.foreach(view.prints, printing), style={"listStyle": "none", "margin": "0", "padding": "0"}),
                rx.el.p("还没有打印过", class_name="t12 f3"),
            ),
            style=_SECTION,
        ),
        rx.el.section(
            _heading("文件", check),
            rx.el.p(view.page_count, " 页 · 指纹 ", rx.el.span(view.fingerprint, class_name="mono"), class_name="t12 f3"),
            rx.cond(view.can_void, rx.el.div(void, style={"marginTop": "10px"}), rx.fragment()),
            style=_SECTION,
        ),
        rx.el.section(_heading("历史"), timeline(view.history), style=_SECTION),
        style=_ASIDE,
        tab_index=0,
        custom_attrs={"aria-label": "合同信息"},
    )  # fmt: skip


@page(
    route="/contracts/[contract_id]",
    title="合同",
    permission=Permission.CONTRACTS_READ,
    on_load=State.load,
    wide=True,
    holds=State.holds,
)
def contract() -> Page:
    """Draw the contract."""
    view = State.view
    chip = rx.cond(view.status != "", status_chip(view.status_label, view.tone), rx.fragment())
    download = rx.cond(
        view.id > 0,
        file_link("下载 PDF", "/api/contracts/" + view.id.to(str) + "/pdf?download=1"),
        rx.fragment(),
    )
    printing = rx.cond(
        view.can_print,
        button("打印", icon_name="printer", writes=True, on_click=State.open_dialog("print")),
        rx.fragment(),
    )
    phone = rx.el.div(
        file_link("PDF", "/api/contracts/" + view.id.to(str) + "/pdf", icon_name="file-text"),
        printing,
        _step_button(),
        class_name="mstick",
        style={PHONE: {"order": "9"}},
    )
    gone = empty(
        "没有找到这份合同",
        "它不存在，或不在你能看的范围里。",
        link_button("回合同中心", "/contracts"),
        drawing="search",
    )
    full = rx.fragment(
        rx.el.div(
            rx.cond(State.reader, rx.fragment(), _thumbs()),
            _stage(),
            _aside(),
            style={**_FRAME, "--thumbs": rx.cond(State.reader, "0px", "84px")},
        ),
        phone,
        sheet_dialog(),
        print_dialog(),
        sign_dialog(),
        void_dialog(),
        esign_dialog(),
        links_dialog(),
        revoke_dialog(),
        evidence_dialog(),
    )
    return Page(
        [rx.cond(State.missing, gone, rx.cond(view.id > 0, full, skeleton_detail()))],
        title=rx.cond(view.title != "", view.title, "合同"),
        subtitle=view.number,
        back=("合同中心", "/contracts"),
        views=chip,
        tools=[download, printing],
        primary=_step_button(),
        on_phone=(),
    )
