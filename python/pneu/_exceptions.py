"""The exceptions of pneu.smtplib: smtplib's ten, with its attributes.

Those that sendmail() and send_message() raise tell more than smtplib's do:
their attribute outcomes says what became of each recipient.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pneu._outcome import Outcome

_PUBLIC = "pneu.smtplib"


class SMTPException(OSError):
    """The base of all exceptions of this module.

    outcomes: what became of each recipient, in their order; empty if it was
    not raised by sendmail() or send_message(), or before they began.
    """

    __module__ = _PUBLIC
    outcomes: Sequence[Outcome] = ()


class SMTPNotSupportedError(SMTPException):
    """The server does not offer what the command or its option needs."""

    __module__ = _PUBLIC


class SMTPServerDisconnected(SMTPException):
    """There is no connection (any more): it was lost, or never made.

    last_reply: code and text of what the server had said before writing to it
    failed, None if it had said nothing.
    """

    __module__ = _PUBLIC
    last_reply: tuple[int, bytes] | None = None


class SMTPResponseException(SMTPException):
    """The server refused, with a code and a text.

    smtp_code: int; smtp_error: bytes as they came from the server, or a str
    where this side found the reply to be wrong.
    """

    __module__ = _PUBLIC

    def __init__(self, code: int, msg: bytes | str) -> None:
        # OSError.__init__ would take the code for an errno.
        self.smtp_code = code
        self.smtp_error = msg
        self.args = (code, msg)


class SMTPSenderRefused(SMTPResponseException):
    """MAIL was refused, or would be. sender: the address as it was given."""

    __module__ = _PUBLIC

    def __init__(self, code: int, msg: bytes | str, sender: str) -> None:
        super().__init__(code, msg)
        self.sender = sender
        self.args = (code, msg, sender)


class SMTPRecipientsRefused(SMTPException):
    """Nobody has the message, since every recipient was refused.

    recipients: by address, (code, text) of each refusal, as sendmail()
    returns them.
    """

    __module__ = _PUBLIC

    def __init__(self, recipients: Mapping[str, tuple[int, bytes]]) -> None:
        self.recipients = recipients
        self.args = (recipients,)


class SMTPDataError(SMTPResponseException):
    """DATA, or the message itself, was refused."""

    __module__ = _PUBLIC


class SMTPConnectError(SMTPResponseException):
    """The server's greeting was a refusal."""

    __module__ = _PUBLIC


class SMTPHeloError(SMTPResponseException):
    """EHLO and HELO were refused."""

    __module__ = _PUBLIC


class SMTPAuthenticationError(SMTPResponseException):
    """AUTH was refused, or the server did not prove that it knows the
    password."""

    __module__ = _PUBLIC
