"""What is measured: the peers, the servers and the workloads. What is to be
compared besides is one more line in one of these tables."""
from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DRIVERS = ROOT / "bench/drivers"
BASE = "smtplib"  # the peer that the others are compared with


@dataclass(frozen=True)
class Peer:
    """One client: a driver is a program that bench/README.md describes."""
    name: str
    driver: tuple[str, ...]

    def version(self, environment: dict[str, str]) -> str | None:
        """Its version; None if it is not installed, or not built."""
        asked = subprocess.run([*self.driver, "--version"], text=True,
                               stdout=subprocess.PIPE, env=environment,
                               stderr=subprocess.DEVNULL, check=False)
        return asked.stdout.strip() if asked.returncode == 0 else None


@dataclass(frozen=True)
class Server:
    """A `pneu sink` with these options."""
    name: str
    options: tuple[str, ...] = ()
    tls: bool = False


@dataclass(frozen=True)
class Workload:
    server: Server
    recipients: int
    messages: int  # in one round
    octets: int = 1024

    @property
    def title(self) -> str:
        people = ("1 recipient" if self.recipients == 1
                  else f"{self.recipients} recipients")
        return f"{self.octets} octets to {people}, {self.server.name}"


def python(driver: str, module: str) -> tuple[str, ...]:
    return (sys.executable, "-B", str(DRIVERS / driver), module)


PEERS = (
    Peer("smtplib", python("blocking.py", "smtplib")),
    Peer("pneu.smtplib", python("blocking.py", "pneu.smtplib")),
    Peer("bare socket", python("bare.py", "socket")),
    Peer("aiosmtplib", python("coroutines.py", "aiosmtplib")),
    Peer("pneu.aio", python("coroutines.py", "pneu.aio")),
)

PIPELINING = Server("PIPELINING offered")
LOCK_STEP = Server("PIPELINING not offered", ("--without", "PIPELINING"))
TLS = Server("PIPELINING offered, over TLS", tls=True)

WORKLOADS = tuple(
    Workload(server, recipients, messages)
    for server in (PIPELINING, LOCK_STEP, TLS)
    for recipients, messages in ((1, 4000), (10, 1000)))


def environment(build: Path) -> dict[str, str]:
    """That of every driver, so that it finds what was built."""
    return {**os.environ, "PYTHONPATH": str(build.resolve() / "python"),
            "PYTHONHASHSEED": "0"}


def message(octets: int) -> bytes:
    """A message of so many octets, in lines of 64."""
    head = (b"From: <ann@example.com>\r\nTo: <bob0@example.com>\r\n"
            b"Subject: a message of a certain size\r\n\r\n")
    text = (b"A line as long as those that people write in their letters.   "
            b"\r\n")
    whole = head + text * (octets // len(text) + 1)
    return whole[:octets - 2] + b"\r\n"
