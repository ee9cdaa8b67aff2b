"""Sending one chosen file to the server's own upload route, so that it never passes through the socket."""

from __future__ import annotations

import json
from typing import Any

import reflex as rx
from reflex.event import EventSpec
from reflex.vars import VarData


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


def dropped_into(input_id: Any) -> dict[str, Any]:
    """Return the attributes of a place where files may be dropped 拖入: they are chosen in a file input, as if by hand."""
    field = rx.Var.create(input_id)
    over = "((e) => { e.preventDefault(); e.currentTarget.dataset.over = '1' })"
    left = "((e) => { delete e.currentTarget.dataset.over })"
    dropped = (
        "((e) => { e.preventDefault(); delete e.currentTarget.dataset.over;"
        f" const input = document.getElementById({field!s});"
        " if (!input || !e.dataTransfer.files.length) return; input.files = e.dataTransfer.files;"
        " input.dispatchEvent(new Event('change', {bubbles: true})) })"
    )
    return {
        "onDragOver": rx.Var(over),
        "onDragLeave": rx.Var(left),
        "onDrop": rx.Var(dropped, _var_data=VarData.merge(field._get_all_var_data())),
    }


SHRINK = (
    " const shrink = async (file) => { if (!file.type.startsWith('image/') || file.size < 700000) return file;"
    " try { const picture = await createImageBitmap(file, {imageOrientation: 'from-image'});"
    " const scale = Math.min(1, 2560 / Math.max(picture.width, picture.height));"
    " const canvas = document.createElement('canvas'); canvas.width = Math.round(picture.width * scale);"
    " canvas.height = Math.round(picture.height * scale);"
    " canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);"
    " const blob = await new Promise((tell) => canvas.toBlob(tell, 'image/jpeg', 0.82));"
    " return blob && blob.size < file.size ? new File([blob], file.name.replace(/\\.[^.]*$/, '') + '.jpg', {type: 'image/jpeg'}) : file;"
    " } catch { return file; } };"
)
"""A camera's photo made small enough for a phone's connection: at most 2,560 px a side, and only when that saves bytes."""


def send_files(
    input_id: str, *, list_id: str, kind: str, limit_bytes: int, on_done: Any, shrink: bool = False,
    url: str = "/api/files", token_of_path: bool = False,
) -> EventSpec:  # fmt: skip
    """Return the event that uploads every file chosen in an input, one after the other.

    Each gets a line with its progress and a cancel button in the element ``list_id``, which stays outside Reflex's
    hands. ``on_done([{id, name} or {error, name}, …])`` comes once, at the end. ``shrink`` makes large photos smaller first.
    ``token_of_path`` sends the last part of the page's own address along, for a page behind a link.
    """
    script = (
        "(async () => {"
        f" const input = document.getElementById({json.dumps(input_id)}); const box = document.getElementById({json.dumps(list_id)});"
        " let chosen = [...(input?.files ?? [])].slice(0, 40); if (input) input.value = '';"
        " if (!chosen.length) return [{error: '请选择文件', name: ''}];"
        + (f"{SHRINK} chosen = await Promise.all(chosen.map(shrink));" if shrink else "")
        + " const lines = chosen.map((file) => { const line = document.createElement('li');"
        " const name = document.createElement('span'); name.textContent = file.name; name.className = 'el grow';"
        " const bar = document.createElement('progress'); bar.max = 100; bar.value = 0; bar.setAttribute('aria-label', file.name);"
        " const stop = document.createElement('button'); stop.type = 'button'; stop.textContent = '取消'; stop.className = 'btn g sm';"
        " line.append(name, bar, stop); box?.append(line); return {line, bar, stop, off: false}; });"
        " lines.forEach((one) => { one.stop.onclick = () => { one.off = true; one.request?.abort(); one.line.remove(); }; });"
        " const send = (file, one) => new Promise((tell) => {"
        " const say = (answer) => tell({...answer, name: file.name});"
        " if (one.off) return say({error: '已取消'});"
        f" if (file.size > {limit_bytes}) return say({{error: '文件超过 {limit_bytes // 1_048_576} MB，请拆分后再传'}});"
        f" const body = new FormData(); body.append('kind', {json.dumps(kind)}); body.append('file', file);"
        + (
            " body.append('token', location.pathname.split('/').filter(Boolean).pop());"
            if token_of_path
            else ""
        )
        + " const request = new XMLHttpRequest(); one.request = request; request.open('POST', "
        + json.dumps(url)
        + ");"
        " request.upload.onprogress = (event) => { if (event.lengthComputable) one.bar.value = 100 * event.loaded / event.total; };"
        " request.onload = () => { let data = {}; try { data = JSON.parse(request.responseText); } catch {}"
        " say(request.status === 201 ? {id: data.id} : {error: data.fields?.file || data.error || '没有上传成功，请重试'}); };"
        " request.onerror = () => say({error: '网络中断，文件没有上传，可以重试'});"
        " request.onabort = () => say({error: '已取消'}); request.send(body); });"
        " const answers = []; for (const [place, file] of chosen.entries()) {"
        " answers.push(await send(file, lines[place])); lines[place].line.remove(); }"
        " return answers; })()"
    )
    return rx.call_script(script, callback=on_done)


def send_form(form_id: str, url: str, *, on_done: Any) -> EventSpec:
    """Return the event that posts a whole form, files and secrets, to a route of ours; ``on_done({id} or {error, fields})``.

    Nothing of it passes through the socket or a State.
    """
    script = (
        "(async () => {"
        f" const form = document.getElementById({json.dumps(form_id)});"
        f" try {{ const answer = await fetch({json.dumps(url)}, {{method: 'POST', body: new FormData(form)}});"
        " const data = await answer.json(); if (answer.ok) form.reset();"
        " return answer.ok ? data : {error: data.error || '没有成功，请重试', fields: data.fields || {}}; }"
        " catch { return {error: '网络中断，可以重试', fields: {}}; } })()"
    )
    return rx.call_script(script, callback=on_done)
