"""What a worker does again and again beside its requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog


@contextlib.asynccontextmanager
async def repeating(name: str, seconds: float, act: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Act every so many seconds while the block runs; one that fails is logged, and the next one comes all the same."""
    log = structlog.get_logger(f"loanhub.{name}")

    async def go_on() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await act()
            except Exception:
                log.exception("failed")

    task = asyncio.create_task(go_on(), name=f"loanhub_{name}")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
