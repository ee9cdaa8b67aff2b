"""Reflex configuration: one port, memory state unless Redis is set, and a bundle that fits any host and port."""

import re
from pathlib import Path
from typing import Any

import reflex as rx

from loanhub.settings import settings

NEW_VERSION = "A new version of this app is available."


class PortableBundle(rx.plugins.Plugin):
    """Replace the address baked into the bundle by the one the page was loaded from.

    Without it a bundle built for port A cannot be served on port B. ``loanhub build`` fails when
    ``location.origin`` is missing afterwards, so that an upgrade of Reflex cannot undo it silently.
    """

    def post_build(self, **context: Any) -> None:
        """Rewrite ``reflex-env-*.js`` before it is compressed."""
        for file in (Path(context["static_dir"]) / "assets").glob("reflex-env-*.js"):
            text = file.read_text(encoding="utf-8")
            text = re.sub(r"`ws://localhost:\d+", "location.origin.replace(/^http/,`ws`)+`", text)
            text = re.sub(r"`http://localhost:\d+", "location.origin+`", text)
            file.write_text(text, encoding="utf-8")


class ChineseNotice(rx.plugins.Plugin):
    """Translate the one sentence of Reflex that reaches people: the page is older than the server.

    ``loanhub build`` fails when the English one is still there afterwards.
    """

    def post_build(self, **context: Any) -> None:
        """Rewrite the sentence and its button in the bundle before it is compressed."""
        for file in (Path(context["static_dir"]) / "assets").glob("*.js"):
            text = file.read_text(encoding="utf-8")
            if NEW_VERSION in text:
                text = text.replace(NEW_VERSION, "贷通已更新，这一页还是旧的。")
                text = text.replace("textContent=`Reload`", "textContent=`重新载入`")
                file.write_text(text, encoding="utf-8")


current = settings()

config = rx.Config(
    app_name="loanhub",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_port=current.port,
    backend_port=current.port,
    backend_host="0.0.0.0",  # noqa: S104 - reached through the proxy or the company network
    state_manager_mode="redis" if current.redis_url else "memory",
    redis_url=current.redis_url or None,
    cors_allowed_origins=list(current.origins),
    trusted_proxy_hops=current.trusted_proxy_hops,
    plugins=[
        rx.plugins.RadixThemesPlugin(
            theme=rx.theme(
                accent_color="teal", gray_color="sand", radius="medium", scaling="100%", has_background=False
            )
        ),
        PortableBundle(),
        ChineseNotice(),
    ],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
