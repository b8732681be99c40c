"""The commands of SMTP, one method each: what a reply means is remembered here,
and nothing else is done about it."""
from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pneu import _letter, _pneu
from pneu._auth import Login
from pneu._exceptions import (SMTPDataError, SMTPHeloError,
                              SMTPNotSupportedError, SMTPResponseException,
                              SMTPServerDisconnected)
from pneu._letter import refuse_nul, states
from pneu._outcome import Reply, is_positive, is_reply
from pneu._quoting import addr_only, quoteaddr

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Commands(Login):
    """helo() to quit() of SMTP, and QUIT at the end of a `with` block."""

    ehlo_msg: str = "ehlo"
    helo_resp: bytes | None = None
    ehlo_resp: bytes | None = None
    does_esmtp: bool = False
    local_hostname: str

    _is_lmtp: bool = False
    _accepted: int = 0  # recipients of the transaction under way
    _content_begun: bool = True  # or may be: a program's own data()
    _end_replies: Sequence[Reply] = ()

    def _forget_greeting(self) -> None:
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False

    def helo(self, name: str = "") -> Reply:
        """HELO, with this name or local_hostname."""
        self.putcmd("helo", name or self.local_hostname)
        code, text = self.getreply()
        self.helo_resp = text
        return code, text

    def ehlo(self, name: str = "") -> Reply:
        """EHLO (LHLO over LMTP), with this name or local_hostname.

        A 250 sets does_esmtp and esmtp_features; another reply is returned as
        well. Raises SMTPServerDisconnected.
        """
        self.esmtp_features = {}
        self.putcmd(self.ehlo_msg, name or self.local_hostname)
        code, text = self.getreply()
        if code == -1 and not text:
            self.close()
            raise SMTPServerDisconnected("Server not connected")
        self.ehlo_resp = text
        if code == 250:
            self.does_esmtp = True
            self.esmtp_features = _pneu.features(text)
        return code, text

    def ehlo_or_helo_if_needed(self) -> None:
        """Greets the server unless that was done: by EHLO, or where it is
        refused by HELO. Raises SMTPHeloError if both are."""
        if self.helo_resp is not None or self.ehlo_resp is not None:
            return
        if not is_positive(self.ehlo()[0]):
            code, text = self.helo()
            if not is_positive(code):
                raise SMTPHeloError(code, text)

    def has_extn(self, opt: str) -> bool:
        """Does the server offer this extension? False before EHLO."""
        return opt.lower() in self.esmtp_features

    def help(self, args: str = "") -> bytes:
        """HELP; returns the text alone."""
        self.putcmd("help", args)
        return self.getreply()[1]

    def rset(self) -> Reply:
        """RSET: ends a transaction that is under way."""
        self.command_encoding = "ascii"
        return self.docmd("rset")

    def _rset(self) -> None:
        """RSET after a refusal: that the connection is lost is told by the
        next command, not in place of the refusal."""
        try:
            self.rset()
        except SMTPServerDisconnected:
            pass

    def noop(self) -> Reply:
        """NOOP: does nothing."""
        return self.docmd("noop")

    def mail(self, sender: str, options: Sequence[str] = ()) -> Reply:
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
        self.putcmd("mail", f"FROM:{quoteaddr(sender)}{tail}")
        return self.getreply()

    def rcpt(self, recip: str, options: Sequence[str] = ()) -> Reply:
        """RCPT: one recipient. The options go out if the server was greeted
        by EHLO. Raises as mail() does."""
        tail = " " + " ".join(options) if options and self.does_esmtp else ""
        self.putcmd("rcpt", f"TO:{quoteaddr(recip)}{tail}")
        code, text = self.getreply()
        self._accepted += is_positive(code)
        return code, text

    def data(self, msg: str | ReadableBuffer) -> Reply:
        """DATA and the message; returns the reply to its end, whatever it is.

        Line ends become CRLF, those of bytes too (smtplib sends a bare CR or
        LF as it is), and dots are doubled. Over LMTP one reply is read for each
        recipient accepted, and the first that is no success is returned.

        Raises SMTPDataError if DATA is refused (a 421 closes the connection),
        UnicodeEncodeError for a str that is not ASCII and ValueError for NUL,
        with nothing sent.
        """
        self._content_begun = False
        octets = bytes(_letter.octets(msg))
        refuse_nul(octets)
        self.putcmd("data")
        code, text = self.getreply()
        if self.debuglevel > 0:
            self._print_debug("data:", (code, text))
        if code != 354:
            if code == 421:
                self.close()
            raise SMTPDataError(code, text)
        self._content_begun = self._is_content = True
        self.send(_pneu.content(octets))
        code, text = self._end_of_data()
        if self.debuglevel > 0:
            self._print_debug("data:", (code, text))
        return code, text

    def _begin_data(self, accepted: int) -> None:
        """Before data(), which a program may have replaced: recipients that
        it is for."""
        self._accepted = accepted
        self._content_begun = True
        self._end_replies = []

    def _end_of_data(self) -> Reply:
        """Reads the reply to the end of the message, or over LMTP the replies;
        returns the first that is no success, or the first."""
        count = max(self._accepted, 1) if self._is_lmtp else 1
        self._end_replies = replies = list[Reply]()
        while len(replies) < count:
            replies.append(self.getreply())
            if not is_reply(replies[-1][0], "end of message"):
                break  # what follows is not to be counted any more
        failures = [each for each in replies if not is_positive(each[0])]
        return (failures or replies)[0]

    def verify(self, address: str) -> Reply:
        """VRFY: is there such a mailbox? Refusals are returned, too."""
        self.putcmd("vrfy", addr_only(address))
        return self.getreply()

    vrfy = verify

    def expn(self, address: str) -> Reply:
        """EXPN: who is on this list? Refusals are returned, too."""
        self.putcmd("expn", addr_only(address))
        return self.getreply()

    def quit(self) -> Reply:
        """QUIT; closes, forgets what the server said, and returns its reply,
        whatever it is. Raises SMTPServerDisconnected."""
        reply = self.docmd("quit")
        self._forget_greeting()
        self.close()
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None = None,
                 error: BaseException | None = None,
                 trace: TracebackType | None = None) -> None:
        """Sends QUIT and closes. Raises SMTPResponseException for any reply
        but 221."""
        try:
            code, text = self.docmd("QUIT")
            if code != 221:
                raise SMTPResponseException(code, text)
        except SMTPServerDisconnected:
            pass
        finally:
            self.close()
