"""A delivery for asyncio, one command at a time: for addresses that need more
than ASCII, and for a program that watches."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pneu import _pneu
from pneu._exceptions import (SMTPDataError, SMTPException,
                              SMTPRecipientsRefused, SMTPSenderRefused,
                              SMTPServerDisconnected)
from pneu._letter import refuse_nul
from pneu._methods import MethodDelivery, said_by, stated
from pneu._outcome import Refused, is_positive, is_reply

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from pneu.aio import SMTP


async def deliver_by_steps(
        smtp: SMTP, sender: str, recipients: Sequence[str],
        message: ReadableBuffer, mail_options: Sequence[str],
        rcpt_options: Sequence[str]) -> Refused:
    """Returns and raises what sendmail() does."""
    octets = _pneu.line_ends(message)
    refuse_nul(octets)
    shape: Any = smtp
    options = stated(shape, (sender, recipients), octets, mail_options)
    encoding = smtp.command_encoding
    try:
        return await StepDelivery(shape, sender, recipients).run_steps(
            octets, options, rcpt_options)
    finally:
        smtp.command_encoding = encoding


class StepDelivery(MethodDelivery):
    """The steps of a MethodDelivery, for methods that are coroutines."""

    _smtp: Any

    async def run_steps(self, message: bytes, mail_options: Sequence[str],
                        rcpt_options: Sequence[str]) -> Refused:
        """As run()."""
        self._smtp._unanswered = False
        try:
            await self._mail_step(mail_options)
            await self._rcpt_step(rcpt_options)
            return await self._data_step(message)
        except SMTPServerDisconnected as error:
            return self._lost(error)
        except Exception as error:
            await self._leave_step()
            if isinstance(error, SMTPException):
                error.outcomes = self._ledger.rows
            raise

    async def _mail_step(self, options: Sequence[str]) -> None:
        code, text = await self._smtp.mail(self._sender, options)
        if not is_positive(code):
            await self._end(code, text)
            raise SMTPSenderRefused(code, text, self._sender)
        self._is_open = True
        self._step = "RCPT"

    async def _rcpt_step(self, options: Sequence[str]) -> None:
        code, text = 550, b""  # if there is nobody
        for self._asked, recipient in enumerate(self._recipients):
            code, text = await self._smtp.rcpt(recipient, options)
            self._ledger.take_rcpt(self._asked, code, text)
            if code == 421 or not is_reply(code, "RCPT"):
                break
        else:
            if self._ledger.open:
                self._step = "DATA"
                return
        await self._end(code, text)
        raise SMTPRecipientsRefused(self._ledger.refused)

    async def _data_step(self, message: bytes) -> Refused:
        smtp = self._smtp
        smtp._begin_data(self._ledger.open)
        try:
            reply = await smtp.data(message)
        except SMTPDataError as error:
            await self._end(error.smtp_code, said_by(error))
            raise
        self._step = "end of message"
        replies = smtp._end_replies
        self._take_end(replies)
        if not is_reply(replies[-1][0], self._step):
            reply = replies[-1]
        if not self._ledger.has_anybody():
            farewell = replies[-1][0] == 421
            await self._end(*(replies[-1] if farewell else reply))
            raise SMTPDataError(*reply)
        if not is_reply(reply[0], self._step):
            self._settle(*reply)
            smtp.close()
        elif replies[-1][0] == 421:
            smtp.close()
        return self._ledger.result()

    async def _end(self, code: int, text: bytes) -> None:
        """As _refused()."""
        self._is_open = False
        self._settle(code, text)
        if code == 421 or not is_reply(code, self._step):
            self._smtp.close()
        else:
            await self._smtp._rset()

    async def _leave_step(self) -> None:
        """As _leave()."""
        smtp = self._smtp
        if smtp.sock is None:
            return
        if smtp._unanswered or self._step == "DATA" and smtp._content_begun:
            smtp.close()
        elif self._is_open:
            await smtp._rset()
