"""The documents of customer 360: the checklist with its files, the preview beside it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button, link_button, note
from loanhub.components.dialogs import confirm
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.components.upload import dropped_into, send_files
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import may, when
from loanhub.pages._upload_link import upload_link_button, upload_link_dialog
from loanhub.settings import settings
from loanhub.state.customer_documents import CustomerDocumentsState

T = CustomerDocumentsState
FILES = "image/jpeg,image/png,image/webp,application/pdf,audio/mpeg,audio/mp4,audio/wav,audio/ogg,video/mp4,video/webm"


def limit_bytes() -> int:
    return max(settings().upload_photo_bytes, settings().upload_pdf_bytes, settings().upload_video_bytes)


def opener(input_id: Any) -> Any:
    """Return the event that opens the file chooser of a hidden input."""
    return rx.call_script("document.getElementById('" + rx.Var.create(input_id).to(str) + "')?.click()")


def hidden_input(input_id: str, *, on_change: Any, camera: bool = False, many: bool = False) -> rx.Component:
    attrs: dict[str, Any] = {"id": input_id, "accept": "image/*" if camera else FILES, "aria-hidden": "true"}
    if many:
        attrs["multiple"] = True
    if camera:
        attrs["capture"] = "environment"
    return rx.el.input(type="file", class_name="vh", tab_index=-1, on_change=on_change, custom_attrs=attrs)


def documents_tab() -> rx.Component:
    """The checklist with its files, and the preview beside it."""

    def shelf(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.h3(one.title), rx.el.span(one.count, class_name="n"), class_name="sec-h"),
            rx.el.div(rx.foreach(one.tiles, _tile), class_name="dgg"),
        )

    kinds = [
        hidden_input(
            f"doc-{kind.value}",
            many=True,
            on_change=[
                T.start_upload,
                send_files(
                    f"doc-{kind.value}", list_id="doc-progress", kind=kind.value, limit_bytes=limit_bytes(),
                    on_done=lambda answers, kind=kind: T.uploaded(kind.value, answers),
                ),
            ],
        )
        for kind in DocumentKind
    ]  # fmt: skip
    kinds.append(
        hidden_input(
            "doc-camera", camera=True,
            on_change=[
                T.start_upload,
                send_files(
                    "doc-camera", list_id="doc-progress", kind="visit_photo", limit_bytes=limit_bytes(),
                    on_done=lambda answers: T.uploaded("visit_photo", answers),
                ),
            ],
        )
    )  # fmt: skip
    upload = when(
        Permission.DOCUMENTS_UPLOAD,
        rx.el.div(
            icon("upload"),
            rx.el.span("拖入或选择图片、PDF、录音、视频；手机可直接拍"),
            rx.el.span(class_name="grow"),
            rx.cond(T.uploading, rx.el.span(rx.el.i(class_name="spin"), " 正在上传", class_name="row g2"), rx.fragment()),
            button("其他资料", icon_name="paperclip", size="sm", on_click=opener("doc-other")),
            button("拍面签照片", icon_name="camera", size="sm", on_click=opener("doc-camera")),
            rx.cond(T.asking > 0, upload_link_button(T.asking, size="sm"), rx.fragment()),
            rx.el.ul(id="doc-progress", class_name="uplist", custom_attrs={"aria-live": "polite", "aria-label": "正在上传的文件"}),
            class_name="upz",
            custom_attrs=dropped_into("doc-other"),
        ),
    )  # fmt: skip
    left = rx.el.div(_summary(), upload, rx.foreach(T.shelves, shelf), class_name="col g5")
    return rx.fragment(rx.el.div(left, _preview(), class_name="dl3"), rx.el.div(*kinds), upload_link_dialog())


def _summary() -> rx.Component:
    """How far the checklist is, who asks for it, and by name what is missing."""
    lacking = rx.cond(
        T.missing.length() > 0,
        rx.el.ul(
            rx.foreach(
                T.missing,
                lambda one: rx.el.li(
                    icon(rx.cond(one["expired"] != "", "calendar-x", "circle-dashed"), "s", "fw"),
                    rx.el.span(one["label"], class_name=rx.cond(one["due"] != "", "", "f3")),
                    rx.cond(one["note"] != "", rx.el.span(one["note"], class_name=rx.cond(one["expired"] != "", "t12 fr", "t12 f3")), rx.fragment()),
                    class_name="chip",
                ),
            ),
            class_name="row g2 wrap",
            custom_attrs={"aria-label": "待补的资料"},
        ),
        rx.fragment(),
    )  # fmt: skip
    state = rx.cond(
        T.missing.length() > 0,
        rx.el.span("还差 ", T.missing.length(), " 项", class_name="fw"),
        rx.el.span("齐了", class_name="fg-ok"),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("资料清单"),
            rx.el.span(T.done_text, class_name="n"),
            state,
            rx.el.span(class_name="grow"),
            rx.el.span(T.asked_by, class_name="t12 f3 el"),
            rx.cond(T.stage != "", rx.el.span("现在：", T.stage, class_name="t12 f3 nw"), rx.fragment()),
            rx.cond(
                T.there & may(Permission.DOCUMENTS_EXPORT),
                link_button("打包下载", T.packing, size="sm", look="g", icon_name="package"),
                rx.fragment(),
            ),
            class_name="sec-h",
        ),
        lacking,
        class_name="dsum",
    )


def _mark(one: Any) -> rx.Component:
    """The state of a file in shape and words."""
    name = rx.match(
        one.state,
        ("present", "circle-check"),
        ("expiring", "clock"),
        ("expired", "calendar-x"),
        ("pending", "eye"),
        "history",
    )
    tone = rx.match(
        one.state, ("present", "fg-ok"), ("expiring", "fw"), ("expired", "fr"), ("pending", "fw"), "f3"
    )
    words = rx.cond(
        (one.until != "") & (one.state != "optional") & (one.state != "pending"),
        rx.Var.create("有效至 ") + one.until,
        one.state_label,
    )
    return rx.el.span(icon(name, "xs"), words, class_name=rx.Var.create("row g1 t12 ") + tone.to(str))


def _tile(one: Any) -> rx.Component:
    picture = rx.el.img(
        src=rx.Var.create("/api/files/") + one.id.to(str) + "?thumb=1", alt="", loading="lazy"
    )
    there = rx.el.button(
        rx.el.span(rx.cond(one.picture, picture, icon(one.icon, "l")), class_name="th"),
        rx.el.span(
            rx.el.b(one.label, class_name="el grow"),
            rx.el.span(one.version, class_name="t12 f3"),
            class_name="row g1",
        ),
        _mark(one),
        rx.el.span(one.note, class_name="t12 f3 el"),
        type="button",
        title=one.more,
        on_click=T.choose(one.id),
        class_name=rx.cond(T.chosen.id == one.id, "dc on", "dc"),
    )
    wanted = rx.el.button(
        rx.el.span(icon(rx.cond(one.state == "original", "file-check", "upload"), "l"), class_name="th"),
        rx.el.b(one.label, class_name="el"),
        rx.el.span(one.note, class_name=rx.cond(one.state == "expired", "t12 fr", "t12 f3")),
        rx.cond(one.asked != "", rx.el.span(one.asked, " 要求", class_name="t12 f3 el"), rx.fragment()),
        type="button",
        on_click=opener(rx.Var.create("doc-") + one.kind),
        disabled=~may(Permission.DOCUMENTS_UPLOAD),
        title=one.more,
        class_name=rx.cond(one.state == "original", "dc", "dc miss"),
        custom_attrs=dropped_into(rx.Var.create("doc-") + one.kind),
    )
    return rx.cond(one.missing, wanted, there)


def _review() -> rx.Component:
    """What the customer handed in by a link waits for somebody to look at it."""
    error = rx.cond(T.field_errors.contains("reason"), T.field_errors["reason"], "").to(str)
    return rx.el.section(
        note("客户从补件链接上传，核对后才计入资料清单。", "warn"),
        form(
            field(
                Field(key="back_reason", label="退回原因", maximum_length=200, placeholder="例如：反光看不清，重拍"),
                error=error,
            ),
            rx.el.div(
                button("退回", icon_name="undo-2", kind="submit", writes=True),
                button("核对通过", look="p", icon_name="check", writes=True, on_click=T.accept),
                class_name="row g3 end",
            ),
            on_submit=T.send_back,
            guard=False,
            key="back" + T.chosen.id.to(str),
        ),
        class_name="col g3",
        custom_attrs={"aria-label": "核对补件"},
    )  # fmt: skip


def _preview() -> rx.Component:
    one = T.chosen
    source = rx.Var.create("/api/files/") + one.id.to(str) + "?preview=1"
    shown = rx.match(
        one.look,
        ("picture", rx.el.img(src=source, alt=one.label)),
        ("pdf", rx.el.iframe(src=source, title=one.label)),
        (
            "audio",
            rx.el.audio(src=source, controls=True, preload="none", custom_attrs={"aria-label": one.label}),
        ),
        (
            "video",
            rx.el.video(src=source, controls=True, preload="none", custom_attrs={"aria-label": one.label}),
        ),
        rx.el.p("这种文件不能预览，请下载后查看", class_name="f3"),
    )
    tools = rx.el.div(
        rx.el.h3(one.label, class_name="grow el"),
        link_button("版本与处理", rx.Var.create("/archive?document=") + one.id.to(str), size="sm", look="g"),
        file_link("下载", rx.Var.create("/api/files/") + one.id.to(str), size="sm", look="g"),
        when(
            Permission.DOCUMENTS_UPLOAD,
            confirm(
                "移除这份资料？", "资料不再出现在清单里，移除的记录和原件仍保留供审计。", "移除 1 份资料", T.remove_document,
                trigger=icon_button("trash-2", "移除", size="sm"),
            ),
        ),
        class_name="sec-h",
    )  # fmt: skip
    relabel = when(
        Permission.DOCUMENTS_UPLOAD,
        form(
            rx.el.div(
                field(Field(key="kind", label="资料类型", kind="select", options=DocumentKind.options()), value=one.kind),
                field(Field(key="label", label="名称", maximum_length=60), value=one.label),
                field(
                    Field(key="expires", label="有效期至", kind="date", help="不填时按证件资料或这类文件通常的有效天数"),
                    value=one.until,
                    error=rx.cond(T.field_errors.contains("expires"), T.field_errors["expires"], ""),
                ),
                class_name="form two-col",
            ),
            rx.el.div(button("保存归类", size="sm", kind="submit", writes=True), class_name="row end"),
            on_submit=T.relabel,
            guard=False,
            key=one.id.to(str),
        ),
    )  # fmt: skip
    full = rx.fragment(
        rx.el.section(tools, rx.el.p(one.more, class_name="t12 f3")),
        rx.cond(one.state == "pending", when(Permission.DOCUMENTS_UPLOAD, _review()), rx.fragment()),
        rx.el.div(shown, class_name="stage"),
        rx.el.section(relabel),
        rx.el.section(
            rx.el.div(rx.el.h3("访问记录"), class_name="sec-h"),
            rx.el.ul(
                rx.foreach(
                    T.looks,
                    lambda look: rx.el.li(
                        rx.el.b(look["by"]),
                        rx.el.span(look["what"], class_name="f2 grow"),
                        rx.el.time(look["at"], title=look["title"], class_name="t12 f3 nw"),
                    ),
                ),
                class_name="plist",
            ),
        ),
    )
    return rx.el.div(
        rx.cond(
            one.id > 0, full, empty("选一份资料预览", "图片、PDF、录音和视频可以直接在这里看。", small=True)
        ),
        class_name="dv",
    )
