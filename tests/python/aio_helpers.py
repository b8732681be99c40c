"""What the tests of pneu.aio share."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from pneu.aio import LMTP, SMTP
from scripted import Server

ME = "client.example"
SECONDS = 10
ANN = "ann@x.example"
BOB = "bob@x.example"
EVE = "eve@x.example"
MESSAGE = "From: ann@x.example\r\nSubject: hi\r\n\r\nhello\r\n"

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Runs it to its end, with asyncio's own checks on; nothing may be left
    over, neither an exception that nobody saw nor an open transport (warnings
    are errors in these tests)."""
    unseen: list[dict[str, Any]] = []

    async def watched() -> T:
        loop = asyncio.get_running_loop()
        loop.slow_callback_duration = 5
        loop.set_exception_handler(lambda _, context: unseen.append(context))
        return await work

    try:
        return asyncio.run(watched(), debug=True)
    finally:
        gc.collect(1)
        assert not unseen


def client(server: Server, kind: type[SMTP] | None = None, **more: Any
           ) -> SMTP:
    """One for this server, not connected."""
    kind = kind or (LMTP if server.lmtp else SMTP)
    named: dict[str, Any] = {"local_hostname": ME, "timeout": SECONDS, **more}
    return kind(*server.address, **named)


def with_client(server: Server, work: Callable[[SMTP], Awaitable[T]],
                kind: type[SMTP] | None = None, **more: Any) -> T:
    """Runs this with a connected client, which says QUIT then."""
    async def whole() -> T:
        async with client(server, kind, **more) as smtp:
            return await work(smtp)

    return run(whole())
