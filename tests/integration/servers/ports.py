"""Free ports, and waiting until a server is there."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Callable


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 15.0,
               explain: Callable[[], str] = lambda: "") -> None:
    """Polls until ready() is true; TimeoutError says what was missing."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(
                f"{what}: not there after {seconds:g} s\n{explain()}")
        time.sleep(0.02)


def answers(host: str, port: int) -> bool:
    """True if the server on that port greets with 220."""
    try:
        with socket.create_connection((host, port), timeout=2) as line:
            greeting = line.recv(512)
            line.sendall(b"QUIT\r\n")
            return greeting.startswith(b"220")
    except OSError:
        return False


def accepts(path: Path) -> bool:
    """True if somebody listens on that Unix socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(path))
            return True
    except OSError:
        return False


def own_address() -> str | None:
    """An IPv4 address of this machine that is not loopback, if it has one.
    Connecting a datagram socket sends nothing; it only asks for the route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith(("127.", "0.")) else address
