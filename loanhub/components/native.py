"""A form the browser itself posts: login and files need a real request, which Reflex forms never make."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.element import Element


class NativeForm(Element):
    """An HTML form without Reflex's submit handler."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    enc_type: rx.Var[str]


def native_form(
    *children: rx.Component, action: str, class_name: str = "form", files: bool = False
) -> rx.Component:
    """A form posted to a route of the server; ``files`` sends it as multipart."""
    encoding = "multipart/form-data" if files else "application/x-www-form-urlencoded"
    return NativeForm.create(
        *children, action=action, method="post", enc_type=encoding, class_name=class_name
    )
