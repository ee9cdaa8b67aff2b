"""The document of the interface, OpenAPI 3.1: drawn from the routes, their marks and the types they name.

A route under ``/api/v1`` says what it takes and answers beside its declaration, ``@route(…,
described=Described(…))``; the rest (addresses, permissions, refusals) is read off the route itself.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema
from typing_extensions import TypedDict

from loanhub.domain.choice import Choice
from loanhub.settings import settings

if TYPE_CHECKING:
    from loanhub.api._routing import RouteSpec

VERSIONED = "/api/v1/"
INTERFACE_VERSION = "1.0.0"
"""Of the addresses under /api/v1: the last number grows with additions, a break would be /api/v2."""


def security_schemes() -> dict[str, Any]:
    """Return how a caller says who it is, by the names that ``Described.security`` uses."""
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": settings().cookie_name,
            "description": "登录后的会话；改动数据的请求还须带本站的 Origin",
        },
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "description": "API 密钥（设置 → API 密钥），权限逐项授予；x-scopes 写明需要哪一项",
        },
    }


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a route under ``/api/v1`` takes and answers, for the document of the interface.

    Attributes:
        summary: what it does, in one Chinese line.
        tag: the noun under which readers find it.
        body: the type of the JSON body: a dataclass, TypedDict or pydantic model.
        query: a type whose fields are the query parameters.
        answer: the type of the JSON answered with ``status``; None answers no JSON.
        answered: what that answer is.
        refuses: further refusals by status; 401, 403, 404, 413, 422 and 429 are told where they can happen.
        security: which of ``security_schemes`` let a caller in; a public route ignores it.
    """

    summary: str
    tag: str
    body: Any = None
    query: Any = None
    answer: Any = None
    status: int = 200
    answered: str = "成功"
    description: str = ""
    refuses: Mapping[int, str] = field(default_factory=dict)
    security: tuple[str, ...] = ("session",)


_REF = "#/components/schemas/{model}"
_CONVERTERS = {"int": {"type": "integer", "minimum": 1}, "str": {"type": "string"}}
_DECIMAL = r"^-?[0-9]{1,12}(\.[0-9]{1,18})?$"


class Refusal(TypedDict, total=False):
    """An expected refusal 拒绝: one Chinese sentence, and for wrong input one for each field at fault."""

    error: str
    fields: dict[str, str]


class _Shapes(GenerateJsonSchema):
    """Types as they travel here: a decimal is always a text, an unknown field is refused, a code has a label."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> dict[str, Any]:
        return {"type": "string", "pattern": _DECIMAL}

    def enum_schema(self, schema: core_schema.EnumSchema) -> dict[str, Any]:
        found = super().enum_schema(schema)
        if issubclass(schema["cls"], Choice):
            found["x-enum-descriptions"] = [label for _, label in schema["cls"].options()]
        return found

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> dict[str, Any]:
        return _told(super().dataclass_schema(schema), schema["cls"], closed=self.mode == "validation")

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> dict[str, Any]:
        found = super().typed_dict_schema(schema)
        return _told(found, schema["cls"], closed=self.mode == "validation") if "cls" in schema else found


def _told(found: dict[str, Any], cls: type[Any], *, closed: bool) -> dict[str, Any]:
    """Add what the docstrings say of the object and of its attributes, inherited ones included."""
    found["description"] = inspect.cleandoc(cls.__doc__ or "").split("\n\n", 1)[0].replace("\n", " ")
    for one in reversed(cls.__mro__):
        text = inspect.cleandoc(one.__dict__.get("__doc__") or "")
        section = re.search(r"^Attributes:\n((?: {4}.*\n?)+)", text, re.MULTILINE)
        told = section.group(1) if section else ""
        for name, words in re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", told, re.MULTILINE):
            if name in found.get("properties", {}):
                found["properties"][name]["description"] = re.sub(r"\s+", " ", words)
    if closed:
        found["additionalProperties"] = False
    return found


def document(routes: Iterable[RouteSpec], *, server: str) -> dict[str, Any]:
    """Return the document of all described routes; ``server`` is the public address of this installation."""
    specs = [(spec, spec.described) for spec in routes if spec.described is not None]
    wanted: dict[tuple[Any, JsonSchemaMode], None] = {(Refusal, "serialization"): None}
    for _, told in specs:
        wanted |= {(shape, "validation"): None for shape in (told.body, told.query) if shape}
        wanted |= {(told.answer, "serialization"): None} if told.answer else {}
    schemas, shared = TypeAdapter.json_schemas(
        [(shape, mode, TypeAdapter(shape)) for shape, mode in wanted],
        ref_template=_REF,
        schema_generator=_Shapes,
    )
    paths: dict[str, dict[str, Any]] = {}
    components = shared.get("$defs", {})
    for spec, told in specs:
        for method in spec.methods:
            drawn = _operation(spec, told, method, schemas, components)
            paths.setdefault(_address(spec.path), {})[method.lower()] = drawn
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "贷通 LoanHub",
            "version": INTERFACE_VERSION,
            "description": "金额是以分为单位的整数，利率是小数字符串（0.144 即 14.4%），日期是 2026-01-15。",
        },
        "servers": [{"url": server}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": components, "securitySchemes": security_schemes()},
    }


def _address(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def _operation(
    spec: RouteSpec, told: Described, method: str, schemas: Mapping[Any, Any], components: Mapping[str, Any]
) -> dict[str, Any]:
    mark, refusals = spec.mark, dict(told.refuses)
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', _address(spec.path).lower()).strip('_')}",
        "summary": told.summary,
        "tags": [told.tag],
    }
    if told.description:
        operation["description"] = told.description
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _CONVERTERS[converter or "str"]}
        for name, converter in re.findall(r"\{(\w+)(?::(\w+))?\}", spec.path)
    ]
    if told.query:
        shape = schemas[told.query, "validation"]
        shape = components[shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
        needed = shape.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in needed, "schema": one}
            for name, one in shape["properties"].items()
        ]
    if parameters:
        operation["parameters"] = parameters
    if told.body:
        operation["requestBody"] = {"required": True, "content": _json(schemas[told.body, "validation"])}
        refusals.setdefault(413, "内容过大")
    if told.body or told.query:
        refusals.setdefault(422, "有字段不对：fields 里每个字段一句话")
    if "{" in spec.path:
        refusals.setdefault(404, "没有这条记录，或者无权看到")
    if mark.open_to_all:
        operation["security"] = []
    else:
        operation["security"] = [{scheme: []} for scheme in told.security]
        operation["x-permissions"] = [permission.value for permission in mark.permissions]
        if mark.key_scope:
            operation["x-scopes"] = mark.key_scope.split("|")
        refusals |= {401: "没有登录或登录已过期", 403: "没有权限", 429: "请求太快，稍后再试"}
    answer = {"description": told.answered}
    content = {"content": _json(schemas[told.answer, "serialization"])} if told.answer else {}
    refused = _json(schemas[Refusal, "serialization"])
    operation["responses"] = {str(told.status): answer | content} | {
        str(status): {"description": why, "content": refused} for status, why in sorted(refusals.items())
    }
    return operation


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
