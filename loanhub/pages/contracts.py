"""The contract center 合同中心: what waits for a contract, and every contract by status."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import person
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, Selection, Sorting, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._list_export import export_button, export_sheet
from loanhub.pages._page import Page, page
from loanhub.pages._print_batch import choice_bar
from loanhub.pages._record_list import Quick, above, below, tabs
from loanhub.state.contracts import WAITING
from loanhub.state.contracts import ContractsState as State
from loanhub.state.print_batches import MAY, PrintChoiceState

_CHOSEN = Selection(State.selected, State.toggle, State.toggle_all, State.selection)
_CREATE = State.allowed.contains(Permission.CONTRACTS_CREATE.value)


def _error(key: str) -> rx.Var[str]:
    return rx.cond(State.field_errors.contains(key), State.field_errors[key], "").to(str)


def _owner(row: Any) -> rx.Component:
    return person(row.owner, row.owner.to(str)[-1:], row.owner_color)


def _amount(row: Any) -> rx.Component:
    return rx.el.span(row.amount, title=row.amount_full, class_name="num")


def _when(text: Any, at: Any) -> rx.Component:
    return rx.el.time(text, title=at, class_name="f3")


def _make(row: Any) -> rx.Component:
    make = button(
        "生成合同",
        look="soft",
        size="sm",
        icon_name="file-plus",
        writes=True,
        on_click=State.open_create(row.id),
    )
    return rx.cond(_CREATE, make, rx.el.span("—", class_name="f3"))


def _waiting_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.a(row.customer, href=f"/applications/{row.id}", class_name="b"),
            rx.el.span(class_name="grow"),
            _amount(row),
            class_name="row g3",
        ),
        rx.el.div(row.product, " · ", row.terms, class_name="t13 f2"),
        rx.el.div(
            rx.el.span(row.number, " · ", row.approved, " 通过 · ", row.owner, class_name="t12 f3 grow"),
            _make(row),
            class_name="row g3",
        ),
        class_name="col g2",
    )


def _waiting() -> rx.Component:
    columns = (
        Column("number", "申请编号", lambda r: rx.el.span(r.number, class_name="mono f2")),
        Column(
            "customer",
            "客户",
            lambda r: rx.el.a(r.customer, href=f"/customers/{r.customer_id}", class_name="m"),
        ),
        Column("product", "产品", lambda r: r.product, secondary=True),
        Column("amount", "批复金额", _amount, align="r"),
        Column("terms", "批复条件", lambda r: r.terms, look="f2"),
        Column("approved", "通过时间", lambda r: _when(r.approved, r.approved_at)),
        Column("owner", "负责人", lambda r: _owner(r), secondary=True),
        Column("make", "", _make, align="r"),
    )
    nothing = rx.cond(
        State.has_conditions,
        no_match("申请", "换个编号或客户名再试。", State.clear_filters),
        empty(
            "没有待出合同的申请", "自营产品的申请通过审批后，会排在这里等着出合同。",
            link_button("看申请与审批", "/applications", icon_name="stamp"), drawing="done",
        ),
    )  # fmt: skip
    return data_table(
        State.waiting, columns, row_id=lambda r: r.id, label="待出合同的申请",
        href=lambda r: f"/applications/{r.id}", card=_waiting_card, loading=State.loading, empty=nothing,
        selection=_CHOSEN,
    )  # fmt: skip


def _contract_card(row: Any) -> rx.Component:
    return rx.el.a(
        rx.el.div(
            rx.el.span(row.customer, class_name="b"), status_chip(row.status_label, row.tone),
            rx.el.span(class_name="grow"), _amount(row), class_name="row g3",
        ),
        rx.el.div(row.title, " · ", row.pages, class_name="t13 f2"),
        rx.el.div(
            rx.el.span(row.number, class_name="mono t12 f3 grow"), rx.el.span(row.signing, class_name="t12 f3"),
            class_name="row g3",
        ),
        href=f"/contracts/{row.id}", class_name="col g2", custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _made() -> rx.Component:
    columns = (
        Column("number", "合同编号", lambda r: rx.el.span(r.number, class_name="mono f2"), sortable=True),
        Column("title", "合同", lambda r: rx.el.span(icon("file-text", "s", "f3"), rx.el.b(r.title, class_name="m"), class_name="row g3")),
        Column("customer", "客户", lambda r: rx.el.a(r.customer, href=f"/customers/{r.customer_id}", class_name="m")),
        Column("amount_fen", "金额", _amount, align="r", sortable=True),
        Column("version", "版本", lambda r: r.template_version, look="f3", secondary=True),
        Column("status", "状态", lambda r: status_chip(r.status_label, r.tone)),
        Column("signing", "签署", lambda r: r.signing, look="f2"),
        Column("owner", "负责人", lambda r: _owner(r), secondary=True),
        Column("created_at", "生成时间", lambda r: _when(r.created, r.created_at), sortable=True),
        Column("copies", "打印", lambda r: r.copies, look="f3", secondary=True),
        Column("pages", "页数", lambda r: r.pages, align="r", look="f3"),
    )  # fmt: skip
    nothing = rx.cond(
        State.has_conditions,
        no_match("合同", "换个编号、客户名或时间再试。", State.clear_filters),
        empty(
            "这里还没有合同",
            "通过审批的申请在「待出合同」里生成合同。",
            rx.cond(_CREATE, button("看待出合同", on_click=State.choose_view(WAITING)), rx.fragment()),
        ),
    )
    return data_table(
        State.rows, columns, row_id=lambda r: r.id, label="合同", href=lambda r: f"/contracts/{r.id}",
        card=_contract_card, sorting=Sorting(State.sort, State.direction, State.sort_by), loading=State.loading,
        empty=nothing, selection=_CHOSEN,
    )  # fmt: skip


def _fact(label: str, value: Any, look: str = "") -> list[rx.Component]:
    return [rx.el.dt(label), rx.el.dd(value, class_name=f"r f1 {look}".strip())]


def _facts() -> rx.Component:
    draft = State.contract_draft
    money = rx.el.div(
        rx.el.span("借款金额", class_name="t12 f3"),
        rx.el.span(draft.amount, class_name="num t28"),
        rx.el.span(draft.uppercase, class_name="t12 f2"),
        class_name="moneybox",
    )
    costs = rx.cond(
        draft.cost != "",
        rx.el.dl(
            *_fact("首期应还", draft.first_payment, "num"), *_fact("利息合计", draft.total_interest, "num"),
            *_fact("综合融资成本（年化）", draft.cost, "num b"), class_name="dl-g",
        ),
        rx.fragment(),
    )  # fmt: skip
    conditions = rx.cond(
        draft.conditions != "", rx.fragment(*_fact("放款条件", draft.conditions)), rx.fragment()
    )
    return rx.fragment(
        money,
        rx.el.dl(
            *_fact("借款人", draft.customer), *_fact("产品", draft.product), *_fact("批复条件", draft.terms),
            conditions, class_name="dl-g",
        ),
        costs,
    )  # fmt: skip


def _missing() -> rx.Component:
    def item(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(one["label"]), rx.el.span(class_name="grow"),
            link_button("去补全", one["link"].to(str), look="soft", size="sm"), class_name="row g3",
        )  # fmt: skip

    box = rx.el.div(
        note(rx.el.span("还缺 ", State.contract_draft.missing.length(), " 项，补全后才能生成合同"), "warn"),
        rx.el.ul(
            rx.foreach(State.contract_draft.missing, item),
            style={"listStyle": "none", "padding": "8px 0 0", "margin": "0", "display": "grid", "gap": "6px"},
        ),
    )
    return rx.cond(State.contract_draft.missing.length() > 0, box, rx.fragment())


def _create_dialog() -> rx.Component:
    draft = State.contract_draft
    chooser = field(
        Field("application_id", "申请", kind="select", required=True, options=State.choices, placeholder="选一笔已通过的申请"),
        value=rx.cond(draft.application_id > 0, draft.application_id.to(str), ""),
        error=_error("application_id"), on_change=State.choose_application,
    )  # fmt: skip
    start = field(
        Field("start_date", "计划放款日", kind="date", required=True, help="还款计划从这一天起算，今天起 60 天内"),
        value=draft.start, error=_error("start_date"), on_change=State.set_start,
    )  # fmt: skip
    place = field(
        Field("signing_place", "签署地点", placeholder="例如：上海市浦东新区", maximum_length=60, help="印在合同上，可以不填"),
        error=_error("signing_place"),
    )  # fmt: skip
    reason = rx.cond(
        draft.application_id == 0, "先选一笔申请",
        rx.cond(draft.blocked != "", draft.blocked, rx.cond(draft.missing.length() > 0, "先补全缺少的内容", "")),
    )  # fmt: skip
    chosen = rx.fragment(
        _facts(),
        rx.cond(draft.blocked != "", note(draft.blocked, "bad"), rx.fragment()),
        rx.cond(draft.warning != "", note(draft.warning, "warn"), rx.fragment()),
        _missing(),
        rx.el.div(start, place, class_name="form two-col"),
    )
    body = form(
        rx.el.div(chooser, key=State.choices.length().to(str) + draft.application_id.to(str)),
        rx.cond(draft.application_id > 0, chosen, rx.fragment()),
        rx.el.div(
            closing(button("取消")),
            button("生成借款合同", look="p", kind="submit", icon_name="file-check", writes=True,
                   disabled=~State.draft_ready, reason=reason),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=State.create, guard=False, key=draft.application_id.to(str),
    )  # fmt: skip
    return dialog("生成借款合同", body, is_open=State.creating, on_open_change=State.set_creating, wide=True)


@page(
    route="/contracts", title="合同中心", permission=Permission.CONTRACTS_READ, on_load=[State.load, PrintChoiceState.leave]
)  # fmt: skip
def contracts() -> Page:
    """Draw the center."""
    waits = State.view == WAITING
    views = rx.cond(waits, saved_views(State.views, State.view, State.choose_view), tabs(State))
    owner = Quick("owner_id", "负责人", "user-round", State.owners)
    waiting_bar = filter_bar(
        search_box(State.search.debounce(250), placeholder="编号、客户", value=State.text),
        option_filter(
            owner.label, State.owners, rx.cond(State.quick.contains(owner.key), State.quick[owner.key], ""),
            lambda code: State.set_quick(owner.key, code), icon_name=owner.icon,
        ),
        totals=State.totals,
    )  # fmt: skip
    bar = above(
        State,
        [owner, Quick("method", "还款方式", "calendar-range", State.methods)],
        placeholder="编号、客户",
        noun="合同",
        extra=[
            option_filter("生成时间", State.periods, "", State.set_period, icon_name="calendar"),
        ],
        segment_field="customer_segment_id",
    )
    may_batch = rx.Var.create(False)
    for one in MAY:
        may_batch = may_batch | State.allowed.contains(one.value)  # type: ignore[operator]
    batches = rx.cond(
        may_batch, link_button("批量出具", "/contracts/batches", icon_name="layers"), rx.fragment()
    )
    take = rx.cond(
        State.allowed.contains(Permission.CONTRACTS_EXPORT.value) & ~waits,
        export_button(State),
        rx.fragment(),
    )
    primary = rx.cond(
        _CREATE,
        button("生成合同", look="p", icon_name="plus", writes=True, on_click=State.open_create(0)),
        rx.fragment(),
    )
    return Page(
        [
            rx.cond(waits, waiting_bar, rx.fragment(*bar)),
            rx.cond(waits, _waiting(), _made()),
            below(State),
            _create_dialog(),
            choice_bar(),
            export_sheet(State, "合同", "份"),
        ],
        views=views,
        tools=[take, batches],
        primary=primary,
    )
