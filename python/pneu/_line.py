"""A line to a server: commands out, replies in. What SMTP is without verbs.

Here a command line and a reply go between the socket and the parser and the
writer in C; what they mean is left to pneu.smtplib.
"""
from __future__ import annotations

import _socket
import datetime
import ipaddress
import re
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

from pneu import _pneu
from pneu._exceptions import (SMTPException, SMTPResponseException,
                              SMTPServerDisconnected)

try:
    import ssl
except ImportError:
    _have_ssl = False
else:
    _have_ssl = True

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CRLF = "\r\n"
MAXLINE = 8192  # octets of a reply's line, its end included
CHUNK = 65536  # octets that are read at once
LAST_WORDS = 2.0  # seconds that what a leaving server says is waited for
_AUTH = re.compile(r"\s*(AUTH(?:[^\S\r\n]+\S+)?)(?:\s+(\S)|\s*$)", re.I)
_AUTH_OCTETS = re.compile(_AUTH.pattern.encode("ascii"), re.I)
_ANY_AUTH = re.compile(r"^[^\S\r\n]*AUTH(?:\s|$)", re.I | re.M)
_ANY_AUTH_OCTETS = re.compile(_ANY_AUTH.pattern.encode("ascii"), re.I | re.M)
_DIRECT = ("socket", "gevent._socket3", "eventlet.greenio.base")
# No number, yet what a time-out may be.
UNSET = cast(float, getattr(socket, "_GLOBAL_DEFAULT_TIMEOUT"))
_TRANSIENT = ("_replies", "_read_from", "_holder", "_unanswered",
              "_authenticating", "_exchange", "_is_content")


class Turn:
    """Of a thread that uses a connection for a whole transaction."""

    __slots__ = ("thread",)

    def __init__(self) -> None:
        self.thread = threading.get_ident()


def auth_line(line: str | ReadableBuffer) -> re.Match[Any] | None:
    """If this is a command line whose verb is AUTH: group 1 is what is no
    secret, and group 2 is there if there is more."""
    return (_AUTH.match(line) if isinstance(line, str)
            else _AUTH_OCTETS.match(line))


def has_auth_line(lines: str | ReadableBuffer) -> bool:
    """Is the verb of one of these command lines AUTH?"""
    return bool(_ANY_AUTH.search(lines) if isinstance(lines, str)
                else _ANY_AUTH_OCTETS.search(lines))


def encoded(text: str, encoding: str, is_secret: bool) -> bytes:
    """Raises UnicodeEncodeError; that of a secret does not hold it."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        if not is_secret:
            raise
        hidden = UnicodeEncodeError(error.encoding, "", error.start, error.end,
                                    error.reason)
    raise hidden  # out here, for it would carry the other along


def _is_socket(line: Any) -> bool:
    """Is it one, and not a mock that says so of itself?"""
    return issubclass(type(line), _socket.socket)


def _has_peer(line: Any) -> bool:
    """Does it say, or might it, with whom it is connected? A mock does not."""
    try:
        return isinstance(line.getpeername(), (tuple, str, bytes))
    except AttributeError:
        return False
    except Exception:
        return True


def is_loopback(line: Any) -> bool:
    try:
        peer = ipaddress.ip_address(line.getpeername()[0].partition("%")[0])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    return (getattr(peer, "ipv4_mapped", None) or peer).is_loopback


def is_this_machine(host: str) -> bool:
    """Does the name say so by itself? Nobody is asked."""
    if host.startswith("/") or host.lower() in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def is_private(line: Any) -> bool:
    """May credentials go over this line in the clear?

    Over TLS (a context that verifies nothing is the program's own word), a
    Unix socket, a connection to this very machine; not over a socket of
    another class, whose peer may be a proxy. An object that has nothing of a
    socket is the program's own business, and None goes nowhere.
    """
    if line is None:
        return True
    if _have_ssl and issubclass(type(line), ssl.SSLSocket):
        # None after unwrap(): what is written then goes out in the clear.
        return getattr(line, "_sslobj", line) is not None
    if not _is_socket(line) and not _has_peer(line):
        return True
    if getattr(line, "family", None) == getattr(socket, "AF_UNIX", 0):
        return True
    # By module: a program may have put a proxy's class at socket.socket.
    return type(line).__module__ in _DIRECT and is_loopback(line)


def is_real(line: Any) -> bool:
    """Is it a socket, or gevent's, which has one inside? What else there is
    may be a program's own, that looks at what is written."""
    return _is_socket(line) or _is_socket(getattr(line, "_sock", None))


def _set_tcp_option(line: Any, name: str) -> None:
    """Without it things only go slower."""
    if (_is_socket(line)
            and line.family in (_socket.AF_INET, _socket.AF_INET6)):
        try:
            line.setsockopt(_socket.IPPROTO_TCP, getattr(_socket, name), 1)
        except (OSError, AttributeError):
            pass


def write_at_once(line: Any) -> None:
    """The end of a long message does not wait until what is before it was
    acknowledged."""
    _set_tcp_option(line, "TCP_NODELAY")


def acknowledge_at_once(line: Any) -> None:
    """A server that sends each reply in a segment of its own learns that the
    last one came: otherwise it waits 40 ms before the next."""
    _set_tcp_option(line, "TCP_QUICKACK")


def is_cut(code: int, text: bytes) -> bool:
    """Did the stream end within the last line of these?"""
    return code == -1 and b"\n" in text


def reason_of(error: OSError) -> int:
    """Why no more octets come, as _pneu has it."""
    return (_pneu.END_TIMEOUT if isinstance(error, TimeoutError)
            else _pneu.END_RESET)


class Line:
    """send(), putcmd(), getreply(), docmd() and close() of SMTP.

    sock: the socket, None exactly when not connected. file: what is read in
    its place, if anything is. Both may be replaced. command_encoding: "ascii",
    or "utf-8" where SMTPUTF8 is under way.
    """

    debuglevel: int = 0
    debug_secrets: bool = False
    allow_cleartext_auth: bool = False
    sock: Any = None
    file: Any = None
    command_encoding: str = "ascii"

    _replies: _pneu.Replies | None = None
    _read_from: object = None  # what they were read from
    _holder: object = None  # whoever delivers a message
    _unanswered: bool = False  # something was sent since the last reply
    _authenticating: bool = False  # what is sent next answers a challenge
    _is_content: bool = False  # what is sent next is a message, no command

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in self.__dict__.items()
                 if name not in _TRANSIENT}
        # A copy of this object would not be known as "no time-out given".
        if state.get("timeout") is UNSET:
            del state["timeout"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__["timeout"] = UNSET
        self.__dict__.update(state)

    def set_debuglevel(self, debuglevel: int) -> None:
        """Shows the dialogue on sys.stderr: 0 nothing, 1 everything sent and
        received, 2 with the local time before each line.

        Passwords are blanked, other than in smtplib, unless the attribute
        debug_secrets is true.
        """
        self.debuglevel = debuglevel

    def _print_debug(self, *args: object) -> None:
        if self.debuglevel > 1:
            print(datetime.datetime.now().time(), *args, file=sys.stderr)
        else:
            print(*args, file=sys.stderr)

    def _shown(self, s: str | ReadableBuffer) -> str | ReadableBuffer:
        """What debug output tells of something sent: no secret."""
        match = None if self._is_content else auth_line(s)
        if self.debug_secrets or not (self._authenticating
                                      or match and match[2]):
            return s
        known = match[1] if match and not self._authenticating else None
        if isinstance(s, str):
            return f"{known or ''} [hidden]{CRLF}".lstrip()
        return ((known or b"") + b" [hidden]\r\n").lstrip()

    def _refuse_intruder(self) -> None:
        """Raises SMTPException while somebody else delivers a message: a Turn's
        thread may go on using the connection, and nobody at all while a group
        of commands is out."""
        holder = self._holder
        if (holder is not None and
                getattr(holder, "thread", None) != threading.get_ident()):
            raise SMTPException("this connection is in the midst of a "
                                "delivery, and can do nothing else meanwhile")

    def _refuse_cleartext(self) -> None:
        """Raises SMTPException where credentials would be seen on the way."""
        if not self.allow_cleartext_auth and not self._is_private():
            raise SMTPException(
                "no credentials over a line that is not encrypted: call "
                "starttls() first, or use SMTP_SSL; or set "
                "allow_cleartext_auth = True to send them in the clear")

    def _is_private(self) -> bool:
        return is_private(self.sock)

    def send(self, s: str | ReadableBuffer) -> None:
        """Writes all of s: a str in command_encoding, octets as they are.

        Raises SMTPServerDisconnected if there is no connection, or writing
        fails, which closes it; UnicodeEncodeError, and SMTPException for an
        AUTH line over a line that is not private, with nothing sent.
        """
        is_auth = not self._is_content and has_auth_line(s)
        if is_auth or self._authenticating:
            self._refuse_cleartext()
        if self.debuglevel > 0:
            self._print_debug("send:", repr(self._shown(s)))
        self._refuse_intruder()
        if not self.sock:
            raise SMTPServerDisconnected("please run connect() first")
        self._write(encoded(s, self.command_encoding, is_auth
                            or self._authenticating) if isinstance(s, str)
                    else s)
        if is_auth:
            self._authenticating = True

    def _write(self, octets: ReadableBuffer) -> None:
        sys.audit("smtplib.send", self, octets)
        self._unanswered = True
        try:
            self.sock.sendall(octets)
        except OSError as error:
            lost = SMTPServerDisconnected("Server not connected")
            lost.last_reply = self._last_words()
            self.close()
            raise lost from error

    def putcmd(self, cmd: str, args: str = "") -> None:
        """Sends a command line: cmd, a blank and args if there are any.

        Raises ValueError for CR, LF or NUL in it, and SMTPException for AUTH
        over a line that is not private (see allow_cleartext_auth), with
        nothing sent; and what send() raises.
        """
        line = self._command_line(cmd, args)
        if auth_line(line):
            self._refuse_cleartext()
        self.send(line)

    def _command_line(self, cmd: str, args: str) -> str:
        """args: anything that has a str(), as in smtplib."""
        try:
            return _pneu.command_line(cmd, f"{args}")
        except UnicodeEncodeError:
            if not self._authenticating and not auth_line(f"{cmd} {args}"):
                raise
            problem = "what is no text: [hidden]"
        except ValueError:
            if not self._authenticating:
                raise
            problem = "prohibited newline characters: [hidden]"
        raise ValueError(f"command and arguments contain {problem}")

    def getreply(self) -> tuple[int, bytes]:
        """Reads a reply: its code, and its text with LF between the lines.

        The code is -1 where it is no number, or not the same in all lines.
        Raises SMTPServerDisconnected if the connection is lost or the time-out
        is over, SMTPResponseException(500, ...) for a line of more than 8,192
        octets or a reply of more than 128 KiB or 1,024 lines; each closes the
        connection. smtplib knows no limit for a reply, and gives the code of
        its last line.
        """
        self._refuse_intruder()
        code, text = self._read_reply()
        if self.debuglevel > 0:
            self._print_debug("reply: retcode (%s); Msg: %a" % (code, text))
        self._unanswered = False
        self._is_content = code == 354
        if code != 334:
            self._authenticating = False
        return code, text

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Sends a command and reads its reply: putcmd() and getreply()."""
        self.putcmd(cmd, args)
        return self.getreply()

    def close(self) -> None:
        """Closes the connection, and sends nothing. May be repeated."""
        self._replies = self._read_from = None
        self._authenticating = self._unanswered = self._is_content = False
        try:
            file, self.file = self.file, None
            if file:
                file.close()
        finally:
            sock, self.sock = self.sock, None
            if sock:
                sock.close()

    def _source(self) -> Any:
        """What the server's octets are read from: the socket itself, or a file
        made of what only looks like one."""
        if self.file is None:
            if _is_socket(self.sock):
                return self.sock
            if self.sock is None:
                raise SMTPServerDisconnected("please run connect() first")
            self.file = self.sock.makefile("rb")
        return self.file

    def _present_replies(self) -> _pneu.Replies:
        """Those of the line that there is now: a program may have replaced it
        (RFC 3207 4.2: what was said before TLS is void)."""
        source = self._source()
        if self._replies is None or self._read_from is not source:
            self._replies = _pneu.Replies()
            self._read_from = source
        return self._replies

    def _receive(self) -> bytes:
        """Octets from the server, b"" at their end."""
        source: Any = self._read_from
        try:
            octets: bytes = (source.recv(CHUNK) if _is_socket(source)
                             else source.readline(MAXLINE + 1))
        except OSError as error:
            self.close()
            raise SMTPServerDisconnected(
                f"Connection unexpectedly closed: {error}") from error
        return octets

    def _parse(self, replies: _pneu.Replies) -> tuple[int, bytes] | None:
        """The next reply that is there, and its lines for the debug output."""
        replies.keep_lines = self.debuglevel > 0
        try:
            return replies.next()
        except SMTPResponseException:
            self.close()
            raise
        finally:
            for line in replies.lines():
                self._print_debug("reply:", repr(line))

    def _read_reply(self) -> tuple[int, bytes]:
        replies = self._present_replies()
        reply = self._parse(replies)
        while reply is None:
            octets = self._receive()
            if octets:
                replies.feed(octets)
            else:
                replies.end()
            reply = self._parse(replies)
            if not octets and (reply is None or is_cut(*reply)):
                self.close()
                raise SMTPServerDisconnected("Connection unexpectedly closed")
        return reply

    def _last_words(self) -> tuple[int, bytes] | None:
        """A reply that came before writing failed: it may say why."""
        if not _is_socket(self.sock):
            return None
        try:
            self.sock.settimeout(LAST_WORDS)
            return self._read_reply()
        except OSError:
            return None
