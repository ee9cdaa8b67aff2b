"""Sending one chosen file to the server's own upload route, so that it never passes through the socket."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx
from reflex.event import EventSpec


def send_file(input_id: str, *, kind: str, limit_bytes: int, on_done: Any) -> EventSpec:
    """Return the event that uploads the file chosen in an input; ``on_done({id, name} or {error})``."""
    script = (
        "(async () => {"
        f" const input = document.getElementById({json.dumps(input_id)}); const file = input?.files?.[0];"
        " if (!file) return {error: '请选择文件'};"
        f" if (file.size > {limit_bytes}) return {{error: '文件超过 {limit_bytes // 1_048_576} MB，请拆分后再传'}};"
        f" const body = new FormData(); body.append('kind', {json.dumps(kind)}); body.append('file', file);"
        " try { const answer = await fetch('/api/files', {method: 'POST', body}); const data = await answer.json();"
        " input.value = '';"
        " return answer.ok ? {id: data.id, name: file.name} : {error: data.error || '没有上传成功，请重试'}; }"
        " catch { return {error: '网络中断，文件没有上传，可以重试'}; } })()"
    )
    return rx.call_script(script, callback=on_done)
