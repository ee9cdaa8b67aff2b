"""One's own notices 通知设置: what to hear by which way, when to be left alone, and the digest."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.forms import Field, field, form
from loanhub.domain.notices import Digest
from loanhub.pages._page import Page, page
from loanhub.services.notice_preferences import WEEKDAYS
from loanhub.state.notice_preferences import KindLine, NoticePreferencesState, Way

S = NoticePreferencesState
ASK = (
    "'Notification' in window ? Notification.requestPermission().then(a => { if (a !== 'granted') "
    "alert('浏览器没有允许桌面通知，请在地址栏左边的网站设置里打开'); }) : alert('这个浏览器不支持桌面通知')"
)


def _value(key: str) -> Any:
    return rx.cond(S.values.contains(key), S.values[key], "").to(str)


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _field(spec: Field, **more: Any) -> rx.Component:
    return field(spec, value=_value(spec.key), error=_error(spec.key), **more)


def _box(name: Any, on: Any, locked: Any, label: Any) -> rx.Component:
    box = rx.el.input(
        type="checkbox", class_name="chk", name=name, default_checked=on, disabled=locked,
        custom_attrs={"aria-label": label},
    )  # fmt: skip
    way = rx.Var.create(label).to(str).split("：")[1]  # a phone has no head above the boxes
    return rx.el.td(rx.el.label(box, rx.el.span(way, class_name="only-phone")), class_name="ctr")


def _line(one: rx.Var[KindLine]) -> rx.Component:
    def way(box: rx.Var[Way]) -> rx.Component:
        return _box(box.name, box.on, box.locked, box.label)

    return rx.el.tr(
        rx.el.th(one.label, scope="row"),
        rx.foreach(one.ways, way),
        _box(one.urgent_name, one.urgent, one.urgent_locked, one.label + "：立即提醒"),
    )


def _card(title: str, *children: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.header(rx.el.h2(title, class_name="t14")),
        rx.el.div(*children, class_name="in col g4"),
        class_name="card",
        custom_attrs={"aria-label": title},
    )


@page(
    route="/account/notices",
    title="通知设置",
    permission=None,
    on_load=NoticePreferencesState.load,
    nav="/inbox",
)
def notice_preferences() -> Page:
    """Draw the page."""
    table = rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("什么事", scope="col"),
                    rx.foreach(S.columns, lambda label: rx.el.th(label, scope="col", class_name="ctr")),
                    rx.el.th("立即提醒", scope="col", class_name="ctr"),
                )
            ),
            rx.el.tbody(rx.foreach(S.kinds, _line)),
            class_name="ntc",
        ),
        class_name="ntc-box",
        tab_index=0,
        custom_attrs={"role": "region", "aria-label": "通知方式"},
    )
    kinds = _card(
        "什么事、怎么告诉我",
        table,
        rx.el.p(
            "勾了「立即提醒」的事不等免打扰结束，也不进摘要。审批和账号安全总会出现在站内。",
            class_name="t12 f3",
        ),
        rx.cond(S.missing != "", rx.el.p(S.missing, class_name="t12 f3"), rx.fragment()),
    )
    address = _card(
        "我的地址",
        field(
            Field("email", "邮箱", kind="email", maximum_length=120,
                  help=rx.cond(_value("email") != "", rx.Var.create("现在是 ") + _value("email") + "，不改就留空", "用邮件通知前填写")),
            error=_error("email"),
        ),
        rx.el.p("手机 ", rx.cond(_value("phone") != "", _value("phone"), "未登记，请管理员登记"), class_name="t13 f2"),
        rx.cond(_error("phone") != "", note(_error("phone"), "bad"), rx.fragment()),
    )  # fmt: skip
    quiet = _card(
        "免打扰",
        rx.el.div(
            _field(
                Field(
                    "quiet_from", "从", placeholder="22:00", maximum_length=5, help="两格都留空：不设免打扰"
                )
            ),
            _field(Field("quiet_to", "到", placeholder="08:00", maximum_length=5)),
            class_name="form two-col",
        ),
        rx.el.p("这段时间的消息等它结束后一起出现，一条不丢、不重复。", class_name="t12 f3"),
    )
    weekdays = [(str(number), label) for number, label in enumerate(WEEKDAYS)]
    digest = _card(
        "摘要",
        _field(Field("digest", "不急的消息", kind="radio", options=Digest.options())),
        rx.el.div(
            _field(Field("digest_at", "几点", placeholder="09:00", maximum_length=5)),
            _field(Field("digest_weekday", "星期几（每周一次时）", kind="select", options=weekdays)),
            class_name="form two-col",
        ),
    )
    desktop = _card(
        "桌面通知",
        field(Field("desktop", "贷通不在前台时，用浏览器弹出提醒", kind="switch"), value=S.desktop),
        rx.el.div(
            button("允许浏览器弹出通知", icon_name="bell", on_click=rx.call_script(ASK)), class_name="row"
        ),
    )
    whole = form(
        kinds, quiet, digest, address, desktop,
        rx.el.div(button("保存通知设置", look="p", kind="submit", writes=True), class_name="row end"),
        on_submit=S.save, key=S.form_key,
    )  # fmt: skip
    return Page([rx.el.div(whole, class_name="gov-col ntc-page")], back=("消息", "/inbox"))
