"""JSON read without forgiveness: what a figure comes from must say one thing only."""

from __future__ import annotations

import json
from typing import Any

from loanhub.domain.errors import InvalidInput


class NotJson(InvalidInput):
    """The text is not JSON, or says something twice."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, fields={"body": sentence})


def loads(text: str | bytes) -> Any:
    """Return what a JSON text holds; numbers with a point stay floats, so that a reader can refuse them.

    Raises:
        NotJson: no JSON, not UTF-8, a key that stands twice in one object, or NaN and the like.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except NotJson:
        raise
    except RecursionError:
        raise NotJson("JSON 嵌套过深") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"不是合法的 JSON（第 {error.lineno} 行第 {error.colno} 个字符）") from None
    except ValueError:
        raise NotJson("不是合法的 UTF-8 JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise NotJson(f"JSON 中「{key[:40]}」出现了两次")
        found[key] = value
    return found


def _no_number(text: str) -> Any:
    raise NotJson(f"JSON 中的 {text} 不是数")
