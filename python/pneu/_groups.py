"""A delivery whose commands go out in groups where the server allows it
(RFC 2920). C plans it, writes and reads, as long as nothing unusual happens;
here is the rest."""
from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pneu import _pneu
from pneu._exceptions import (SMTPException, SMTPRecipientsRefused,
                              SMTPSenderRefused)
from pneu._line import (CHUNK, LAST_WORDS, MAXLINE, acknowledge_at_once,
                        reason_of)
from pneu._outcome import (Outcome, Refused, not_asked, refused_as_told,
                           refused_by)
from pneu._quoting import plain

try:
    import ssl
except ImportError:
    _QUICK = _pneu.Untouched(object, [])
else:
    # Its sendall() is send(), and much around it.
    _QUICK = _pneu.Untouched(ssl.SSLSocket, ["sendall"])

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pneu.smtplib import SMTP

Envelope = tuple[str, Sequence[str]]


class _Plannable(Protocol):
    """What a delivery must know of a connection."""

    esmtp_features: dict[str, str]
    does_esmtp: bool
    pipelining: bool
    _is_lmtp: bool
    _groups_fail: bool


# An object, its method that gives octets, and how many at once.
_Reader = tuple[Any, str, int]


def plain_envelope(sender: str, recipients: Sequence[str]) -> Envelope | None:
    """Bare addresses for _pneu.Delivery; None if it does not take one, if there
    is no recipient, or an empty one, which only the server may refuse."""
    is_plain = _pneu.is_plain_address
    if is_plain(sender):
        for each in recipients:
            if not each or not is_plain(each):
                break
        else:
            return (sender, recipients) if recipients else None
    return _bare_envelope(plain(sender), [plain(each) for each in recipients])


def _bare_envelope(sender: str | None, recipients: Sequence[str | None]
                   ) -> Envelope | None:
    bare = [each for each in recipients if each]
    # Of a mailbox that is there twice the refusals are told by address.
    if sender is None or len(set(bare)) < len(recipients):
        return None
    return sender, bare


class Group:
    """A delivery that was planned, and the addresses as they were given."""

    def __init__(self, smtp: _Plannable, sender: str, recipients: Sequence[str],
                 bare: Envelope, message: ReadableBuffer,
                 mail_options: Sequence[str], rcpt_options: Sequence[str]
                 ) -> None:
        self._smtp = smtp
        self._given = sender, recipients
        self._bare = bare
        self._letter = message, mail_options, rcpt_options
        self.delivery = self.plan()

    def plan(self) -> _pneu.Delivery:
        smtp, (message, mail, rcpt) = self._smtp, self._letter
        try:
            self.delivery = _pneu.Delivery(
                *self._bare, message,
                smtp.esmtp_features if smtp.does_esmtp else None, mail, rcpt,
                smtp._is_lmtp, smtp.pipelining and not smtp._groups_fail)
        except SMTPException as error:
            self._name(error)
            if isinstance(error, SMTPSenderRefused):
                error.outcomes = not_asked(self._given[1], error.smtp_error)
            raise
        return self.delivery

    def result(self) -> Refused:
        """Returns and raises what sendmail() does."""
        try:
            refused = refused_by(self.delivery)
        except SMTPException as error:
            self._name(error)
            raise
        if self._bare[1] is self._given[1]:
            return refused
        return _named(refused, dict(zip(self._bare[1], self._given[1])))

    def _name(self, error: SMTPException) -> None:
        if self._bare != self._given:
            sender, recipients = self._given
            _name_in_error(error, sender, dict(zip(self._bare[1], recipients)))


def deliver(smtp: SMTP, group: Group) -> Refused:
    """Returns and raises what sendmail() does."""
    while not carry_out(smtp, group.delivery, _reader_of(smtp)):
        group.plan()
    return group.result()


def _reader_of(smtp: SMTP) -> _Reader:
    source = smtp._source()
    return ((source, "recv", CHUNK) if source is smtp.sock
            else (source, "readline", MAXLINE + 1))


def carry_out(smtp: SMTP, delivery: _pneu.Delivery, reader: _Reader) -> bool:
    """Leaves the connection ready for the next delivery, or closed. False if
    the server did not understand a group: it gets no more of them, nobody has
    the message, and it is to be planned anew.

    What interrupts it after its first octet closes the connection; what
    refuses it before leaves it as it is.
    """
    try:
        ending = delivery.run(smtp, smtp.sock, reader, _QUICK)
        return not ending or _end(smtp, delivery, reader, ending)
    except BaseException:
        if delivery.begun:
            smtp.close()
        _pneu.release(smtp, delivery)
        raise


def _end(smtp: SMTP, delivery: _pneu.Delivery, reader: _Reader, ending: int
         ) -> bool:
    """What is not the usual end."""
    if ending & _pneu.HELD:
        smtp._refuse_intruder()
        raise SMTPException("a delivery within a delivery")
    sock = smtp.sock
    while ending & _pneu.GO_ON:  # of the replies a part has come
        acknowledge_at_once(sock)
        ending = delivery.run(smtp, sock, reader, _QUICK)
    if ending & _pneu.HEAR_OUT:
        _hear_out(delivery, sock, reader)
        ending = delivery.ending()
    is_over = True
    if ending & _pneu.CLOSE:
        smtp.close()
    elif ending & _pneu.RESET and _reset(smtp) and ending & _pneu.RETRY:
        smtp._groups_fail = True
        is_over = False
    _pneu.release(smtp, delivery)
    return is_over


def _hear_out(delivery: _pneu.Delivery, sock: Any, reader: _Reader) -> None:
    """Reads what a leaving server still says, for a short while."""
    source, method, limit = reader
    end = time.monotonic() + LAST_WORDS
    set_timeout = getattr(sock, "settimeout", None)
    while not delivery.done:
        left = end - time.monotonic()
        if left <= 0:
            delivery.input_end(_pneu.END_TIMEOUT, "timed out")
            continue
        if set_timeout:
            set_timeout(left)
        try:
            received = getattr(source, method)(limit)
        except OSError as error:
            delivery.input_end(reason_of(error), str(error))
        else:
            delivery.step(received or b"")


def _reset(smtp: SMTP) -> bool:
    """RSET while the delivery still has the connection. True if it was
    answered 250; that the connection is lost is told by the next command."""
    smtp.command_encoding = "ascii"
    try:
        smtp._write(b"rset\r\n")
        return smtp._read_reply()[0] == 250
    except SMTPException:
        return False


def _named(refused: Refused, given: Mapping[str, str]) -> Refused:
    return refused_as_told(
        {given[each]: reply for each, reply in refused.items()}, refused.reply,
        _named_rows(refused.outcomes, given))


def _named_rows(rows: Iterable[Outcome], given: Mapping[str, str]
                ) -> list[Outcome]:
    return [row._replace(recipient=given[row.recipient]) for row in rows]


def _name_in_error(error: SMTPException, sender: str,
                   given: Mapping[str, str]) -> None:
    error.outcomes = _named_rows(error.outcomes, given)
    if isinstance(error, SMTPSenderRefused):
        error.sender = sender
        error.args = (*error.args[:2], sender)
    elif isinstance(error, SMTPRecipientsRefused):
        error.recipients = {given[each]: reply
                            for each, reply in error.recipients.items()}
        error.args = (error.recipients,)
