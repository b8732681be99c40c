"""What the tests that use the module themselves have in common."""

from __future__ import annotations

import importlib
from email.message import EmailMessage
from typing import Any, Callable

import pytest
from servers.sink import Sink

from unchanged.instead import MODULE

smtplib: Any = importlib.import_module(MODULE)
Smtp: Any = smtplib.SMTP

ANN, BOB, CYD = "ann@example.com", "bob@example.com", "cyd@example.com"
LETTER = "Subject: hi\r\n\r\nHello.\r\n"
STORED = b"Subject: hi\n\nHello.\n"
BOTH = pytest.mark.parametrize("pipelining", [True, False],
                               ids=["pipelining", "lock-step"])


def start(sink: Callable[..., Sink], *options: str, pipelining: bool = True
          ) -> Sink:
    """A sink that shows its dialogue."""
    hidden = [] if pipelining else ["--without", "PIPELINING"]
    return sink("--verbose", *options, *hidden)


def letter(to: str = BOB) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = ANN, to, "hi"
    message.set_content("Hello.\n")
    return message


def send_and_quit(smtp: Any) -> None:
    """What most programs do in the end."""
    assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    assert smtp.quit()[0] == 221
    assert smtp.sock is None
