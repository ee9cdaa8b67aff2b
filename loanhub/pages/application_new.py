"""Begin an application 新建申请: choose the customer, then the product; the draft opens at once."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.filters import search_box
from loanhub.components.icons import icon
from loanhub.components.states import empty, skeleton_tiles
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.application_draft import ApplicationNewState, Person, ProductCard

N = ApplicationNewState


def _product(one: rx.Var[ProductCard]) -> rx.Component:
    def line(label: str, text: rx.Var[str]) -> rx.Component:
        return rx.fragment(rx.el.dt(label), rx.el.dd(text))

    return rx.el.article(
        rx.el.div(
            rx.el.b(one.label, class_name="t16"),
            tag(one.mode_label, "line"),
            rx.el.span(class_name="grow"),
            rx.el.span(one.lender, class_name="t12 f3"),
            class_name="row g3",
        ),
        rx.el.dl(
            line("额度", one.amounts),
            line("利率", one.rates),
            line("期限", one.terms),
            line("还款", one.method),
            line("准入", one.eligibility),
            line("资料", one.documents),
            class_name="dl-g t13",
        ),
        button(
            "用这个产品发起",
            look="soft",
            on_click=N.begin(one.code),
            pending=N.choosing == one.code,
            writes=True,
        ),
    )


def _person(one: rx.Var[Person]) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.b(one.name, class_name="nw"),
            rx.el.span(one.line, class_name="t12 f3 el grow"),
            icon("chevron-right", "s", "f3"),
            href="/applications/new?customer=" + one.id.to(str),
            class_name="row g4",
            style={"minHeight": "48px", "borderBottom": "1px solid var(--line)", "maxWidth": "560px"},
            custom_attrs={"data-row": "true"},
        )
    )


def _choose_person() -> rx.Component:
    found = rx.cond(
        N.people.length() > 0,
        rx.el.ul(rx.foreach(N.people, _person)),
        rx.cond(
            N.searched, empty("没有找到这位客户", "换个词，或先在线索里转为客户。", small=True), rx.fragment()
        ),
    )
    return rx.el.section(
        rx.el.div(rx.el.h2("为哪位客户发起"), class_name="sec-h"),
        rx.cond(N.missing, note("没有找到这位客户，或不在你的数据范围内", "warn"), rx.fragment()),
        search_box(N.find.debounce(250), placeholder="姓名、手机尾号、客户编号", width="320px"),
        found,
        class_name="pad col g4",
    )


@page(
    route="/applications/new",
    title="新建申请",
    permission=Permission.APPLICATIONS_CREATE,
    on_load=N.load,
    nav="/applications",
)
def application_new() -> Page:
    """The customer, then the products."""
    chosen = rx.fragment(
        rx.el.div(
            rx.el.b(N.person.name, class_name="t18"),
            rx.el.span(N.person.line, class_name="f3"),
            rx.el.span(class_name="grow"),
            rx.el.a("换一位客户", href="/applications/new", class_name="lnk"),
            class_name="row g4 wrap",
            style={"padding": "16px 24px 0"},
        ),
        rx.cond(
            N.products.length() > 0,
            rx.el.div(rx.foreach(N.products, _product), class_name="prd"),
            empty("还没有可用的产品", "请管理员先在「产品」里上架。"),
        ),
    )
    body = rx.cond(N.loading, skeleton_tiles(3), rx.cond(N.person.id > 0, chosen, _choose_person()))
    return Page([rx.el.div(body, class_name="content")], back=("申请与审批", "/applications"))
