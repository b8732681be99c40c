"""The commands of SMTP for asyncio, one method each: what a reply means is
remembered here, and nothing else is done about it."""
from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pneu import _letter, _pneu, smtplib
from pneu._async_line import in_turn
from pneu._async_login import AsyncLogin
from pneu._exceptions import (SMTPDataError, SMTPHeloError,
                              SMTPNotSupportedError, SMTPServerDisconnected)
from pneu._letter import refuse_nul, states
from pneu._outcome import Reply, is_positive, is_reply
from pneu._quoting import addr_only, quoteaddr

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class AsyncCommands(AsyncLogin):
    """helo() to expn() of pneu.aio.SMTP."""

    ehlo_msg: str = "EHLO"
    helo_resp: bytes | None = None
    ehlo_resp: bytes | None = None
    does_esmtp: bool = False
    local_hostname: str | None = None

    _is_lmtp: bool = False
    _accepted: int = 0  # recipients of the transaction under way
    _content_begun: bool = False
    _end_replies: Sequence[Reply] = ()

    # It asks the resolver, and no server: the same for both.
    _own_name: Callable[..., str] = smtplib.SMTP._own_name

    def _forget_greeting(self) -> None:
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    async def _name(self) -> str:
        """The name for EHLO: looking it up may take long."""
        if self.local_hostname is None:
            self.local_hostname = await asyncio.to_thread(self._own_name)
        return self.local_hostname

    @in_turn
    async def helo(self, name: str = "") -> Reply:
        """HELO, with this name or local_hostname."""
        code, text = await self.docmd("HELO", name or await self._name())
        self.helo_resp = text
        return code, text

    @in_turn
    async def ehlo(self, name: str = "") -> Reply:
        """EHLO (LHLO over LMTP), with this name or local_hostname.

        A 250 sets does_esmtp and esmtp_features; another reply is returned as
        well, and unsets does_esmtp, which smtplib keeps. Raises
        SMTPServerDisconnected.
        """
        self.esmtp_features = {}
        self.does_esmtp = False
        code, text = await self.docmd(self.ehlo_msg,
                                      name or await self._name())
        if code == -1 and not text:
            self.close()
            raise SMTPServerDisconnected("Server not connected")
        self.ehlo_resp = text
        if code == 250:
            self.does_esmtp = True
            self.esmtp_features = _pneu.features(text)
        return code, text

    @in_turn
    async def ehlo_or_helo_if_needed(self) -> None:
        """Greets the server unless that was done: by EHLO, or where it is
        refused by HELO. Raises SMTPHeloError if both are, or LHLO is."""
        if self.helo_resp is not None or self.ehlo_resp is not None:
            return
        code, text = await self.ehlo()
        if not is_positive(code) and not self._is_lmtp:
            code, text = await self.helo()
        if not is_positive(code):
            raise SMTPHeloError(code, text)

    def has_extn(self, opt: str) -> bool:
        """Does the server offer this extension? False before EHLO."""
        return opt.lower() in self.esmtp_features

    async def help(self, args: str = "") -> bytes:
        """HELP; returns the text alone."""
        return (await self.docmd("HELP", args))[1]

    @in_turn
    async def rset(self) -> Reply:
        """RSET: ends a transaction that is under way."""
        self.command_encoding = "ascii"
        return await self.docmd("RSET")

    async def _rset(self) -> None:
        """RSET after a refusal: that the connection is lost is told by the
        next command, not in place of the refusal."""
        try:
            await self.rset()
        except SMTPServerDisconnected:
            pass

    async def noop(self) -> Reply:
        """NOOP: does nothing."""
        return await self.docmd("NOOP")

    @in_turn
    async def mail(self, sender: str, options: Sequence[str] = ()) -> Reply:
        """MAIL: begins a transaction. The options go out if the server was
        greeted by EHLO.

        Raises SMTPNotSupportedError for the option SMTPUTF8 where it is not
        offered, UnicodeEncodeError for a sender that is not ASCII without it,
        ValueError for CR, LF or NUL; all with nothing sent.
        """
        tail = ""
        if options and self.does_esmtp:
            if states(options, "SMTPUTF8"):
                if not self.has_extn("smtputf8"):
                    raise SMTPNotSupportedError(
                        "SMTPUTF8 not supported by server")
                self.command_encoding = "utf-8"
            tail = " " + " ".join(options)
        self._accepted = 0
        return await self.docmd("MAIL", f"FROM:{quoteaddr(sender)}{tail}")

    @in_turn
    async def rcpt(self, recip: str, options: Sequence[str] = ()) -> Reply:
        """RCPT: one recipient. The options go out if the server was greeted
        by EHLO. Raises as mail() does."""
        tail = " " + " ".join(options) if options and self.does_esmtp else ""
        code, text = await self.docmd("RCPT", f"TO:{quoteaddr(recip)}{tail}")
        self._accepted += is_positive(code)
        return code, text

    @in_turn
    async def data(self, msg: str | ReadableBuffer) -> Reply:
        """DATA and the message; returns the reply to its end, whatever it is.

        Line ends become CRLF, and dots are doubled. Over LMTP one reply is
        read for each recipient accepted, and the first that is no success is
        returned.

        Raises SMTPDataError if DATA is refused (a 421 closes the connection),
        UnicodeEncodeError for a str that is not ASCII and ValueError for NUL,
        with nothing sent.
        """
        self._content_begun = False
        octets = bytes(_letter.octets(msg))
        refuse_nul(octets)
        code, text = await self.docmd("DATA")
        if self.debuglevel > 0:
            self._print_debug("data:", (code, text))
        if code != 354:
            if code == 421:
                self.close()
            raise SMTPDataError(code, text)
        self._content_begun = self._is_content = True
        with self._or_close():
            await self.send(_pneu.content(octets))
            code, text = await self._end_of_data()
        if self.debuglevel > 0:
            self._print_debug("data:", (code, text))
        return code, text

    def _begin_data(self, accepted: int) -> None:
        """Before data(): recipients that it is for."""
        self._accepted = accepted
        self._content_begun = False
        self._end_replies = []

    async def _end_of_data(self) -> Reply:
        """Reads the reply to the end of the message, or over LMTP the replies;
        returns the first that is no success, or the first."""
        count = max(self._accepted, 1) if self._is_lmtp else 1
        replies: list[Reply] = []
        self._end_replies = replies
        while len(replies) < count:
            replies.append(await self.getreply())
            if not is_reply(replies[-1][0], "end of message"):
                break
        failures = [each for each in replies if not is_positive(each[0])]
        return (failures or replies)[0]

    async def verify(self, address: str) -> Reply:
        """VRFY: is there such a mailbox? Refusals are returned, too."""
        return await self.docmd("VRFY", addr_only(address))

    vrfy = verify

    async def expn(self, address: str) -> Reply:
        """EXPN: who is on this list? Refusals are returned, too."""
        return await self.docmd("EXPN", addr_only(address))
