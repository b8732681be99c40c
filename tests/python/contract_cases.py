"""What sendmail and send_message do when a server answers so and so: each
case, and how it is run in every way that there is."""

from __future__ import annotations

import smtplib as standard_smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contract import ME, MESSAGE, SECONDS, Serve, smtplib
from scripted import Envelope

SENDER = "a@x.example"
B, C, D = "b@x.example", "c@x.example", "d@x.example"
GOOD = "accepted"
BAD, LATER = "refused for good", "refused for now"
DOUBT, NOT = "in doubt", "not tried"


@dataclass(frozen=True)
class Case:
    """name begins with the contract's item. result, or error with its
    arguments, are what pneu gives; same: smtplib too. outcomes: one word a
    recipient. verbs: after EHLO, one command at a time. "?" stands for
    anything, and None is not looked at."""
    name: str
    answers: dict[str, Any] = field(default_factory=dict)
    recipients: Sequence[str] | str = (B,)
    result: dict[str, tuple[int, bytes]] | None = None
    error: str = ""
    arguments: tuple[Any, ...] | None = None
    same: bool = True
    outcomes: str | None = None
    verbs: str | None = None
    open: bool | None = True
    message: Any = MESSAGE
    features: Sequence[str] = ("SIZE 1000000", "8BITMIME")
    mail_options: Sequence[str] = ()
    rcpt_options: Sequence[str] = ()
    sender: str = SENDER


@dataclass
class Attempt:
    """What came of it; envelopes: as the server took them."""
    result: Any
    error: str
    arguments: Any
    outcomes: list[tuple[Any, ...]]
    open: bool
    envelopes: list[Envelope]
    verbs: list[str]

    @property
    def seen(self) -> tuple[Any, ...]:
        """All of it that must be equal whichever way it went. Where no
        server decided, that is the outcome: which answers are still read
        after a reset is up to the kernel."""
        decided = [row if row[1].startswith(("accepted", "refused"))
                   else row[:2] for row in self.outcomes]
        return (self.result, self.error, self.arguments, decided, self.open,
                self.envelopes)


def by_methods(kind: Any) -> Any:
    """A subclass that makes sendmail call every method."""
    def putcmd(self: Any, cmd: str, args: str = "") -> None:
        kind.putcmd(self, cmd, args)

    return type("ByMethods", (kind,), {"putcmd": putcmd})


def words(of: Any) -> list[tuple[Any, ...]]:
    """The outcomes of a result or an exception, if it has any."""
    return [tuple(each) for each in getattr(of, "outcomes", ())]


def attempt(server: Any, call: Callable[[Any], Any], module: Any = smtplib,
            methods: bool = False) -> Attempt:
    """Connects to the server and calls it."""
    kind = module.LMTP if server.lmtp else module.SMTP
    client = (by_methods(kind) if methods else kind)(
        *server.address, local_hostname=ME, timeout=SECONDS)
    result, error, arguments, outcomes = None, "", None, []
    try:
        result = call(client)
        outcomes = words(result)
        result = dict(result)
    except (module.SMTPException, ValueError) as raised:
        error, arguments = type(raised).__name__, raised.args
        outcomes = words(raised)
    is_open = client.sock is not None
    verbs = list(server.last.verbs)
    client.close()
    assert server.last.ended()
    return Attempt(result, error, arguments, outcomes, is_open,
                   server.envelopes, verbs)


def every_way(serve: Serve, make: Callable[..., dict[str, Any]],
              call: Callable[[Any], Any]) -> list[Attempt]:
    """Attempts with and without PIPELINING, in a group and by methods; the
    first one is without, and by methods. They must not differ."""
    attempts = [attempt(serve(pipelining=pipelining, **make()), call,
                        methods=methods)
                for pipelining in (False, True) for methods in (True, False)]
    for other in attempts[1:]:
        assert other.seen == attempts[0].seen
    return attempts


def as_standard(serve: Serve, make: Callable[..., dict[str, Any]],
                call: Callable[[Any], Any]) -> Attempt:
    """What Python's own smtplib makes of it."""
    return attempt(serve(**make()), call, module=standard_smtplib)
