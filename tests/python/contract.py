"""What the contract's tests share: the module under test, and small helpers.

Its fixtures are in contract_fixtures.py.

The tests describe smtplib's behaviour, item by item; a comment "# smtplib
C19" gives each item's letter and number. With PNEU_TEST_STANDARD=1 they run
against Python's own smtplib, which proves the tests; where pneu.smtplib
differs on purpose, a test says how, and STANDARD tells which one it is.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scripted import Server

STANDARD = os.environ.get("PNEU_TEST_STANDARD") == "1"
NAME = "smtplib" if STANDARD else "pneu.smtplib"
smtplib: Any = importlib.import_module(NAME)

ME = "client.example"
SECONDS = 10
MESSAGE = "From: a@x.example\r\nSubject: hi\r\n\r\nhello\r\n"

only_pneu = pytest.mark.skipif(STANDARD, reason="what pneu does better")
only_standard = pytest.mark.skipif(not STANDARD, reason="smtplib's own way")

Serve = Callable[..., Server]
Connect = Callable[..., Any]

_heard: list[list[tuple[str, tuple[Any, ...]]]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard and event.startswith("smtplib."):
        for each in _heard:
            each.append((event, arguments))


sys.addaudithook(_audit)


@contextmanager
def audited() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """The audit events whose names begin with "smtplib." meanwhile."""
    events: list[tuple[str, tuple[Any, ...]]] = []
    _heard.append(events)
    try:
        yield events
    finally:
        _heard.remove(events)


def mute(client: Any) -> None:
    """Sees to it that the client's next write fails."""
    client.sock.shutdown(smtplib.socket.SHUT_WR)
