#!/usr/bin/python3 -B
"""Sends by smtplib, or by a module that is used as smtplib is."""
from __future__ import annotations

import importlib
import platform
from types import ModuleType
from typing import Any

from driver import SENDER, Meter, Task, parser, pneu_version, task


def version(module: str) -> str:
    importlib.import_module(module)
    return (f"Python {platform.python_version()}" if module == "smtplib"
            else pneu_version())


def connect(module: ModuleType, work: Task) -> Any:
    if work.context:
        return module.SMTP_SSL(work.host, work.port, "client.example",
                               context=work.context)
    return module.SMTP(work.host, work.port, "client.example")


def send(smtp: Any, work: Task, messages: int) -> None:
    for _ in range(messages):
        if smtp.sendmail(SENDER, work.recipients, work.message):
            raise SystemExit("a recipient was refused")


def run(work: Task) -> None:
    meter = Meter()
    with connect(importlib.import_module(work.module), work) as smtp:
        smtp.ehlo()
        send(smtp, work, work.warm_up)
        meter.start()
        send(smtp, work, work.messages)
        meter.stop()
    meter.print(work.messages)


if __name__ == "__main__":
    given = parser().parse_args()
    print(version(given.module)) if given.version else run(task(given))
