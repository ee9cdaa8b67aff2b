"""Calls to providers over HTTP, guarded: known hosts or public addresses only, no redirects, short, small."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from loanhub.domain.errors import InvalidInput
from loanhub.domain.messages import Refused, Temporary, Unknown
from loanhub.settings import settings

TIMEOUT_SECONDS = 15
LARGEST_ANSWER = 65_536


def allowed_private() -> frozenset[str]:
    """Return the hosts (``host:port``) of our own network that the operator lets messages go to."""
    return frozenset(one.strip() for one in settings().message_private_hosts.split(",") if one.strip())


def check_url(url: str, *, hosts: Collection[str] = (), field: str = "url") -> str:
    """Return an address to send to: https, one of ``hosts`` when given; private hosts only as the operator allows.

    Raises:
        InvalidInput: under ``field``.
    """
    parts = urlsplit(url.strip())
    try:
        place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError:
        raise InvalidInput(fields={field: "地址写法不对"}) from None
    if place in allowed_private():
        return url.strip()
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise InvalidInput(fields={field: "填以 https:// 开头的地址"})
    if hosts and parts.hostname not in hosts:
        raise InvalidInput(fields={field: f"地址应在 {'、'.join(sorted(hosts))} 上"})
    return url.strip()


def public_address(host: str, port: int) -> str:
    """Return the address to connect to, resolved once, so that a second answer of the name server cannot differ.

    Raises:
        Refused: it lies in a private, local or reserved network and the operator has not allowed it.
        Temporary: the name cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Temporary(f"找不到主机 {host}") from None
    addresses = [str(one[4][0]) for one in found]
    if f"{host}:{port}" not in allowed_private():
        for address in addresses:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                raise Refused(f"{host} 在内部网络里，不能向它发送")
    return addresses[0]


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    hosts: Collection[str] = (),
    most: int = LARGEST_ANSWER,
) -> tuple[int, bytes]:
    """Post ``body`` and return status and answer (its first ``most`` bytes); a redirect is an answer like another.

    Raises:
        Refused: the address may not be called.
        Temporary: nobody answers there.
        Unknown: the body was sent and no answer came.
    """
    return _call("POST", url, body=body, headers=headers, hosts=hosts, most=most)


def fetch(url: str, *, most: int) -> bytes:
    """Return what lies at ``url``, at most ``most`` bytes.

    Raises:
        Refused: the address may not be called, says no, or gives more.
        Temporary, Unknown: it did not answer well; a later try may do.
    """
    status, content = _call("GET", url, body=None, headers={}, hosts=(), most=most + 1)
    judge(status, urlsplit(url).hostname or "")
    if len(content) > most:
        raise Refused("文件太大")
    return content


def _call(
    method: str,
    url: str,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    hosts: Collection[str],
    most: int,
) -> tuple[int, bytes]:
    try:
        parts = urlsplit(check_url(url, hosts=hosts))
    except InvalidInput as fault:
        raise Refused(next(iter(fault.fields.values()))) from None
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(host, port)
    shown = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{shown}:{port}", parts.path or "/", parts.query, ""))
    extensions: dict[str, Any] = {"sni_hostname": host} if parts.scheme == "https" else {}
    wanted = {"Host": host if parts.port is None else f"{host}:{port}", **headers}
    try:
        with (
            httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, target, content=body, headers=wanted, extensions=extensions) as answer,
        ):
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) >= most:
                    break
            return answer.status_code, bytes(content[:most])
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
        raise Temporary(f"连不上 {host}：{type(fault).__name__}") from None
    except httpx.HTTPError as fault:
        raise Unknown(f"{host} 没有回应：{type(fault).__name__}") from None


def judge(status: int, host: str) -> None:
    """Return quietly for a good status.

    Raises:
        Temporary: too many requests, or a fault of theirs.
        Refused: anything else.
    """
    if status == 429 or status >= 500:
        raise Temporary(f"{host} 返回 {status}")
    if not 200 <= status < 300:
        raise Refused(f"{host} 返回 {status}")
