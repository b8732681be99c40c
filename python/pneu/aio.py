"""SMTP and LMTP for asyncio: the methods of pneu.smtplib as coroutines.

    async with SMTP("mail.example.com", 587) as smtp:
        await smtp.starttls()
        await smtp.login("ann", password)
        await smtp.send_message(message)

Names, arguments, results and exceptions are those of pneu.smtplib, and so are
its rules for credentials, certificates and messages. What differs:

- The constructor does not connect: `async with` and connect() do.
- has_extn(), set_debuglevel() and close() are no coroutines.
- sendmail() does not go through the other methods of a subclass.
- Verbs are in upper case. LMTP does not fall back to HELO (RFC 2033 4.1).
- Several tasks may use one object: a call has the line to itself, and the
  others wait for their turn, which no timeout counts; so a program may gather
  as many send_message() of one object as it likes. A transaction made by hand
  of mail(), rcpt() and data() is several calls, and needs a lock of its own.
- A call that is cancelled when something was sent and its answer is due closes
  the connection, at once: nothing more of a message goes out, and no later
  call reads that answer. Cancelled before, it has not begun.
"""
from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pneu import _letter, _pneu
from pneu._async_commands import AsyncCommands
from pneu._async_delivery import converse
from pneu._async_line import in_turn
from pneu._async_steps import deliver_by_steps
from pneu._exceptions import (SMTPAuthenticationError, SMTPConnectError,
                              SMTPDataError, SMTPException, SMTPHeloError,
                              SMTPNotSupportedError, SMTPRecipientsRefused,
                              SMTPResponseException, SMTPSenderRefused,
                              SMTPServerDisconnected)
from pneu._groups import Group, plain_envelope
from pneu._letter import states
from pneu._line import UNSET
from pneu._outcome import Outcome as Outcome
from pneu._outcome import Refused, Reply, refused_by
from pneu._stream import SourceAddress, Stream, open_tcp, open_unix
from pneu.smtplib import LMTP_PORT, SMTP_PORT, SMTP_SSL_PORT

if TYPE_CHECKING:
    from typing import Self

    from _typeshed import ReadableBuffer

__all__ = ["LMTP", "Outcome", "Refused", "SMTP", "SMTPAuthenticationError",
           "SMTPConnectError", "SMTPDataError", "SMTPException",
           "SMTPHeloError", "SMTPNotSupportedError", "SMTPRecipientsRefused",
           "SMTPResponseException", "SMTPSenderRefused",
           "SMTPServerDisconnected", "SMTP_SSL"]


def _host_and_port(host: str, port: int) -> tuple[str, int]:
    """A host may end in its port, if there is no other."""
    if port or host.count(":") != 1 or host.startswith("/"):
        return host, port
    host, _, suffix = host.partition(":")
    try:
        return host, int(suffix)
    except ValueError:
        raise OSError("nonnumeric port") from None


class SMTP(AsyncCommands):
    """A connection to an SMTP server.

    Attributes as in smtplib: timeout, source_address, local_hostname (None
    until it was looked up or given), esmtp_features, does_esmtp, ehlo_resp,
    helo_resp, sock (to look at only). pipelining: whether sendmail() may send
    commands in groups where the server offers it.
    """

    default_port: int = SMTP_PORT
    pipelining: bool = True

    _groups_fail: bool = False  # this server offers PIPELINING, and has none

    def __init__(self, host: str = "", port: int = 0,
                 local_hostname: str | None = None,
                 timeout: float | None = UNSET,
                 source_address: SourceAddress | None = None) -> None:
        """Connects to nothing yet: `async with` and connect() do.

        host, port: the server, as for connect(). local_hostname: the name for
        EHLO, by default this host's full name, or its address in brackets.
        timeout: seconds for the look-up of the host's name, for connecting to
        each of its addresses, and for each wait after that (a TLS handshake
        has 60 seconds at the most); None for ever; by default
        socket.getdefaulttimeout(). source_address: the (host, port) to connect
        from.
        """
        super().__init__(timeout)
        self._host = host
        self._port = port
        self.local_hostname = local_hostname
        self.source_address = source_address
        self.esmtp_features = {}

    async def __aenter__(self) -> Self:
        """Connects, unless connect() did. Raises SMTPConnectError for any
        greeting but 220, and what connect() raises."""
        if self._stream is None:
            code, text = await self.connect()
            if code != 220:
                self.close()
                raise SMTPConnectError(code, text)
        return self

    async def __aexit__(self, kind: type[BaseException] | None,
                        error: BaseException | None,
                        trace: TracebackType | None) -> None:
        """Sends QUIT and closes; after a cancellation it closes at once.
        Raises SMTPResponseException for any reply to QUIT but 221."""
        stream = self._stream
        try:
            if error is None or isinstance(error, Exception):
                code, text = await self.docmd("QUIT")
                if code != 221:
                    raise SMTPResponseException(code, text)
        except SMTPServerDisconnected:
            pass
        finally:
            self.close()
        if stream is not None:
            await stream.wait_closed()

    @in_turn
    async def connect(self, host: str = "", port: int = 0,
                      source_address: SourceAddress | None = None, *,
                      sock: socket.socket | None = None) -> Reply:
        """Connects, and returns the server's greeting, whatever it is.

        Without a host: to the constructor's, or to localhost. host may end in
        ":port" if port is 0. sock, not in smtplib: a connected socket to take
        over, as one of a proxy; host is then the server's name for TLS. An
        open connection is closed before.

        Raises OSError("nonnumeric port"), what opening the socket raises
        (TimeoutError, ssl.SSLError), ValueError for a time-out of 0, and
        SMTPServerDisconnected if there is no greeting.
        """
        if self.timeout is not None and not self.timeout:
            raise ValueError("Non-blocking socket (timeout=0) is not "
                             "supported")
        self.close()
        self._forget()
        if source_address:
            self.source_address = source_address
        if not host:
            host, port = self._host or "localhost", port or self._port
        self._host, port = _host_and_port(host, port)
        self._port = port or self.default_port
        sys.audit("smtplib.connect", self, self._host, self._port)
        self._is_direct = sock is None
        self._use(await self._begin(sock or await self._get_socket()))
        return await self._greeted()

    async def _get_socket(self) -> socket.socket:
        if self.debuglevel > 0:
            self._print_debug("connect: to", (self._host, self._port),
                              self.source_address)
        return await open_tcp(self._host, self._port, self._seconds(),
                              self.source_address)

    async def _begin(self, sock: socket.socket) -> Stream:
        return await Stream.begin(sock, self._seconds())

    async def _greeted(self) -> Reply:
        """Reads the greeting of a new connection."""
        with self._or_close():
            code, text = await self.getreply()
            if self.debuglevel > 0:
                self._print_debug("connect:", repr(text))
            return code, text

    def _forget(self) -> None:
        """A new server: nothing is known of it."""
        self._forget_greeting()
        self.command_encoding = "ascii"
        self._groups_fail = False

    @in_turn
    async def quit(self) -> Reply:
        """QUIT; closes, forgets what the server said, and returns its reply,
        whatever it is. Raises SMTPServerDisconnected."""
        reply = await self.docmd("QUIT")
        self._forget_greeting()
        stream = self._connected()
        self.close()
        await stream.wait_closed()
        return reply

    @in_turn
    async def starttls(self, *, context: ssl.SSLContext | None = None
                       ) -> Reply:
        """STARTTLS, and TLS; greets the server first if that was not done.

        Without a context the server's certificate and its name, that of the
        host connected to, are verified. What EHLO said is forgotten (RFC 3207
        4.2): the next sendmail() or login() greets again.

        Raises SMTPNotSupportedError if it is not offered,
        SMTPResponseException if it is refused; ssl.SSLError or another OSError
        if the handshake fails, and SMTPException if something came in the
        clear behind the server's 220, which both close the connection;
        SMTPHeloError. smtplib's keyfile and certfile are not there: load them
        into a context.
        """
        await self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise SMTPNotSupportedError(
                "STARTTLS extension not supported by server.")
        context = context or ssl.create_default_context()
        code, text = await self.docmd("STARTTLS")
        if code != 220:
            raise SMTPResponseException(code, text)
        stream = self._connected()
        try:
            self._refuse_injection(stream)
            await stream.start_tls(context, self._host, self._seconds())
        except BaseException:
            self._drop(stream)
            raise
        self._use(stream)
        self._forget_greeting()
        return code, text

    def _refuse_injection(self, stream: Stream) -> None:
        """RFC 3207 6: what came before TLS, anybody may have sent."""
        if stream.unread or self._replies.pending:
            raise SMTPException(
                "something came in the clear behind the answer to STARTTLS: "
                "somebody on the way may have put it there, so the connection "
                "was closed")

    @in_turn
    async def sendmail(self, from_addr: str, to_addrs: str | Iterable[str],
                       msg: str | ReadableBuffer,
                       mail_options: Sequence[str] = (),
                       rcpt_options: Sequence[str] = ()) -> Refused:
        """Sends a message to all recipients, greeting the server first if that
        was not done.

        Arguments, result and exceptions are those of sendmail() of
        pneu.smtplib: Refused, a dictionary of the refused recipients by
        address, with the server's final reply and the outcome of each; or if
        nobody has the message SMTPSenderRefused, SMTPRecipientsRefused,
        SMTPDataError, SMTPServerDisconnected, which carry the outcomes too.
        """
        await self.ehlo_or_helo_if_needed()
        if not (mail_options or rcpt_options) and self._may_group(()):
            while delivery := self._plan(from_addr, to_addrs, msg):
                if await self._carry_out(delivery):
                    return refused_by(delivery)
        return await self._send_unusual(from_addr, to_addrs, msg, mail_options,
                                        rcpt_options)

    def _plan(self, from_addr: str, to_addrs: str | Iterable[str],
              msg: str | ReadableBuffer) -> _pneu.Delivery | None:
        return _pneu.plan(from_addr, to_addrs, msg,
                          self.esmtp_features if self.does_esmtp else None,
                          self._is_lmtp,
                          self.pipelining and not self._groups_fail)

    async def _send_unusual(self, from_addr: str,
                            to_addrs: str | Iterable[str],
                            msg: str | ReadableBuffer,
                            mail_options: Sequence[str],
                            rcpt_options: Sequence[str]) -> Refused:
        recipients = _letter.recipient_list(to_addrs)
        message = _letter.octets(msg)
        if not (_pneu.is_ascii(message) or states(mail_options, "SMTPUTF8")
                or self.does_esmtp and self.has_extn("8bitmime")):
            message = _letter.seven_bit(message)
        bare = (plain_envelope(from_addr, recipients)
                if self._may_group(mail_options) else None)
        if bare is None:
            return await deliver_by_steps(self, from_addr, recipients, message,
                                          mail_options, rcpt_options)
        group = Group(self, from_addr, recipients, bare, message, mail_options,
                      rcpt_options)
        while not await self._carry_out(group.delivery):
            group.plan()
        return group.result()

    def _may_group(self, options: Sequence[str]) -> bool:
        """May commands go out without the methods that are there for them? If
        nobody watches, no reply is left from a command before, and no address
        needs more than ASCII."""
        return not (self.debuglevel > 0 or self._replies.pending
                    or options and states(options, "SMTPUTF8"))

    async def _carry_out(self, delivery: _pneu.Delivery) -> bool:
        """Leaves the connection ready for the next delivery, or closed. False
        if the server did not understand a group, as carry_out() of
        pneu._groups."""
        stream = self._connected()
        await converse(self, delivery)
        ending = delivery.ending()
        if ending & _pneu.CLOSE:
            self._drop(stream)
        elif (ending & _pneu.RESET and await self._reset()
              and ending & _pneu.RETRY):
            self._groups_fail = True
            return False
        return True

    @in_turn
    async def send_message(self, msg: _letter.AnyMessage,
                           from_addr: str | None = None,
                           to_addrs: str | Iterable[str] | None = None,
                           mail_options: Sequence[str] = (),
                           rcpt_options: Sequence[str] = ()) -> Refused:
        """Sends a message of the email package: arguments, result and
        exceptions are those of send_message() of pneu.smtplib."""
        await self.ehlo_or_helo_if_needed()
        from_addr, to_addrs = _letter.envelope(msg, from_addr, to_addrs)
        utf8 = _letter.is_international(from_addr, to_addrs)
        if utf8:
            if not self.has_extn("smtputf8"):
                raise SMTPNotSupportedError(
                    "One or more source or delivery addresses require "
                    "internationalized email support, but the server does not "
                    "advertise the required SMTPUTF8 capability")
            mail_options = (*mail_options, "SMTPUTF8", "BODY=8BITMIME")
        return await self.sendmail(from_addr, to_addrs,
                                   _letter.serialise(msg, utf8), mail_options,
                                   rcpt_options)

    async def _reset(self) -> bool:
        """RSET within a delivery; True if it was answered 250."""
        try:
            return (await self.rset())[0] == 250
        except SMTPException:
            return False


class SMTP_SSL(SMTP):
    """A connection that is under TLS from its first octet.

    context: an ssl.SSLContext. Without one the server's certificate and its
    name, that of the host connected to, are verified. smtplib's keyfile and
    certfile are not there: load them into a context.
    """

    default_port = SMTP_SSL_PORT

    def __init__(self, host: str = "", port: int = 0,
                 local_hostname: str | None = None, *,
                 timeout: float | None = UNSET,
                 source_address: SourceAddress | None = None,
                 context: ssl.SSLContext | None = None) -> None:
        super().__init__(host, port, local_hostname, timeout, source_address)
        self.context = context or ssl.create_default_context()

    async def _begin(self, sock: socket.socket) -> Stream:
        return await Stream.begin(sock, self._seconds(), self.context,
                                  self._host)


class LMTP(SMTP):
    """A connection to an LMTP server (RFC 2033), over TCP or, if host begins
    with "/", over the Unix socket of that path.

    sendmail() reads a reply for each recipient that was accepted.
    """

    default_port = LMTP_PORT
    ehlo_msg = "LHLO"
    _is_lmtp = True

    def __init__(self, host: str = "", port: int = 0,
                 local_hostname: str | None = None,
                 source_address: SourceAddress | None = None,
                 timeout: float | None = UNSET) -> None:
        """As SMTP; source_address comes before timeout, as in smtplib."""
        super().__init__(host, port, local_hostname, timeout, source_address)

    async def _get_socket(self) -> socket.socket:
        if self._host.startswith("/"):
            return await open_unix(self._host, self._seconds())
        return await super()._get_socket()
