"""What became of a message: what sendmail() returns, and its exceptions carry.

Outcome and Refused are for programs; Ledger keeps the books of a delivery
whose commands go through the methods of an SMTP object.
"""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pneu._exceptions import SMTPException

if TYPE_CHECKING:
    from pneu import _pneu

Reply = tuple[int, bytes]
Kind = Literal["accepted", "refused for now", "refused for good", "in doubt",
               "not tried"]

_PUBLIC = "pneu.smtplib"
_ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")

_ACCEPTED: Final = "accepted"
_FOR_NOW: Final = "refused for now"
_FOR_GOOD: Final = "refused for good"
IN_DOUBT: Final = "in doubt"
NOT_TRIED: Final = "not tried"


class Outcome(NamedTuple):
    """What became of one recipient.

    recipient: the address as it was given. outcome: "accepted", "refused for
    now", "refused for good", "in doubt" (the end of the message may have
    reached the server, and no sure answer came: sending again may deliver
    twice) or "not tried". command: what decided it: "MAIL", "RCPT", "DATA" or
    "end of message". code: the server's, 0 if it said nothing. enhanced: its
    enhanced code (RFC 2034), such as "5.1.1", or "". text: its words, or why
    it said nothing.
    """

    recipient: str
    outcome: Kind
    command: str
    code: int
    enhanced: str
    text: bytes


Outcome.__module__ = _PUBLIC
Outcome.__annotations__["outcome"] = Kind  # which is not known by name there


_Told = tuple[Reply | None, list[Outcome]]
_NOTHING: _Told = (None, [])


class Refused(dict[str, Reply]):
    """What sendmail() returns: the refused recipients, by address, with code
    and text of each refusal; {} if everybody has the message.

    smtplib returns the bare dictionary.
    """

    __module__ = _PUBLIC
    __slots__ = ("_told",)

    # Few will ask for more, so that most have but the delivery.
    _told: _pneu.Delivery | _Told

    @property
    def reply(self) -> Reply | None:
        """The server's final (code, text), with its queue id, None if there
        was none; over LMTP the last one."""
        told: _Told | _pneu.Delivery = getattr(self, "_told", _NOTHING)
        return told[0] if isinstance(told, tuple) else told.reply

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each recipient, in their order."""
        told: _Told | _pneu.Delivery = getattr(self, "_told", _NOTHING)
        if not isinstance(told, tuple):
            self._told = told = (told.reply, outcomes_of(told))
        return told[1]

    def __reduce__(self) -> tuple[Any, ...]:
        return refused_as_told, (dict(self), self.reply, self.outcomes)


def refused_as_told(refused: Mapping[str, Reply], reply: Reply | None,
                    outcomes: list[Outcome]) -> Refused:
    result = Refused(refused)
    result._told = (reply, outcomes)
    return result


def refused_by(delivery: _pneu.Delivery) -> Refused:
    """Returns and raises what sendmail() does, when the delivery is done."""
    result = Refused()
    result._told = delivery
    try:
        delivery.result(result)
    except SMTPException as error:
        error.outcomes = outcomes_of(delivery)
        raise
    return result


def outcomes_of(delivery: _pneu.Delivery) -> list[Outcome]:
    return [Outcome(*row) for row in delivery.outcomes()]


def not_asked(recipients: Sequence[str], text: bytes | str) -> list[Outcome]:
    """Nobody was tried, since MAIL was not worth sending: for this reason."""
    words = text if isinstance(text, bytes) else text.encode("utf-8")
    return [Outcome(each, NOT_TRIED, "MAIL", 0, "", words)
            for each in recipients]


def is_positive(code: int) -> bool:
    """Is this the code of success? RFC 5321 4.2.1"""
    return 200 <= code <= 299


def is_reply(code: int, command: str) -> bool:
    """Can a server answer so? RFC 5321 4.2.1, 4.3.2"""
    positive = 300 if command == "DATA" else 200
    return positive <= code < positive + 100 or 400 <= code <= 599


def _kind_of_refusal(code: int) -> Kind:
    return _FOR_NOW if 400 <= code <= 499 else _FOR_GOOD


def _enhanced(code: int, text: bytes) -> str:
    match = _ENHANCED.match(text)
    if match is None or match[1][:1] != b"%d" % (code // 100):
        return ""
    return match[1].decode("ascii")


class Ledger:
    """Who of the recipients has the message, and who was refused."""

    def __init__(self, recipients: Sequence[str]) -> None:
        self.refused: dict[str, Reply] = {}
        self.reply: Reply | None = None
        self._recipients = recipients
        self._rows: list[Outcome | None] = [None] * len(recipients)
        self._open: list[int] = []

    @property
    def rows(self) -> list[Outcome]:
        """The outcomes: whoever has none is not tried."""
        return [row or Outcome(recipient, NOT_TRIED, "", 0, "", b"")
                for row, recipient in zip(self._rows, self._recipients)]

    @property
    def open(self) -> int:
        """How many recipients were accepted and have no outcome yet."""
        return len(self._open)

    def take_rcpt(self, i: int, code: int, text: bytes) -> None:
        """The reply to RCPT number i. RFC 5321 4.2.1: any 2xx accepts; yet
        the dictionary has all but 250 and 251, as in smtplib."""
        if code not in (250, 251):
            self.refused[self._recipients[i]] = (code, text)
        if is_positive(code):
            self._open.append(i)
        elif is_reply(code, "RCPT"):
            self._settle(i, _kind_of_refusal(code), "RCPT", code, text)

    def refuse(self, command: str, code: int, text: bytes) -> None:
        """Whoever has no outcome was refused by the reply to this command."""
        for i, row in enumerate(self._rows):
            if row is None:
                self._settle(i, _kind_of_refusal(code), command, code, text)

    def take_end(self, replies: Sequence[Reply], one_each: bool) -> None:
        """The replies to the end of the message: one for all, or one for each
        who was accepted (RFC 2033 4.2), as far as they came."""
        each = replies if one_each else [*replies[:1]] * len(self._open)
        for i, (code, text) in zip(self._open, each):
            self.reply = (code, text)
            if is_positive(code):
                self._settle(i, _ACCEPTED, "end of message", code, text)
            elif is_reply(code, "end of message"):
                self._settle(i, _kind_of_refusal(code), "end of message", code,
                             text)
                self.refused[self._recipients[i]] = (code, text)
        self._open = self._open[len(each):]

    def lose(self, kind: Kind, command: str, code: int, text: bytes) -> None:
        """Who has no outcome will have no answer."""
        for i, row in enumerate(self._rows):
            if row is None:
                self._settle(i, kind, command, code, text)

    def has_anybody(self) -> bool:
        """Does anybody have the message?"""
        return any(row and row.outcome == _ACCEPTED for row in self._rows)

    def result(self) -> Refused:
        """Who surely has it is not in the dictionary."""
        for row in self.rows:
            if row.outcome in (IN_DOUBT, NOT_TRIED):
                self.refused[row.recipient] = (-1, row.text)
        return refused_as_told(self.refused, self.reply, self.rows)

    def _settle(self, i: int, kind: Kind, command: str, code: int,
                text: bytes) -> None:
        self._rows[i] = Outcome(self._recipients[i], kind, command, code,
                                _enhanced(code, text), text)
