"""One connection of pneu.aio: octets over asyncio's streams, with time limits.

It knows nothing of SMTP. Whoever holds a Stream closes it.
"""
from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar

from pneu._line import is_loopback

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SourceAddress = tuple[str, int]
_T = TypeVar("_T")

_READ_OCTETS = 65536
_WRITE_OCTETS = 262144
_CLOSING_SECONDS = 2.0


async def within(seconds: float | None, work: Awaitable[_T]) -> _T:
    """What the work gives. Raises TimeoutError("timed out") if it takes
    longer; None: no limit."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise TimeoutError(str(error) or "timed out") from None


async def open_tcp(host: str, port: int | str, seconds: float | None,
                   source: SourceAddress | None) -> socket.socket:
    """A socket connected to one of the host's addresses, tried in turn, as by
    socket.create_connection(). seconds: for the look-up, and for each
    address. Raises OSError: that of the last address."""
    found = await within(seconds, asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM))
    failure = OSError(f"no address was found for {host}")
    for family, _, protocol, _, address in found:
        try:
            return await _open(family, protocol, address, seconds, source)
        except OSError as error:
            failure = error
    raise failure


async def open_unix(path: str, seconds: float | None) -> socket.socket:
    """A socket connected to a Unix socket. Raises OSError."""
    return await _open(socket.AF_UNIX, 0, path, seconds, None)


async def _open(family: int, protocol: int, address: Any,
                seconds: float | None, source: SourceAddress | None
                ) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM, protocol)
    try:
        sock.setblocking(False)
        if source:
            sock.bind(source)
        await within(seconds, asyncio.get_running_loop().sock_connect(
            sock, address))
    except BaseException:
        sock.close()
        raise
    return sock


class _Reader(asyncio.StreamReader):
    """Gives out what came before the line broke, and counts what came."""

    fed = 0
    broken: Exception | None = None
    sock: socket.socket | None = None  # in the clear

    def feed_data(self, data: Any) -> None:
        self.fed += len(data)
        super().feed_data(data)

    def set_exception(self, exc: Exception) -> None:
        """The line broke, and is not closed yet. If it did so in writing, what
        came meanwhile was not read: it may say why."""
        self.broken = exc
        with contextlib.suppress(OSError):
            while self.sock and (data := self.sock.recv(_READ_OCTETS)):
                self.feed_data(data)
        self.feed_eof()


class Stream:
    """A connected socket as a pair of streams; made by Stream.begin()."""

    def __init__(self, reader: _Reader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._taken = 0

    @classmethod
    async def begin(cls, sock: socket.socket, seconds: float | None,
                    context: ssl.SSLContext | None = None, name: str = ""
                    ) -> Stream:
        """Takes over a connected socket; with a context TLS begins at once,
        for a server of this name. Closes the socket if that fails. Raises
        OSError, which ssl.SSLError is one of."""
        loop = asyncio.get_running_loop()
        reader = _Reader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            sock.setblocking(False)
            transport, _ = await within(seconds, loop.create_connection(
                lambda: protocol, sock=sock, ssl=context,
                server_hostname=name if context else None))
        except BaseException:
            sock.close()
            raise
        reader.sock = None if context else sock
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader,
                                                loop))

    async def read(self, seconds: float | None) -> bytes:
        """What comes next; b"" at the end. Raises OSError, TimeoutError."""
        data = await within(seconds, self._reader.read(_READ_OCTETS))
        self._taken += len(data)
        if not data and self._reader.broken is not None:
            raise self._reader.broken
        return data

    async def write(self, data: ReadableBuffer, seconds: float | None) -> None:
        """Writes it all, but for what fits into the transport's buffer.
        seconds: for every 256 KiB of it. Raises OSError, TimeoutError."""
        view = memoryview(data)
        for start in range(0, len(view), _WRITE_OCTETS):
            if start > 0:
                await asyncio.sleep(0)  # other tasks have a turn
            self._writer.write(view[start:start + _WRITE_OCTETS])
            await within(seconds, self._writer.drain())

    @property
    def unread(self) -> bool:
        """True if octets came that read() has not given out."""
        return self._reader.fed != self._taken

    async def start_tls(self, context: ssl.SSLContext, name: str,
                        seconds: float | None) -> None:
        """Puts the line under TLS, as a client of the server of this name.
        Nothing may be unread: it would be taken for what TLS protects.
        Raises OSError, ssl.SSLError; the stream is of no use then."""
        self._reader.sock = None
        await within(seconds, self._writer.start_tls(
            context, server_hostname=name))

    @property
    def sock(self) -> Any:
        """Under TLS an ssl.SSLObject, or else an asyncio.TransportSocket."""
        return (self._writer.get_extra_info("ssl_object")
                or self._writer.get_extra_info("socket"))

    def is_local(self) -> bool:
        """True for a Unix socket, and for a peer at a loopback address."""
        sock = self._writer.get_extra_info("socket")
        family = getattr(sock, "family", None)
        return family == socket.AF_UNIX or is_loopback(sock)

    def acknowledge(self) -> None:
        """Tells the peer now what has arrived, where that can be told."""
        sock = self._writer.get_extra_info("socket")
        with contextlib.suppress(AttributeError, OSError):
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def close(self) -> None:
        """Closes at once: nothing that is still to be written goes out, but
        TLS takes its leave. May be called again."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            if not self._writer.is_closing():
                self._writer.close()
            self._writer.transport.abort()

    async def wait_closed(self) -> None:
        """After close(): until the socket is closed, two seconds at most."""
        with contextlib.suppress(OSError):
            await within(_CLOSING_SECONDS, self._writer.wait_closed())
