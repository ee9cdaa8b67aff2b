"""The upper part of customer 360: who, how far, the numbers, the next step; and the sheets that open from it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.buttons import button, link_button
from loanhub.components.chips import risk, sla, tag
from loanhub.components.composer import NEXT
from loanhub.components.dialogs import MenuItem, closing, dialog, menu, menu_item
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.kpi import next_step, no_next_step, tile
from loanhub.components.money import money, number
from loanhub.components.rail import stage_rail
from loanhub.components.reveal import protected, reveal_dialog
from loanhub.domain.customers import RevealReason
from loanhub.domain.permissions import Permission
from loanhub.pages._after_call import after_call
from loanhub.state._base import SessionState
from loanhub.state.after_call import AfterCallState
from loanhub.state.customer import CustomerState
from loanhub.state.customer_care import CustomerCareState
from loanhub.state.customer_past import CustomerPastState
from loanhub.state.customer_sections import CustomerSectionsState
from loanhub.state.customer_tabs import CustomerTabsState

S = CustomerState


def may(permission: Permission) -> rx.Var[bool]:
    """Return whether the person at the screen holds a permission, for showing a button."""
    return SessionState.allowed.contains(permission.value)


def when(permission: Permission, child: rx.Component) -> rx.Component:
    """Show ``child`` to those who hold a permission."""
    return rx.cond(may(permission), child, rx.fragment())


def sensitive(key: Any, label: Any, mask: Any, allowed: Any = None) -> rx.Component:
    """A protected value of this customer."""
    right = may(Permission.CUSTOMERS_REVEAL) if allowed is None else allowed
    return protected(mask, key=key, label=label, shown=S.shown, allowed=right, on_ask=S.ask, on_hide=S.hide)


def head() -> rx.Component:
    """Draw the name, the facts, the buttons and the rail."""
    one = S.head

    def fact(name: str, value: rx.Var[str]) -> rx.Component:
        return rx.cond(value != "", rx.el.span(icon(name, "s"), value), rx.fragment())

    names = rx.el.div(
        rx.el.div(
            rx.el.span(one.name, class_name="nm"),
            rx.el.span(risk(one.risk, one.risk_label, boxed=True), title=one.risk_note),
            rx.cond(one.risk_note != "", tag("人工定级", "line", large=True), rx.fragment()),
            rx.cond(one.lifecycle != "", tag(one.lifecycle, "line", icon_name="crown", large=True), rx.fragment()),
            rx.cond(one.is_company, tag("企业", "line", icon_name="building-2", large=True), rx.fragment()),
            rx.cond(one.license_warning != "", tag(one.license_warning, "danger", icon_name="triangle-alert", large=True), rx.fragment()),
            rx.cond(one.company != "", rx.el.span(tag(one.company, "line", icon_name="building-2", large=True), class_name="no-phone"), rx.fragment()),
            class_name="row g3 wrap",
        ),
        rx.el.div(
            rx.el.span(icon("phone", "s"), sensitive("phone", "手机号", one.phone)),
            rx.cond(
                one.id_number != "",
                rx.el.span(icon("id-card", "s"), sensitive("id_number", one.id_label, one.id_number), class_name="no-phone"),
                rx.fragment(),
            ),
            rx.cond(one.representative != "", rx.el.span(icon("user-round-check", "s"), "法定代表人 ", one.representative), rx.fragment()),
            fact("map-pin", one.city),
            rx.el.span(fact("link", one.channel), class_name="no-phone"),
            rx.el.span(icon("user-round", "s"), rx.cond(one.owner != "", one.owner, "未分配")),
            rx.cond(
                one.manager != "",
                rx.el.span(icon("crown", "s"), "专属经理 ", one.manager),
                rx.cond(
                    one.vip & may(Permission.CUSTOMERS_ASSIGN),
                    button("指定专属经理", look="g", size="sm", icon_name="crown", on_click=CustomerCareState.show_manager(True)),
                    rx.fragment(),
                ),
            ),
            rx.el.span(one.number, class_name="f3 no-phone"),
            class_name="ln",
        ),
        class_name="grow",
    )  # fmt: skip
    rail = rx.cond(one.stages.length() > 0, stage_rail(one.stages), rx.fragment())
    return rx.el.div(
        rx.el.div(
            avatar(one.initials, name=one.name, color=one.color, size="s56"),
            names,
            _actions(),
            class_name="who",
        ),
        rail,
        class_name="c360h",
    )


def _more(trigger: rx.Component) -> rx.Component:
    return menu(
        trigger,
        [
            MenuItem("定下一步", on_click=S.show_plan(True), icon_name="calendar-plus"),
            MenuItem(
                "移至其他阶段", on_click=CustomerSectionsState.show_move(True), icon_name="arrow-right-left"
            ),
            None,
            MenuItem("发起申请", href=f"/applications/new?customer={S.head.id}", icon_name="file-plus"),
            MenuItem("生成合同", href=f"/contracts?customer={S.head.id}&make=1", icon_name="file-signature"),
            None,
            MenuItem("编辑资料", on_click=S.open_tab("profile"), icon_name="pencil"),
            MenuItem("上传资料", on_click=S.open_tab("documents"), icon_name="upload"),
            MenuItem("查看历史时点", on_click=CustomerPastState.show_chooser(True), icon_name="history"),
            MenuItem("关联关系人", on_click=CustomerTabsState.show_relate(True), icon_name="users"),
            when(
                Permission.CUSTOMERS_GRADE,
                menu_item(
                    MenuItem("调整风险等级", on_click=CustomerCareState.show_grade(True), icon_name="gauge")
                ),
            ),
            when(
                Permission.CUSTOMERS_ASSIGN,
                menu_item(
                    MenuItem("指定专属经理", on_click=CustomerCareState.show_manager(True), icon_name="crown")
                ),
            ),
        ],
    )


def _actions() -> rx.Component:
    call = rx.el.span(
        button("拨打", icon_name="phone", on_click=S.dial, writes=True), custom_attrs={"data-dial": "true"}
    )
    return rx.el.div(
        when(Permission.CUSTOMERS_REVEAL, call),
        when(
            Permission.CONTRACTS_CREATE,
            link_button("生成合同", f"/contracts?customer={S.head.id}&make=1", icon_name="file-signature"),
        ),
        when(
            Permission.APPLICATIONS_CREATE,
            link_button("发起申请", f"/applications/new?customer={S.head.id}", icon_name="plus", look="p"),
        ),
        when(
            Permission.INTERACTIONS_CREATE,
            _more(
                rx.el.button(
                    icon("ellipsis"),
                    type="button",
                    class_name="btn i",
                    custom_attrs={"aria-label": "更多操作"},
                )
            ),
        ),
        class_name="row g3 acts",
    )


def facts() -> rx.Component:
    """Draw the four numbers and the next step."""
    one = S.head
    return rx.el.div(
        tile("当前敞口", money(one.exposure, unit=one.exposure_unit, full=one.exposure_full), hint=one.exposure_hint,
             explain="在贷借据的剩余本金合计"),
        tile(one.asked_label, money(one.asked, unit=one.asked_unit), hint=one.asked_hint),
        tile("信用评分", number(one.score), hint=one.score_hint),
        tile("按时还款", number(one.paid_on_time, one.paid_on_time_unit), hint=one.paid_hint,
             explain="已到期的期数中，在应还日加宽限期内还清的"),
        _next(),
        class_name="facts c4",
    )  # fmt: skip


def _next() -> rx.Component:
    one = S.head
    finish = button(
        "完成", icon_name="check", look="soft", size="sm", on_click=S.show_finish(True), writes=True
    )
    call = button("拨打", icon_name="phone", look="p", size="sm", on_click=S.dial, writes=True)
    acts = rx.el.div(
        finish,
        rx.cond(one.next_call & may(Permission.CUSTOMERS_REVEAL), call, rx.fragment()),
        class_name="row g2",
    )
    planned = next_step(
        one.next_title,
        detail=rx.Var.create(one.next_time) + " · " + one.last_contact,
        deadline=sla(one.next_left, percent=one.next_percent, status=one.next_state),
        action=when(Permission.INTERACTIONS_CREATE, acts),
    )
    none = no_next_step(
        when(
            Permission.INTERACTIONS_CREATE,
            button("定一个", size="sm", icon_name="calendar-plus", on_click=S.show_plan(True)),
        )
    )
    return rx.cond(one.has_next, planned, none)


def phone_bar() -> rx.Component:
    """Draw the phone's sticky bar: 拨打, 移阶段, 更多, 写跟进."""

    def act(name: str, text: str, **props: Any) -> rx.Component:
        return rx.el.button(icon(name, "l"), text, type="button", **props)

    write = button(
        "写跟进", icon_name="pencil", look="p",
        on_click=[S.open_tab("timeline"), rx.call_script("setTimeout(() => document.querySelector('[data-composer]')?.focus(), 250)")],
    )  # fmt: skip
    return rx.el.div(
        rx.cond(may(Permission.CUSTOMERS_REVEAL), act("phone", "拨打", on_click=S.dial), rx.el.span()),
        rx.cond(
            (S.head.lead_id > 0) & may(Permission.BOARDS_MOVE),
            act("arrow-right-left", "移阶段", on_click=CustomerSectionsState.show_move(True)),
            rx.el.span(),
        ),
        rx.cond(may(Permission.INTERACTIONS_CREATE), _more(act("ellipsis", "更多")), rx.el.span()),
        rx.cond(may(Permission.INTERACTIONS_CREATE), write, rx.el.span()),
        class_name="mstick four",
        role="toolbar",
        custom_attrs={"aria-label": "常用操作"},
    )


def sheets() -> rx.Component:
    """Draw the sheets that open from the head."""
    return rx.fragment(
        reveal_dialog(
            S.asking, S.asking_label, S.asking_hint, RevealReason.options(), S.field_errors,
            on_submit=S.reveal, on_open_change=S.stop_asking,
        ),
        after_call(AfterCallState),
        _finish_sheet(),
        _plan_sheet(),
    )  # fmt: skip


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def when_fields(error: Any, *, none: bool = True) -> rx.Component:
    """The two fields that say when: an offered time, or an own one."""
    offered = NEXT if none else NEXT[:-1]
    return rx.el.div(
        field(Field(key="next", label="下次跟进", kind="select", options=offered), error=error),
        field(Field(key="next_at", label="或自定时间", kind="datetime")),
        class_name="form two-col",
    )


def _finish_sheet() -> rx.Component:
    body = form(
        field(
            Field(key="text", label="结果", kind="textarea", placeholder="例如 已到场，材料齐"),
            error=_error("text"),
        ),
        field(Field(key="step", label="接下来做什么", placeholder="例如 回访签约时间", maximum_length=200)),
        when_fields(_error("next_at")),
        rx.el.div(
            closing(button("取消")),
            button("完成", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.finish,
        key=S.composer_key,
    )
    return dialog(
        rx.Var.create("完成：") + S.head.next_title, body, is_open=S.finishing, on_open_change=S.show_finish
    )


def _plan_sheet() -> rx.Component:
    ways = (
        ("phone", "电话"),
        ("message-circle", "微信"),
        ("message-square", "短信"),
        ("map-pin", "拜访、面签"),
    )
    body = form(
        field(
            Field(key="step", label="下一步", placeholder="例如 陪同面签", maximum_length=200),
            error=_error("step"),
        ),
        field(Field(key="icon", label="方式", kind="radio", options=ways), value="phone"),
        when_fields(_error("next_at")),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.plan,
        key=S.composer_key,
    )
    return dialog("定下一步", body, is_open=S.planning, on_open_change=S.show_plan)
