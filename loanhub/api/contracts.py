"""Contracts as files: the stored PDF, its pages as pictures, the disclosure sheet, and the public check of a print."""

from __future__ import annotations

from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from loanhub.api._routing import client_ip, pdf_response, route
from loanhub.domain.permissions import Permission
from loanhub.services import contracts, shell
from loanhub.services.contracts import view
from loanhub.services.contracts.view import Verification
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state._marks import needs, public

# Numbers follow each other, so that a stranger could walk through them: slowly.
_checks = Bucket(per_minute=20, burst=20)


@route("/api/contracts/{contract_id:int}/pdf")
@needs(Permission.CONTRACTS_READ)
async def pdf(request: Request) -> Response:
    """Send the stored bytes: inside a page, or with ``?download=1`` as an attachment; ``?print=1`` is logged already.

    ``&first=3`` is what is sent to the printer: the copies of the printing that began with number 3, numbered at the foot.
    """
    contract_id = request.path_params["contract_id"]
    printing = request.query_params.get("print") == "1"
    first = request.query_params.get("first", "")
    if printing and first.isascii() and first.isdigit() and len(first) < 7:
        name, content = await run_in_threadpool(
            lambda: contracts.printed_pdf(
                request.state.actor, contract_id=contract_id, first_copy=int(first), now=utc_now()
            )
        )
        return pdf_response(name, content, attached=False)
    name, content = await run_in_threadpool(
        lambda: contracts.open_pdf(
            request.state.actor, contract_id=contract_id, record=not printing, now=utc_now()
        )
    )
    return pdf_response(name, content, attached=request.query_params.get("download") == "1")


@route("/api/contracts/{contract_id:int}/pages/{page:int}.png")
@needs(Permission.CONTRACTS_READ)
async def page(request: Request) -> Response:
    """Send one page as a picture."""
    contract_id, number = request.path_params["contract_id"], request.path_params["page"]
    picture = await run_in_threadpool(
        lambda: view.page_picture(request.state.actor, contract_id=contract_id, page=number, now=utc_now())
    )
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


@route("/api/contracts/{contract_id:int}/thumbnails.png")
@needs(Permission.CONTRACTS_READ)
async def thumbnails(request: Request) -> Response:
    """Send all pages, small and below each other, as one picture."""
    contract_id = request.path_params["contract_id"]
    picture = await run_in_threadpool(
        lambda: view.thumbnails(request.state.actor, contract_id=contract_id, now=utc_now())
    )
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


@route("/api/contracts/{contract_id:int}/disclosure.pdf")
@needs(Permission.CONTRACTS_READ)
async def disclosure(request: Request) -> Response:
    """Send the disclosure sheet 综合融资成本明示表 of the contract's terms."""
    name, content = await run_in_threadpool(
        lambda: contracts.sheet_pdf(
            request.state.actor, contract_id=request.path_params["contract_id"], now=utc_now()
        )
    )
    return pdf_response(name, content, attached=request.query_params.get("download") == "1")


@route("/verify/{number}")
@public
async def verify(request: Request) -> Response:
    """Tell anybody with a printed contract whether we made it and how it stands; behind the QR code on each contract."""
    if not _checks.take(client_ip(request)):
        return HTMLResponse(_page("请稍后再试", "查询太频繁", "一分钟后再扫码一次。", ""), 429)
    number = str(request.path_params["number"])[:60]
    found = await run_in_threadpool(lambda: view.verify(number))
    if found is None:
        text = (
            "这个编号不是我们出具的，或者编号有误。请核对纸上的合同编号；仍有疑问时，请向合同上的出借人核实。"
        )
        return HTMLResponse(
            _page("没有这份合同", "查无此编号", text, _row("查询编号", number), bad=True), 404
        )
    return HTMLResponse(_verified(found))


def _verified(found: Verification) -> str:
    rows = [
        ("合同编号", found.number), ("文书", found.kind), ("状态", found.status), ("生成日期", found.created_on),
        ("签署日期", found.signed_on), ("电子签章", found.seal or "无"), ("时间戳", found.stamped_at or "无"), ("页数", f"{found.page_count} 页"), ("文件指纹", found.fingerprint),
    ]  # fmt: skip
    if found.void:
        title, text = "这份合同已作废", f"合同已经作废，不再有效。{found.newer}"
    else:
        title, text = "编号属实", "这个编号的合同由我们出具。请核对纸上的编号、页数与下表一致。"
    facts = "".join(_row(label, value) for label, value in rows)
    return _page(
        title, title, text, f"<dl>{facts}</dl>{compare_form(found.number)}", bad=found.void, raw=True
    )


def _row(label: str, value: str) -> str:
    return f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>"


_STYLE = """
:root{color-scheme:light dark;--bg:#f2f0ea;--sheet:#fff;--fg:#171c1a;--fg2:#56605b;--line:#e3dfd5;--mark:#0f6b5f;--bad:#b3311c}
@media(prefers-color-scheme:dark){:root{--bg:#101413;--sheet:#191f1d;--fg:#edf0ee;--fg2:#a9b3ae;--line:#2d3532;--mark:#63cdb9;--bad:#ff9c86}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/24px system-ui,"PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif}
main{max-width:480px;margin:0 auto;padding:32px 16px}header{color:var(--fg2);font-size:13px;margin-bottom:12px}
section{background:var(--sheet);border-radius:16px;padding:24px;border:1px solid var(--line)}
h1{font-size:22px;line-height:30px;margin:0 0 6px;color:var(--mark)}.bad h1{color:var(--bad)}p{margin:0 0 16px;color:var(--fg2)}
dl{display:grid;grid-template-columns:88px 1fr;margin:0;border-top:1px solid var(--line)}dt,dd{margin:0;padding:9px 0;border-bottom:1px solid var(--line)}
dt{color:var(--fg2)}dd{text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}form{display:grid;grid-template-columns:minmax(0,1fr);gap:8px;margin-top:20px;border-top:1px solid var(--line);padding-top:16px}label{color:var(--fg2)}
input,button{font:inherit;min-height:44px;max-width:100%}button{border:0;border-radius:10px;background:var(--mark);color:var(--sheet);font-weight:600}a{color:var(--mark)}
footer{color:var(--fg2);font-size:12px;line-height:20px;margin-top:16px}
"""


def compare_form(number: str) -> str:
    """Return the form that compares a file with the one we keep."""
    return (
        f'<form method="post" action="/verify" enctype="multipart/form-data"><input type="hidden" name="number" value="{escape(number)}">'
        '<label for="file">手里有电子版？选文件核对是不是原件</label>'
        '<input id="file" name="file" type="file" accept="application/pdf,.pdf" required>'
        "<button>核对文件</button></form>"
    )


def _page(title: str, heading: str, text: str, rows: str, *, bad: bool = False, raw: bool = False) -> str:
    # ``raw``: more than rows of the list, already put together.
    facts = rows if raw or rows.startswith("<form") else f"<dl>{rows}</dl>" if rows else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        '<link rel="icon" href="/logo.svg" type="image/svg+xml">'
        f"<title>{escape(title)} · 合同核验</title><style>{_STYLE}</style></head><body><main>"
        f"<header>{escape(shell.brand(now=utc_now()))} · 合同核验</header>"
        f'<section class="{"bad" if bad else ""}"><h1>{escape(heading)}</h1><p>{escape(text)}</p>{facts}</section>'
        "<footer>本页只核对编号与文件，不显示任何个人信息和金额。文件指纹是合同文件 SHA-256 的前 16 位。</footer>"
        "</main></body></html>"
    )
