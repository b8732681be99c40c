"""What the drivers in Python have in common: the command line, the meter, and
what is printed at the end. bench/README.md says what a driver must do."""
from __future__ import annotations

import argparse
import importlib
import json
import resource
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

SENDER = "ann@example.com"


@dataclass(frozen=True)
class Task:
    """What a driver is asked to do."""
    module: str
    host: str
    port: int
    messages: int
    warm_up: int
    recipients: list[str]
    message: bytes
    context: ssl.SSLContext | None  # for implicit TLS; None: in the clear


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser()
    words.add_argument("module", help="the module that is imported")
    words.add_argument("--version", action="store_true",
                       help="print the module's version and end")
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--port", type=int, default=0)
    words.add_argument("--messages", type=int, default=1)
    words.add_argument("--warm-up", type=int, default=0)
    words.add_argument("--recipients", type=int, default=1)
    words.add_argument("--message", type=Path, help="the file to send")
    words.add_argument("--ca-file", help="TLS from the first octet")
    return words


def pneu_version() -> str:
    return str(importlib.import_module("pneu._pneu").version())


def task(given: argparse.Namespace) -> Task:
    context = (ssl.create_default_context(cafile=given.ca_file)
               if given.ca_file else None)
    names = [f"bob{number}@example.com" for number in range(given.recipients)]
    return Task(given.module, given.host, given.port, given.messages,
                given.warm_up, names, given.message.read_bytes(), context)


class Meter:
    """The CPU time and the time by the clock of what is measured; all that
    was used before start() is the start-up."""

    def start(self) -> None:
        self.before = resource.getrusage(resource.RUSAGE_SELF)
        self.clock = time.perf_counter()

    def stop(self) -> None:
        self.seconds = time.perf_counter() - self.clock
        self.after = resource.getrusage(resource.RUSAGE_SELF)

    def print(self, messages: int) -> None:
        print(json.dumps({
            "messages": messages,
            "user_us": 1e6 * (self.after.ru_utime - self.before.ru_utime),
            "system_us": 1e6 * (self.after.ru_stime - self.before.ru_stime),
            "wall_us": 1e6 * self.seconds,
            "start_up_us": 1e6 * (self.before.ru_utime
                                  + self.before.ru_stime),
            "rss_kib": self.after.ru_maxrss,
        }))
