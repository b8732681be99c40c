"""A delivery whose commands go out in groups where the server allows it
(RFC 2920). C plans it and reads the replies; here is the loop that writes and
reads."""
from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pneu import _pneu
from pneu._exceptions import (SMTPException, SMTPRecipientsRefused,
                              SMTPSenderRefused)
from pneu._line import (_CHUNK, _LAST_WORDS, _MAXLINE, acknowledge_at_once,
                        reason_of)
from pneu._outcome import Outcome, Refused
from pneu._quoting import plain

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pneu.smtplib import SMTP

Envelope = tuple[str, Sequence[str]]
Read = Callable[[int], bytes]


def plain_envelope(sender: str, recipients: Sequence[str]) -> Envelope | None:
    """Bare addresses for _pneu.Delivery, None if it does not take one, or if
    there is no recipient."""
    is_plain = _pneu.is_plain_address
    if is_plain(sender):
        for each in recipients:
            if not is_plain(each):
                break
        else:
            return (sender, recipients) if recipients else None
    return _bare_envelope(plain(sender), [plain(each) for each in recipients])


def _bare_envelope(sender: str | None, recipients: Sequence[str | None]
                   ) -> Envelope | None:
    bare = [each for each in recipients if each is not None]
    # Of a mailbox that is there twice the refusals are told by address.
    if sender is None or len(set(bare)) < len(recipients):
        return None
    return sender, bare


def deliver(smtp: SMTP, sender: str, recipients: Sequence[str], bare: Envelope,
            message: ReadableBuffer, mail_options: Sequence[str],
            rcpt_options: Sequence[str]) -> Refused:
    """Returns and raises what sendmail() does, with the addresses as they were
    given."""
    delivery = None
    try:
        delivery = _pneu.Delivery(
            bare[0], bare[1], message,
            smtp.esmtp_features if smtp.does_esmtp else None, mail_options,
            rcpt_options, smtp._is_lmtp,
            smtp.pipelining and not smtp._groups_fail)
        _carry_out(smtp, delivery)
        refused = Refused(delivery.result(), delivery.reply, delivery.outcomes)
    except SMTPException as error:
        if delivery is not None and delivery.done:
            error.outcomes = [Outcome(*row) for row in delivery.outcomes()]
        if bare != (sender, recipients):
            _name_in_error(error, sender, dict(zip(bare[1], recipients)))
        raise
    if bare[1] is not recipients:
        return _named(refused, dict(zip(bare[1], recipients)))
    return refused


def _carry_out(smtp: SMTP, delivery: _pneu.Delivery) -> None:
    """Leaves the connection ready for the next delivery, or closed."""
    if not smtp._hold(delivery):
        raise SMTPException("a delivery within a delivery")
    try:
        _converse(smtp, delivery)
        if delivery.may_retry and _reset(smtp):
            smtp._groups_fail = True
            delivery.retry()
            _converse(smtp, delivery)
        if delivery.must_close:
            smtp.close()
        elif delivery.must_reset:
            _reset(smtp)
    finally:
        smtp._release()


def _converse(smtp: SMTP, delivery: _pneu.Delivery) -> None:
    """Writes what the delivery has to say and feeds it what comes, until it is
    done.

    What interrupts it after its first octet closes the connection; what
    refuses it before leaves it as it is.
    """
    sock, source = smtp.sock, smtp._source()
    read, limit = ((source.recv, _CHUNK) if source is sock
                   else (source.readline, _MAXLINE + 1))
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


def _hear(delivery: _pneu.Delivery, read: Read, limit: int) -> None:
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


def _hear_out(delivery: _pneu.Delivery, sock: Any, read: Read, limit: int
              ) -> None:
    """Reads what a leaving server still says, for a short while."""
    end = time.monotonic() + _LAST_WORDS
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
