"""Certificates of the company's seal 签章证书: which one seals now, until when, and how to bring in another."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty, skeleton_detail
from loanhub.components.upload import send_form
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.sign_certificates import CertificatesState as S

FORM = "certificate-file"


def _error(key: str) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _line(label: str, value: Any) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label, class_name="f3 nw"),
        rx.el.dd(value, style={"margin": "0", "textAlign": "right", "overflowWrap": "anywhere"}),
        class_name="row sb g4", style={"minHeight": "30px", "borderBottom": "1px solid var(--line)"},
    )  # fmt: skip


def _card(row: Any) -> rx.Component:
    retire = rx.cond(
        row.can_retire, button("停用", look="d", size="sm", on_click=S.ask_retire(row.id)), rx.fragment()
    )
    return rx.el.section(
        rx.el.header(
            rx.el.h2(row.label, class_name="t14"), rx.cond(row.label.contains(row.kind), rx.fragment(), rx.el.span(row.kind, class_name="t12 f3")),
            rx.el.span(class_name="grow"), tag(row.state, row.tone),
        ),
        rx.el.div(
            rx.cond(row.warning != "", note(row.warning, "warn"), rx.fragment()),
            rx.el.dl(
                _line("持有人", row.subject), _line("签发机构", row.issuer), _line("有效期", row.valid),
                _line("序列号", rx.el.span(row.serial, class_name="mono t12")),
                _line("指纹（前 16 位）", rx.el.span(row.fingerprint, class_name="mono t12")), _line("启用于", row.added),
                class_name="t13", style={"margin": "8px 0"},
            ),
            rx.el.div(retire, class_name="row end"),
            class_name="in",
        ),
        class_name="card gov-card",
        custom_attrs={"aria-label": row.label},
    )  # fmt: skip


def _file_dialog() -> rx.Component:
    body = rx.el.form(
        rx.el.p("向有资质的 CA（如 CFCA）申请企业签章证书，得到 .pfx 或 .p12 文件和密码。证书和私钥加密保存，不会再显示。", class_name="f2"),
        field(
            Field("file", "证书文件", kind="file", accept=".pfx,.p12", required=True, placeholder="拖到这里，或点按选择 .pfx、.p12 文件"),
            error=_error("file"),
        ),
        field(Field("password", "证书密码", kind="password"), error=_error("password")),
        field(Field("label", "名称（可不填）", maximum_length=80)),
        rx.el.div(
            closing(button("取消")), button("启用这个证书", look="p", kind="submit", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        id=FORM, class_name="form", custom_attrs={"noValidate": True},
        on_submit=lambda _data: send_form(FORM, "/api/signing/certificates", on_done=S.added),
    )  # fmt: skip
    return dialog("换证书文件", body, is_open=S.dialog == "file", on_open_change=S.close_dialog)


def _device_dialog() -> rx.Component:
    body = form(
        rx.el.p("私钥留在密码机或 UKey 里（PKCS#11）。服务器要先装好设备的驱动；登记时会用它试签一页白纸。", class_name="f2"),
        field(Field("module", "驱动文件路径", required=True, placeholder="/usr/lib/….so", maximum_length=200), error=_error("module")),
        field(Field("token", "设备标签", required=True, maximum_length=80), error=_error("token")),
        field(Field("pin", "PIN 码", kind="password", required=True, maximum_length=60), error=_error("pin")),
        field(Field("key_label", "设备里私钥的标签", required=True, maximum_length=80), error=_error("key_label")),
        field(Field("certificate", "证书（PEM，上级证书接在下面）", kind="textarea", required=True, maximum_length=30_000), error=_error("certificate")),
        field(Field("label", "名称（可不填）", maximum_length=80)),
        rx.el.div(
            closing(button("取消")), button("登记设备", look="p", kind="submit", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=S.add_device, guard=False,
    )  # fmt: skip
    return dialog("登记密码设备", body, is_open=S.dialog == "device", on_open_change=S.close_dialog)


@page(
    route="/settings/certificates",
    title="签章证书",
    permission=Permission.PARAMETERS_EDIT,
    on_load=S.load,
    nav="/settings/certificates",
)
def sign_certificates() -> Page:
    """Draw the page."""
    none = empty(
        "还没有签章证书", "第一次签章时系统会自动签发一张开发证书，只供试用；正式签约请换成有资质的 CA 发的证书。",
    )  # fmt: skip
    cards = rx.cond(S.rows.length() > 0, rx.el.div(rx.foreach(S.rows, _card), class_name="gov-col"), none)
    retire = confirm(
        "停用「" + S.retiring_label + "」", "之后的签章用另一张在用的证书，没有时用开发证书；它以前盖的章仍然有效。",
        "停用 1 张证书", S.retire, is_open=S.retiring > 0, on_open_change=S.close_dialog,
    )  # fmt: skip
    device = button("登记密码设备", on_click=S.open_dialog("device"))
    change = button("换证书文件", look="p", icon_name="upload", on_click=S.open_dialog("file"))
    return Page(
        [rx.cond(S.loading, skeleton_detail(), cards), _file_dialog(), _device_dialog(), retire],
        tools=[device],
        primary=change,
    )
