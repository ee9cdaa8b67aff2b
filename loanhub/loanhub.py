"""The app: pages, HTTP routes, the guard and one error handler, put together."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import reflex as rx

from loanhub import collector, logging, pages
from loanhub.api import api_transformers
from loanhub.components.connection_banner import connection_banner
from loanhub.components.shell import before_paint
from loanhub.components.toasts import provider
from loanhub.jobs._job import running_jobs
from loanhub.settings import settings
from loanhub.state import _guard

logging.configure(settings().log_level)

STYLESHEETS = [
    "/tokens.css",
    "/theme-bridge.css",
    "/loanhub.css",
    "/board.css",
    "/work.css",
    "/customer.css",
    "/archive.css",
    "/loan.css",
    "/applications.css",
    "/collections.css",
    "/cockpit.css",
    "/reports.css",
    "/report_boards.css",
    "/wall.css",
    "/governance.css",
    "/calculator.css",
    "/capture.css",
    "/duplicates.css",
    "/signing.css",
    "/books.css",
    "/day_end.css",
]
DEVELOPMENT_PAGES = {"gallery"}


def _import_pages() -> None:
    """Import every page module, which registers its route; those for developers only while developing."""
    for module in pkgutil.iter_modules(pages.__path__):
        if module.name.startswith("_") or (module.name in DEVELOPMENT_PAGES and not settings().development):
            continue
        importlib.import_module(f"{pages.__name__}.{module.name}")


# A thread that waits for Python's lock asks for it after this long. A statement gives the lock away and takes it back a dozen
# times a move; with others computing, each of those waits lasted up to the default 5 ms (docs/performance.md).
sys.setswitchinterval(0.0005)

app = rx.App(
    html_lang="zh-CN",
    api_transformer=api_transformers(),
    stylesheets=STYLESHEETS,
    toaster=provider(),
    backend_exception_handler=_guard.show_error,
    head_components=[
        rx.el.meta(name="theme-color", content="#F2F0EA"),
        rx.el.meta(name="format-detection", content="telephone=no"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        rx.el.link(rel="icon", href="/logo.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/apple-touch-icon.png"),
        before_paint(),
    ],
)
# Replaces Reflex's own overlay, whose banner is English and appears late.
app.app_wraps[5, "Overlay"] = lambda stateful: rx.fragment(connection_banner()) if stateful else None

_import_pages()
_guard.install(app)
app.register_lifespan_task(running_jobs)
app.register_lifespan_task(collector.spare)
