#!/usr/bin/python3 -B
"""Sends by a module of coroutines, over asyncio: aiosmtplib or pneu.aio."""
from __future__ import annotations

import asyncio
import importlib
from types import ModuleType
from typing import Any

from driver import SENDER, Meter, Task, parser, pneu_version, task


def version(module: str) -> str:
    found = importlib.import_module(module)
    return (str(found.__version__) if module == "aiosmtplib"
            else pneu_version())


async def connect_aiosmtplib(module: ModuleType, work: Task) -> Any:
    smtp = module.SMTP(work.host, work.port, local_hostname="client.example",
                       use_tls=work.context is not None, start_tls=False,
                       tls_context=work.context)
    await smtp.connect()
    return smtp


async def connect_pneu(module: ModuleType, work: Task) -> Any:
    if work.context:
        smtp = module.SMTP_SSL(local_hostname="client.example",
                               context=work.context)
    else:
        smtp = module.SMTP(local_hostname="client.example")
    await smtp.connect(work.host, work.port)
    return smtp


async def send(smtp: Any, work: Task, messages: int) -> None:
    for _ in range(messages):
        refused = await smtp.sendmail(SENDER, work.recipients, work.message)
        if refused[0] if isinstance(refused, tuple) else refused:
            raise SystemExit("a recipient was refused")


async def run(work: Task) -> None:
    connect = (connect_aiosmtplib if work.module == "aiosmtplib"
               else connect_pneu)
    meter = Meter()
    smtp = await connect(importlib.import_module(work.module), work)
    await smtp.ehlo()
    await send(smtp, work, work.warm_up)
    meter.start()
    await send(smtp, work, work.messages)
    meter.stop()
    await smtp.quit()
    meter.print(work.messages)


if __name__ == "__main__":
    given = parser().parse_args()
    if given.version:
        print(version(given.module))
    else:
        asyncio.run(run(task(given)))
