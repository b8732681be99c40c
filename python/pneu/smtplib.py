"""The standard smtplib's names, over a protocol that runs in C.

Change the import line:

    import pneu.smtplib as smtplib

    with smtplib.SMTP("mail.example.com", 587) as server:
        server.starttls()
        server.login("ann", "secret")
        server.sendmail("ann@example.com", ["bob@example.net"],
                        "Subject: Hello\\n\\nHello, Bob.\\n")

Classes, methods, attributes, exceptions, audit events and debug output are
smtplib's; methods may be replaced and overridden, sockets too. Where this
module does otherwise, the method says so, and docs/smtplib-differences.md has
the reason, and how to get smtplib's way.

sendmail() and send_message() return a dictionary, as smtplib's do, that knows
what became of each recipient; so does an exception, if nobody has the message:

    for row in server.sendmail(sender, recipients, letter).outcomes:
        print(row.recipient, row.outcome, row.code, row.text)

Beside SMTP and SMTP_SSL there is LMTP; Refused is that dictionary, and Outcome
one of these rows.

Times are seconds, sizes octets, texts of a server bytes. Every exception of
this module is an SMTPException, which is an OSError; what opening a socket
raises (OSError, TimeoutError, ssl.SSLError) comes through as it is.
"""
from __future__ import annotations

import re
import socket
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pneu import _groups, _letter, _methods, _pneu
from pneu._commands import Commands
from pneu._exceptions import (SMTPAuthenticationError, SMTPConnectError,
                              SMTPDataError, SMTPException, SMTPHeloError,
                              SMTPNotSupportedError, SMTPRecipientsRefused,
                              SMTPResponseException, SMTPSenderRefused,
                              SMTPServerDisconnected)
from pneu._letter import states
from pneu._line import (CHUNK, UNSET, is_loopback, is_private, is_real,
                        is_this_machine, write_at_once)
from pneu._outcome import Outcome as Outcome
from pneu._outcome import Refused as Refused
from pneu._outcome import Reply, refused_by

# Programs that write a method anew take these from here, as from smtplib.
import base64 as base64
import copy as copy
import datetime as datetime
import email as email
import email.base64mime
import email.generator
import email.message
import email.utils
import hmac as hmac
import io as io
from email.base64mime import body_encode as encode_base64
from pneu._auth import MAXCHALLENGE as _MAXCHALLENGE
from pneu._line import CRLF as CRLF
from pneu._line import MAXLINE as _MAXLINE
from pneu._quoting import addr_only as _addr_only
from pneu._quoting import fix_eols as _fix_eols
from pneu._quoting import quote_periods as _quote_periods
from pneu._quoting import quoteaddr, quotedata

try:
    import ssl
except ImportError:
    _have_ssl = False
else:
    _have_ssl = True

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, StrOrBytesPath

__all__ = ["SMTPException", "SMTPNotSupportedError", "SMTPServerDisconnected",
           "SMTPResponseException", "SMTPSenderRefused",
           "SMTPRecipientsRefused", "SMTPDataError", "SMTPConnectError",
           "SMTPHeloError", "SMTPAuthenticationError", "quoteaddr",
           "quotedata", "SMTP"]

SMTP_PORT = 25
SMTP_SSL_PORT = 465
LMTP_PORT = 2003
bCRLF = b"\r\n"
OLDSTYLE_AUTH = re.compile(r"auth=(.*)", re.I)

_SourceAddress = tuple[str | bytes | bytearray, int]


def _tls_context(context: Any, keyfile: StrOrBytesPath | None,
                 certfile: StrOrBytesPath | None) -> Any:
    """The context given, or one that verifies the certificate and its name."""
    for name, file in (("keyfile", keyfile), ("certfile", certfile)):
        if context is not None and file is not None:
            raise ValueError(
                f"context and {name} arguments are mutually exclusive")
    if keyfile is not None or certfile is not None:
        warnings.warn("keyfile and certfile are deprecated, use a custom "
                      "context instead", DeprecationWarning, 3)
    if context is None:
        context = ssl.create_default_context()
        if certfile is not None:
            context.load_cert_chain(certfile, keyfile)
        elif keyfile is not None:
            raise ValueError("certfile must be specified")
    return context


class SMTP(Commands):
    """A connection to an SMTP server.

    esmtp_features: what the server offers, by name in lower case, with the
    parameters as a str; as the last EHLO said, or the program. does_esmtp,
    ehlo_resp, helo_resp: whether and how the server was greeted. sock: the
    socket, None exactly when not connected.

    Not in smtplib, and to be set on the class or the object: pipelining (True):
    sendmail() may send commands in groups where the server offers it.
    allow_cleartext_auth (False): credentials go over a line that is neither
    under TLS nor within this machine. debug_secrets (False): debug output
    shows them.
    """

    sock: socket.socket | Any
    default_port: int = SMTP_PORT
    pipelining: bool = True

    _host: str = ""
    _last_host: str = ""  # what _host was set to here
    _groups_fail: bool = False  # this server offers PIPELINING, and has none

    def __init__(self, host: str = "", port: int = 0,
                 local_hostname: str | None = None,
                 timeout: float | None = UNSET,
                 source_address: _SourceAddress | None = None) -> None:
        """Connects if there is a host; see connect().

        local_hostname: the name for EHLO, by default this host's full name, or
        its address in brackets. timeout: seconds for connecting and for each
        wait after it; None for ever; by default socket.getdefaulttimeout().
        source_address: the (host, port) to connect from.

        Raises SMTPConnectError for any greeting but 220, and what connect()
        raises.
        """
        self._host = self._last_host = host
        self.timeout = timeout
        self.esmtp_features = {}
        self.command_encoding = "ascii"
        self.source_address = source_address
        self._auth_challenge_count = 0
        if host:
            code, text = self.connect(host, port)
            if code != 220:
                self.close()
                raise SMTPConnectError(code, text)
        self.local_hostname = (self._own_name() if local_hostname is None
                               else local_hostname)

    def _own_name(self) -> str:
        """RFC 5321 4.1.1.1: a full name, or else an address literal."""
        name = socket.getfqdn()
        if "." in name:
            return name
        try:
            return f"[{socket.gethostbyname(socket.gethostname())}]"
        except (socket.gaierror, UnicodeError):
            return "[127.0.0.1]"

    def _get_socket(self, host: str, port: int, timeout: float | None
                    ) -> Any:
        """Opens the socket. A program may override it, for a proxy."""
        if timeout is not None and not timeout:
            raise ValueError("Non-blocking socket (timeout=0) is not "
                             "supported")
        if self.debuglevel > 0:
            self._print_debug("connect: to", (host, port),
                              self.source_address)
        return socket.create_connection((host, port), timeout,
                                        self.source_address)

    def connect(self, host: str = "localhost", port: int = 0,
                source_address: _SourceAddress | None = None) -> Reply:
        """Connects, and returns the server's greeting, whatever it is.

        host may end in ":port" if port is 0. An old connection is not closed,
        but all that its server said is forgotten, which smtplib keeps.

        Raises OSError("nonnumeric port"), what opening the socket raises,
        ValueError for a time-out of 0, and SMTPServerDisconnected if there is
        no greeting.
        """
        self._refuse_intruder()
        if source_address:
            self.source_address = source_address
        if not port and host.count(":") == 1:
            host, _, suffix = host.partition(":")
            try:
                port = int(suffix)
            except ValueError:
                raise OSError("nonnumeric port") from None
        port = port or self.default_port
        self._forget()
        self._name_host(host)
        sys.audit("smtplib.connect", self, host, port)
        return self._greeted(self._get_socket(host, port, self.timeout))

    def _name_host(self, host: str) -> None:
        """The name that a certificate must have, unless the program has set
        _host itself: it may connect by an address."""
        if self._host == self._last_host:
            self._host = self._last_host = host

    def _is_private(self) -> bool:
        """A peer on this machine may be a proxy, if a program opened the
        socket, for a host elsewhere."""
        return is_private(self.sock) and (
            _opens_itself(self) or is_this_machine(self._last_host)
            or not is_loopback(self.sock)
            or _have_ssl and isinstance(self.sock, ssl.SSLSocket))

    def _forget(self) -> None:
        """A new server: nothing is known of it."""
        self._forget_greeting()
        self.command_encoding = "ascii"
        self._groups_fail = False

    def _greeted(self, sock: Any) -> Reply:
        """Reads the greeting that comes over a new socket."""
        self.sock = sock
        self.file = self._replies = None
        self._authenticating = self._is_content = False
        write_at_once(sock)
        try:
            code, text = self.getreply()
        except BaseException:
            self.close()
            raise
        if self.debuglevel > 0:
            self._print_debug("connect:", repr(text))
        return code, text

    def starttls(self, keyfile: StrOrBytesPath | None = None,
                 certfile: StrOrBytesPath | None = None,
                 context: ssl.SSLContext | None = None) -> Reply:
        """STARTTLS, and TLS; greets the server first if that was not done.

        Without a context the server's certificate and its name, that of the
        host connected to, are verified; smtplib verifies nothing. What EHLO
        said is forgotten (RFC 3207 4.2): the next sendmail() or login() greets
        again.

        Raises SMTPNotSupportedError if it is not offered,
        SMTPResponseException if it is refused, ssl.SSLError (which closes the
        connection) if the handshake fails, ValueError for a context together
        with files, SMTPHeloError.
        """
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise SMTPNotSupportedError(
                "STARTTLS extension not supported by server.")
        if not _have_ssl:
            raise RuntimeError("No SSL support included in this Python")
        tls = _tls_context(context, keyfile, certfile)
        code, text = self.docmd("STARTTLS")
        if code != 220:
            raise SMTPResponseException(code, text)
        try:
            self.sock = tls.wrap_socket(self.sock,
                                        server_hostname=self._host or None)
        except BaseException:
            self.close()
            raise
        self.file = self._replies = None
        self._forget_greeting()
        return code, text

    def sendmail(self, from_addr: str, to_addrs: str | Iterable[str],
                 msg: str | ReadableBuffer,
                 mail_options: Sequence[str] = (),
                 rcpt_options: Sequence[str] = ()) -> Refused:
        """Sends a message to all recipients, greeting the server first if
        that was not done.

        to_addrs: a str is one recipient. msg: a str in ASCII, or octets; line
        ends become CRLF. mail_options and rcpt_options go out if the server was
        greeted by EHLO; size= and, for a message that is not ASCII,
        BODY=8BITMIME are stated where they are offered. Where 8BITMIME is not,
        such a message is re-encoded (RFC 2045).

        Returns the refused recipients by address, each with code and text:
        {} if everybody has the message. It also has the server's final reply,
        and the outcome of each recipient; so do the exceptions, which say that
        nobody has it:

        SMTPSenderRefused, SMTPRecipientsRefused (all of them), SMTPDataError:
        the server refused; the connection stays open, but for a 421.
        SMTPSenderRefused with code 552 also if the message is larger than the
        server's SIZE, which is then not asked.
        SMTPServerDisconnected: the connection was lost.
        SMTPNotSupportedError: an option, or the message, needs what the server
        does not offer.
        SMTPHeloError: it did not take the greeting.
        UnicodeEncodeError, ValueError: the message, an address or an option
        cannot be sent, and was not.

        Any other exception in the midst of it, such as KeyboardInterrupt,
        closes the connection. smtplib sends one command at a time; see
        pipelining.
        """
        self.ehlo_or_helo_if_needed()
        while delivery := _pneu.plan_for(_untouched, self, from_addr, to_addrs,
                                         msg, mail_options, rcpt_options):
            if _groups.carry_out(self, delivery, (self.sock, "recv", CHUNK)):
                return refused_by(delivery)
        return self._send_unusual(from_addr, to_addrs, msg, mail_options,
                                  rcpt_options)

    def _send_unusual(self, from_addr: str, to_addrs: str | Iterable[str],
                      msg: str | ReadableBuffer, mail_options: Sequence[str],
                      rcpt_options: Sequence[str]) -> Refused:
        mail_options = tuple(mail_options or ())
        rcpt_options = tuple(rcpt_options or ())
        recipients = _letter.recipient_list(to_addrs)
        message = _letter.octets(msg)
        if not _pneu.is_ascii(message):
            message = self._fitted(message, mail_options)
        if self._may_group(mail_options):
            bare = _groups.plain_envelope(from_addr, recipients)
            if bare is not None:
                return _groups.deliver(self, _groups.Group(
                    self, from_addr, recipients, bare, message, mail_options,
                    rcpt_options))
        return _methods.deliver(self, from_addr, recipients, message,
                                mail_options, rcpt_options)

    def _may_group(self, options: Sequence[str]) -> bool:
        """May commands go out without the methods that are there for them? If
        nobody can tell: no program has replaced one, or watches."""
        return bool(
            not self.debuglevel > 0 and is_real(self.sock)
            and self.command_encoding in ("ascii", "utf-8")
            and type(self).__getattribute__ is object.__getattribute__
            and _untouched(self)
            and (self._replies is None or not self._replies.pending)
            and not (options and states(options, "SMTPUTF8")))

    def _offers(self, name: str) -> bool:
        return self.does_esmtp and self.has_extn(name)

    def _fitted(self, message: ReadableBuffer, options: Sequence[str]
                ) -> ReadableBuffer:
        """An 8-bit message as this server takes it."""
        if self._offers("8bitmime") or states(options, "SMTPUTF8"):
            return message
        return _letter.seven_bit(message)

    def send_message(self, msg: _letter.AnyMessage,
                     from_addr: str | None = None,
                     to_addrs: str | Iterable[str] | None = None,
                     mail_options: Sequence[str] = (),
                     rcpt_options: Sequence[str] = ()) -> Refused:
        """Sends a message of the email package, and returns what sendmail()
        returns.

        Addresses that are not given are those of its headers: Sender or else
        From; To, Bcc and Cc; or, if there is a Resent-Date, those with Resent-
        before the name. Bcc is not sent; msg is not changed. If an address is
        not ASCII, SMTPUTF8 is used.

        Raises ValueError for more than one Resent-Date, and if there is no
        sender (smtplib sends from "None"); SMTPNotSupportedError if SMTPUTF8 is
        needed and not offered; and what sendmail() raises.
        """
        self.ehlo_or_helo_if_needed()
        from_addr, to_addrs = _letter.envelope(msg, from_addr, to_addrs)
        utf8 = _letter.is_international(from_addr, to_addrs)
        if utf8:
            if not self.has_extn("smtputf8"):
                raise SMTPNotSupportedError(
                    "One or more source or delivery addresses require "
                    "internationalized email support, but the server does not "
                    "advertise the required SMTPUTF8 capability")
            mail_options = (*mail_options, "SMTPUTF8", "BODY=8BITMIME")
        return self.sendmail(from_addr, to_addrs,
                             _letter.serialise(msg, utf8), mail_options,
                             rcpt_options)


_untouched = _pneu.Untouched(SMTP, [
    "putcmd", "getreply", "docmd", "mail", "rcpt", "data", "send", "rset",
    "_rset", "close", "has_extn"])
_opens_itself = _pneu.Untouched(SMTP, ["_get_socket"])


if _have_ssl:
    class SMTP_SSL(SMTP):
        """A connection that is under TLS from its first octet.

        context: an ssl.SSLContext. Without one the server's certificate and
        its name, that of the host connected to, are verified; smtplib verifies
        nothing. keyfile and certfile, deprecated, are for such a one.
        """

        default_port = SMTP_SSL_PORT

        def __init__(self, host: str = "", port: int = 0,
                     local_hostname: str | None = None,
                     keyfile: StrOrBytesPath | None = None,
                     certfile: StrOrBytesPath | None = None,
                     timeout: float | None = UNSET,
                     source_address: _SourceAddress | None = None,
                     context: ssl.SSLContext | None = None) -> None:
            """As SMTP. Raises ssl.SSLError, too, and ValueError for a context
            together with files."""
            self.keyfile = keyfile
            self.certfile = certfile
            self.context = _tls_context(context, keyfile, certfile)
            super().__init__(host, port, local_hostname, timeout,
                             source_address)

        def _get_socket(self, host: str, port: int, timeout: float | None
                        ) -> Any:
            if self.debuglevel > 0:
                self._print_debug("connect:", (host, port))
            plain = super()._get_socket(host, port, timeout)
            try:
                return self.context.wrap_socket(
                    plain, server_hostname=self._host or None)
            except BaseException:
                plain.close()
                raise

    __all__.append("SMTP_SSL")


class LMTP(SMTP):
    """A connection to an LMTP server (RFC 2033), over TCP or a Unix socket.

    sendmail() reads a reply for each recipient that was accepted, and the
    dictionary has those who do not have the message; smtplib reads one reply
    for all of them.
    """

    ehlo_msg = "lhlo"
    _is_lmtp = True

    def __init__(self, host: str = "", port: int = LMTP_PORT,
                 local_hostname: str | None = None,
                 source_address: _SourceAddress | None = None,
                 timeout: float | None = UNSET) -> None:
        """As SMTP; source_address comes before timeout."""
        super().__init__(host, port, local_hostname=local_hostname,
                         source_address=source_address, timeout=timeout)

    def connect(self, host: str = "localhost", port: int = 0,
                source_address: _SourceAddress | None = None) -> Reply:
        """As SMTP.connect(); a host that begins with "/" is the path of a Unix
        socket."""
        if not host.startswith("/"):
            return super().connect(host, port, source_address=source_address)
        if self.timeout is not None and not self.timeout:
            raise ValueError("Non-blocking socket (timeout=0) is not "
                             "supported")
        self._refuse_intruder()
        self._forget()
        self._name_host(host)
        return self._greeted(self._get_unix_socket(host))

    def _get_unix_socket(self, path: str) -> Any:
        self.sock = None
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if self.timeout is not UNSET:
                sock.settimeout(self.timeout)
            sock.connect(path)
        except BaseException:
            if self.debuglevel > 0:
                self._print_debug("connect fail:", path)
            sock.close()
            raise
        return sock


if __name__ == "__main__":
    from pneu import _interactive

    _interactive.main(SMTP)
