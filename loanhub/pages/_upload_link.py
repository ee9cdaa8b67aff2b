"""The button and dialog of the link for missing papers 补件链接, on an application's page."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.domain.permissions import Permission
from loanhub.state._base import SessionState
from loanhub.state.upload_links import UploadLinkState as S


def upload_link_button(application_id: Any, *, size: str = "") -> rx.Component:
    """Return the button, for those who may hand papers in."""
    return rx.cond(
        SessionState.allowed.contains(Permission.DOCUMENTS_UPLOAD.value),
        button("发补件链接", icon_name="link", look="soft", size=size, on_click=S.open(application_id)),
        rx.fragment(),
    )


def upload_link_dialog() -> rx.Component:
    """Return the dialog: what is missing, how the link stands, the link itself once."""
    error = rx.cond(S.field_errors.contains("note"), S.field_errors["note"], "").to(str)
    given = rx.el.div(
        rx.el.img(
            src=S.qr,
            alt="给客户扫的补件二维码",
            style={"width": "132px", "height": "132px", "background": "#fff", "borderRadius": "8px"},
        ),
        rx.el.div(
            rx.el.p(S.message, class_name="t13", style={"overflowWrap": "anywhere"}),
            rx.el.div(
                button("复制短信内容", size="sm", icon_name="copy", on_click=rx.set_clipboard(S.message)),
                class_name="row",
                style={"marginTop": "8px"},
            ),
            class_name="grow",
        ),
        class_name="row g4",
        style={"alignItems": "flex-start", "flexWrap": "wrap"},
    )
    wanted = rx.el.ul(
        rx.foreach(S.missing, lambda one: rx.el.li(one, class_name="chip")),
        class_name="row g2 wrap",
        custom_attrs={"aria-label": "待补的资料"},
    )
    take_back = rx.cond(
        S.live & S.can_send,
        button("收回链接", icon_name="undo-2", writes=True, on_click=S.end),
        rx.fragment(),
    )
    ask = form(
        field(
            Field("note", "给客户的话", maximum_length=100, help="显示在客户的页面上，选填", placeholder="例如：流水要近 6 个月"),
            error=error,
        ),
        rx.el.div(
            closing(button("关闭")),
            take_back,
            button(
                rx.cond(S.live, "重发链接", "发送补件链接"), look="p", kind="submit", icon_name="send", writes=True
            ),
            class_name="row g3 end",
            style={"padding": "2px 0 14px"},
        ),
        on_submit=S.send,
        guard=False,
        key=S.form_key.to(str),
    )  # fmt: skip
    full = rx.el.div(
        note("资料已齐，没有要补的。", "ok"),
        rx.el.div(
            closing(button("关闭")), take_back, class_name="row g3 end", style={"padding": "10px 0 14px"}
        ),
        class_name="col g3",
    )
    body = rx.el.div(
        rx.cond(S.text != "", rx.el.p(S.text, class_name="t13 f2", role="status"), rx.fragment()),
        rx.cond(S.address != "", given, rx.fragment()),
        rx.cond(
            S.missing.length() > 0,
            rx.fragment(
                rx.el.p("客户用手机打开链接，只能看到自己的姓名掩码和下面的待补项，拍照上传后等你核对。", class_name="t13 f2"),
                wanted,
                ask,
            ),
            full,
        ),
        class_name="col g4",
    )  # fmt: skip
    return dialog("请客户补交资料", body, is_open=S.asking, on_open_change=S.show)
