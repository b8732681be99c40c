"""A line to a server for asyncio: commands out, replies in; what pneu._line is
for sockets. What SMTP is without verbs.

One task at a time has the line: see in_turn().
"""
from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from pneu import _pneu
from pneu._exceptions import SMTPException, SMTPServerDisconnected
from pneu._line import (LAST_WORDS, UNSET, Line, auth_line, encoded,
                        has_auth_line, is_cut)
from pneu._outcome import Reply
from pneu._stream import Stream

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_P = ParamSpec("_P")
_T = TypeVar("_T")
_L = TypeVar("_L", bound="AsyncLine")


def in_turn(method: Callable[Concatenate[_L, _P], Coroutine[Any, Any, _T]]
            ) -> Callable[Concatenate[_L, _P], Coroutine[Any, Any, _T]]:
    """A method that has the line to itself, with all that it calls: other
    tasks wait until it is over."""
    @functools.wraps(method)
    async def waiting(self: _L, /, *args: _P.args, **named: _P.kwargs) -> _T:
        task = asyncio.current_task()
        if self._holder is task:
            return await method(self, *args, **named)
        async with self._turn:
            self._holder = task
            try:
                return await method(self, *args, **named)
            finally:
                self._holder = None

    return waiting


class AsyncLine:
    """send(), putcmd(), getreply(), docmd() and close() of pneu.aio.SMTP.

    timeout: seconds for each wait, None for no limit. command_encoding:
    "ascii", or "utf-8" where SMTPUTF8 is under way.
    """

    debuglevel: int = 0
    debug_secrets: bool = False
    allow_cleartext_auth: bool = False

    _unanswered: bool = False  # something was sent since the last reply
    _authenticating: bool = False  # what is sent next answers a challenge
    _is_content: bool = False  # what is sent next is a message, no command

    # What needs no socket is the same for both.
    set_debuglevel: Callable[..., None] = Line.set_debuglevel
    _print_debug: Callable[..., None] = Line._print_debug
    _shown: Callable[..., Any] = Line._shown
    _parse: Callable[..., Reply | None] = Line._parse
    _command_line: Callable[..., str] = Line._command_line

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self.command_encoding = "ascii"
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._stream: Stream | None = None
        self._replies = _pneu.Replies()
        self._is_direct = True  # no proxy can stand between

    @property
    def sock(self) -> Any:
        """None when not connected; under TLS an ssl.SSLObject, or else the
        socket as asyncio shows it. To look at, not to read or write."""
        return None if self._stream is None else self._stream.sock

    @in_turn
    async def send(self, s: str | ReadableBuffer) -> None:
        """Writes all of s: a str in command_encoding, octets as they are.

        Raises SMTPServerDisconnected if there is no connection, or writing
        fails, which closes it; UnicodeEncodeError, with nothing sent.
        """
        is_auth = not self._is_content and has_auth_line(s)
        if is_auth or self._authenticating:
            self._refuse_cleartext()
        if self.debuglevel > 0:
            self._print_debug("send:", repr(self._shown(s)))
        stream = self._connected()
        octets = (encoded(s, self.command_encoding, is_auth
                          or self._authenticating)
                  if isinstance(s, str) else s)
        sys.audit("smtplib.send", self, octets)
        self._unanswered = True
        if is_auth:
            self._authenticating = True
        try:
            await stream.write(octets, self._seconds())
        except OSError as error:
            lost = SMTPServerDisconnected("Server not connected")
            lost.last_reply = await self._last_words()
            self._drop(stream)
            raise lost from error

    @in_turn
    async def putcmd(self, cmd: str, args: str = "") -> None:
        """Sends a command line: cmd, a blank and args if there are any.

        Raises ValueError for CR, LF or NUL in it, and SMTPException for AUTH
        over a line that is not private (see allow_cleartext_auth), with
        nothing sent; and what send() raises.
        """
        line = self._command_line(cmd, args)
        if auth_line(line):
            self._refuse_cleartext()
        await self.send(line)

    @in_turn
    async def getreply(self) -> Reply:
        """Reads a reply: its code, and its text with LF between the lines.

        Raises what getreply() of pneu.smtplib raises. If it is cancelled the
        connection stays, and the next call reads that reply.
        """
        code, text = await self._read_reply(self._seconds())
        if self.debuglevel > 0:
            self._print_debug("reply: retcode (%s); Msg: %a" % (code, text))
        self._unanswered = False
        self._is_content = code == 354
        if code != 334:
            self._authenticating = False
        return code, text

    @in_turn
    async def docmd(self, cmd: str, args: str = "") -> Reply:
        """Sends a command and reads its reply: putcmd() and getreply(); if it
        is cancelled meanwhile, it closes the connection."""
        with self._or_close():
            await self.putcmd(cmd, args)
            return await self.getreply()

    def close(self) -> None:
        """Closes the connection at once, and sends nothing. May be repeated.
        A call of another task that waits for the server raises
        SMTPServerDisconnected."""
        self._authenticating = self._unanswered = self._is_content = False
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _seconds(self) -> float | None:
        if self.timeout is UNSET:
            return socket.getdefaulttimeout()
        return self.timeout

    def _connected(self) -> Stream:
        if self._stream is None:
            raise SMTPServerDisconnected("please run connect() first")
        return self._stream

    def _use(self, stream: Stream) -> None:
        """From now on this is the line, and nothing was said on it (RFC 3207
        4.2: what was said before TLS is void)."""
        self._stream = stream
        self._replies = _pneu.Replies()

    def _refuse_cleartext(self) -> None:
        """Raises SMTPException where credentials would be seen on the way:
        neither over TLS (a context that verifies nothing is the program's own
        word), nor on this very machine."""
        if self.allow_cleartext_auth or self._stream is None:
            return
        if isinstance(self.sock, ssl.SSLObject):
            return
        if not (self._is_direct and self._stream.is_local()):
            raise SMTPException(
                "no credentials over a line that is not encrypted: call "
                "starttls() first, or use SMTP_SSL; or set "
                "allow_cleartext_auth = True to send them in the clear")

    @contextlib.contextmanager
    def _or_close(self) -> Iterator[None]:
        """Where a command has gone out whose answer nobody will read, the
        connection is of no use any more: on cancellation, that is."""
        stream = self._stream
        try:
            yield
        except Exception:
            raise
        except BaseException:
            self._drop(stream)
            raise

    def _drop(self, stream: Stream | None) -> None:
        """Closes this line, and not one that was opened since."""
        if self._stream is stream:
            self.close()
        elif stream is not None:
            stream.close()

    async def _read_reply(self, seconds: float | None) -> Reply:
        stream = self._connected()
        replies = self._replies
        reply = self._parse(replies)
        while reply is None:
            octets = await self._receive(stream, seconds)
            if octets:
                replies.feed(octets)
            else:
                replies.end()
            reply = self._parse(replies)
            if not octets and (reply is None or is_cut(*reply)):
                self._drop(stream)
                raise SMTPServerDisconnected("Connection unexpectedly closed")
        return reply

    async def _receive(self, stream: Stream, seconds: float | None) -> bytes:
        """Octets from the server, b"" at their end."""
        try:
            return await stream.read(seconds)
        except OSError as error:
            self._drop(stream)
            raise SMTPServerDisconnected(
                f"Connection unexpectedly closed: {error}") from error

    async def _last_words(self) -> Reply | None:
        """A reply that came before writing failed: it may say why."""
        try:
            return await self._read_reply(LAST_WORDS)
        except OSError:
            return None
