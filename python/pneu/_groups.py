"""A delivery whose commands go out in groups where the server allows it
(RFC 2920). C plans it and reads the replies; here is the loop that writes and
reads."""
from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pneu import _pneu
from pneu._exceptions import (SMTPException, SMTPRecipientsRefused,
                              SMTPSenderRefused)
from pneu._line import (CHUNK, LAST_WORDS, MAXLINE, acknowledge_at_once,
                        reason_of)
from pneu._outcome import Outcome, Refused, not_asked
from pneu._quoting import plain

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


_Read = Callable[[int], bytes]


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
        self.delivery = self._begin(smtp.pipelining and not smtp._groups_fail)

    def _begin(self, pipelining: bool) -> _pneu.Delivery:
        smtp, (message, mail, rcpt) = self._smtp, self._letter
        try:
            return _pneu.Delivery(
                *self._bare, message,
                smtp.esmtp_features if smtp.does_esmtp else None, mail, rcpt,
                smtp._is_lmtp, pipelining)
        except SMTPException as error:
            self._name(error)
            if isinstance(error, SMTPSenderRefused):
                error.outcomes = not_asked(self._given[1], error.smtp_error)
            raise

    def retry(self) -> None:
        """The server did not understand a group: it gets no more of them."""
        self._smtp._groups_fail = True
        self.delivery = self._begin(False)

    def result(self) -> Refused:
        """Returns and raises what sendmail() does."""
        delivery = self.delivery
        try:
            refused = Refused(delivery.result(), delivery.reply,
                              delivery.outcomes)
        except SMTPException as error:
            error.outcomes = [Outcome(*row) for row in delivery.outcomes()]
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
    if _carry_out(smtp, group.delivery) and group.delivery.may_retry:
        group.retry()
        _carry_out(smtp, group.delivery)
    return group.result()


def _carry_out(smtp: SMTP, delivery: _pneu.Delivery) -> bool:
    """Leaves the connection ready for the next delivery, or closed. True if
    a RSET was needed for that, and answered 250."""
    if not smtp._hold(delivery):
        raise SMTPException("a delivery within a delivery")
    try:
        _converse(smtp, delivery)
        if delivery.must_close:
            smtp.close()
        elif delivery.must_reset:
            return _reset(smtp)
        return False
    finally:
        smtp._release()


def _converse(smtp: SMTP, delivery: _pneu.Delivery) -> None:
    """Writes what the delivery has to say and feeds it what comes, until it is
    done.

    What interrupts it after its first octet closes the connection; what
    refuses it before leaves it as it is.
    """
    sock, source = smtp.sock, smtp._source()
    read, limit = ((source.recv, CHUNK) if source is sock
                   else (source.readline, MAXLINE + 1))
    has_begun = is_partial = False
    try:
        while not delivery.done:
            octets = delivery.output()
            if octets is not None:
                if type(octets) is not bytes:
                    octets = bytes(octets)
                sys.audit("smtplib.send", smtp, octets)
                has_begun, is_partial = True, False
                try:
                    sock.sendall(octets)
                except OSError as error:
                    delivery.output_failed(str(error))
            elif delivery.leaving:
                _hear_out(delivery, sock, read, limit)
            else:
                if is_partial:
                    acknowledge_at_once(sock)
                _hear(delivery, read, limit)
                is_partial = True
    except BaseException:
        if has_begun:
            smtp.close()
        raise


def _hear(delivery: _pneu.Delivery, read: _Read, limit: int) -> None:
    """Feeds what comes next: octets of a socket, or a line of a file."""
    try:
        octets = read(limit)
    except OSError as error:
        delivery.input_end(reason_of(error), str(error))
        return
    if octets:
        delivery.input(octets)
    else:
        delivery.input_end(_pneu.END_OF_STREAM)


def _hear_out(delivery: _pneu.Delivery, sock: Any, read: _Read, limit: int
              ) -> None:
    """Reads what a leaving server still says, for a short while."""
    end = time.monotonic() + LAST_WORDS
    set_timeout = getattr(sock, "settimeout", None)
    while not delivery.done:
        left = end - time.monotonic()
        if left <= 0:
            delivery.input_end(_pneu.END_TIMEOUT, "timed out")
            continue
        if set_timeout:
            set_timeout(left)
        _hear(delivery, read, limit)


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
    return Refused({given[each]: reply for each, reply in refused.items()},
                   refused.reply, _named_rows(refused.outcomes, given))


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
