"""A delivery through the methods of an SMTP object, one command at a time: for
a program that has replaced some of them, or that wants to watch."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pneu import _pneu
from pneu._exceptions import (SMTPDataError, SMTPException,
                              SMTPRecipientsRefused, SMTPSenderRefused,
                              SMTPServerDisconnected)
from pneu._groups import Envelope
from pneu._letter import refuse_nul, states
from pneu._line import Turn
from pneu._outcome import (IN_DOUBT, NOT_TRIED, Kind, Ledger, Refused, Reply,
                           is_positive, is_reply, not_asked)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pneu.smtplib import SMTP


def deliver(smtp: SMTP, sender: str, recipients: Sequence[str],
            message: ReadableBuffer, mail_options: Sequence[str],
            rcpt_options: Sequence[str]) -> Refused:
    """Returns and raises what sendmail() does."""
    octets = _pneu.line_ends(message)
    refuse_nul(octets)
    options = stated(smtp, (sender, recipients), octets, mail_options)
    encoding = smtp.command_encoding
    turn = Turn()
    try:
        if not _pneu.hold(smtp, turn):
            smtp._refuse_intruder()
        return MethodDelivery(smtp, sender, recipients).run(octets, options,
                                                            rcpt_options)
    finally:
        smtp.command_encoding = encoding
        _pneu.release(smtp, turn)


def stated(smtp: SMTP, envelope: Envelope, message: bytes,
           options: Sequence[str]) -> list[str]:
    """The options of MAIL, with those that are stated unasked. Raises
    SMTPSenderRefused for a message that is too large for the server."""
    if not smtp.does_esmtp:
        return []
    found = list(options)
    if smtp.has_extn("size"):
        _check_size(len(message), smtp.esmtp_features.get("size", ""),
                    envelope)
        found.insert(0, f"size={len(message)}")
    if (not message.isascii() and smtp.has_extn("8bitmime")
            and not states(options, "BODY")):
        found.append("BODY=8BITMIME")
    return found


def _check_size(size: int, most: str, envelope: Envelope) -> None:
    if most.isdecimal() and 0 < int(most) < size:  # RFC 1870 4: 0 is no limit
        sender, recipients = envelope
        text = (b"the message has %d octets, and the server takes %d at the "
                b"most: it was not asked" % (size, int(most)))
        error = SMTPSenderRefused(552, text, sender)
        error.outcomes = not_asked(recipients, text)
        raise error


class MethodDelivery:
    """One message: MAIL, RCPT for each recipient, DATA, and what became of
    it."""

    def __init__(self, smtp: SMTP, sender: str,
                 recipients: Sequence[str]) -> None:
        self._smtp = smtp
        self._sender = sender
        self._recipients = recipients
        self._ledger = Ledger(recipients)
        self._step = "MAIL"
        self._asked = 0  # recipients
        self._is_open = False  # a transaction, on the server

    def run(self, message: bytes, mail_options: Sequence[str],
            rcpt_options: Sequence[str]) -> Refused:
        """Raises what sendmail() raises; whatever it is, no transaction is left
        open."""
        self._smtp._unanswered = False
        try:
            self._mail(mail_options)
            self._rcpt(rcpt_options)
            return self._data(message)
        except SMTPServerDisconnected as error:
            return self._lost(error)
        except BaseException as error:
            self._leave()
            if isinstance(error, SMTPException):
                error.outcomes = self._ledger.rows
            raise

    def _mail(self, options: Sequence[str]) -> None:
        code, text = self._smtp.mail(self._sender, options)
        if not is_positive(code):
            self._refused(code, text)
            raise SMTPSenderRefused(code, text, self._sender)
        self._is_open = True
        self._step = "RCPT"

    def _rcpt(self, options: Sequence[str]) -> None:
        code, text = 550, b""  # if there is nobody
        for self._asked, recipient in enumerate(self._recipients):
            code, text = self._smtp.rcpt(recipient, options)
            self._ledger.take_rcpt(self._asked, code, text)
            if code == 421 or not is_reply(code, "RCPT"):
                break
        else:
            if self._ledger.open:
                self._step = "DATA"
                return
        self._refused(code, text)
        raise SMTPRecipientsRefused(self._ledger.refused)

    def _data(self, message: bytes) -> Refused:
        smtp = self._smtp
        smtp._begin_data(self._ledger.open)
        try:
            reply = smtp.data(message)
        except SMTPDataError as error:
            self._refused(error.smtp_code, said_by(error))
            raise
        self._step = "end of message"
        replies = smtp._end_replies or [reply]
        self._take_end(replies)
        if not is_reply(replies[-1][0], self._step):
            reply = replies[-1]
        if not self._ledger.has_anybody():
            farewell = replies[-1][0] == 421
            self._refused(*(replies[-1] if farewell else reply))
            raise SMTPDataError(*reply)
        if not is_reply(reply[0], self._step):
            self._settle(*reply)
            smtp.close()
        elif replies[-1][0] == 421:
            smtp.close()
        return self._ledger.result()

    def _take_end(self, replies: Sequence[Reply]) -> None:
        self._is_open = False
        self._ledger.take_end(replies, self._smtp._is_lmtp)

    def _refused(self, code: int, text: bytes) -> None:
        """The reply to this step is the end of it: RFC 5321 3.8, a server that
        says 421 is gone; one that says what is no answer is not to be trusted;
        else the transaction is ended."""
        self._is_open = False
        self._settle(code, text)
        if code == 421 or not is_reply(code, self._step):
            self._smtp.close()
        else:
            self._smtp._rset()

    def _settle(self, code: int, text: bytes) -> None:
        """Whoever has no outcome has one by this reply."""
        ledger, step = self._ledger, self._step
        if not is_reply(code, step):
            if code != -1:
                text = b'%s cannot be answered with %d: "%s"' % (
                    step.encode("ascii"), code, text)
            kind: Kind = IN_DOUBT if step == "end of message" else NOT_TRIED
            ledger.lose(kind, step, 0, text)
        elif step == "RCPT":
            ledger.lose(NOT_TRIED, step, code, _FAREWELL % text)
        else:
            ledger.refuse(step, code, text)

    def _leave(self) -> None:
        """After an exception: closes where an answer is still to come, or the
        server waits for a message; resets where a transaction is open."""
        smtp = self._smtp
        if smtp.sock is None:
            return
        if smtp._unanswered or self._step == "DATA" and smtp._content_begun:
            smtp.close()
        elif self._is_open:
            try:
                smtp._rset()
            except Exception:  # the first one is told
                smtp.close()

    def _lost(self, error: SMTPServerDisconnected) -> Refused:
        """The connection is gone: what did the server say before?"""
        smtp = self._smtp
        if self._step == "DATA" and smtp._content_begun:
            self._step = "end of message"
            self._take_end(smtp._end_replies)
        if error.last_reply and error.last_reply[0] >= 400:
            raise self._refused_before(*error.last_reply) from error
        kind: Kind = IN_DOUBT if self._step == "end of message" else NOT_TRIED
        self._ledger.lose(kind, self._step, 0,
                          _how_lost(error, self._step).encode("utf-8"))
        if self._ledger.has_anybody():
            return self._ledger.result()
        error.outcomes = self._ledger.rows
        raise error

    def _refused_before(self, code: int, text: bytes) -> SMTPException:
        """Writing failed, since the server had refused and hung up."""
        error: SMTPException
        if self._step == "RCPT":
            self._ledger.take_rcpt(self._asked, code, text)
        self._settle(code, text)
        if self._step == "MAIL":
            error = SMTPSenderRefused(code, text, self._sender)
        elif self._step == "RCPT":
            error = SMTPRecipientsRefused(self._ledger.refused)
        else:
            error = SMTPDataError(code, text)
        error.outcomes = self._ledger.rows
        return error


_FAREWELL = b"the server closes the connection: 421 %s"


def _how_lost(error: SMTPServerDisconnected, step: str) -> str:
    """In the words of a delivery in C."""
    cause = error.__cause__
    awaited = f"while the answer to {step} was awaited"
    if isinstance(cause, TimeoutError):
        return f"the server took too long {awaited}: {cause}"
    if isinstance(cause, OSError):
        return f"the connection broke {awaited}: {cause}"
    if str(error) == "Connection unexpectedly closed":
        return f"the server closed the connection {awaited}"
    return str(error)


def said_by(error: SMTPDataError) -> bytes:
    """The server's words, as octets."""
    said = error.smtp_error
    return said if isinstance(said, bytes) else said.encode("utf-8", "replace")
