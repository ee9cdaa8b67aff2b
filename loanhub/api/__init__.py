"""The HTTP side: routes beside Reflex, and the armor around both.

``loanhub.py`` passes ``api_transformers()`` to ``rx.App(api_transformer=…)``. A route module is found by
itself: every public module of this folder is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from loanhub.api._middleware import Armor
from loanhub.api._routing import ROUTES

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_api() -> Starlette:
    """Return the Starlette app with every route of this folder; Reflex mounts itself behind it."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
    specs = {id(spec): spec for spec in ROUTES.values()}.values()
    routes = [Route(s.path, s.endpoint, methods=list(s.methods), name=s.name) for s in specs]

    async def unknown(request: Request) -> JSONResponse:
        """Answer a machine in its own form: behind this stands the front end, whose 404 is a page for people."""
        here = [route.methods or () for route in routes if route.path_regex.match(request.url.path)]
        if not here:
            return JSONResponse({"error": "没有这个接口"}, 404)
        allowed = ", ".join(sorted({method for methods in here for method in methods}))
        return JSONResponse({"error": f"这个接口不接受 {request.method}"}, 405, {"Allow": allowed})

    return Starlette(routes=[*routes, Route("/api/{rest:path}", unknown, methods=METHODS)])


def api_transformers() -> list[Starlette | Callable[[ASGIApp], Any]]:
    """Return what ``rx.App`` needs to serve the routes and put the armor around everything."""
    return [create_api(), Armor]
