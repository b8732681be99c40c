"""What programs do with smtplib's sockets: proxies by _get_socket, sockets of
their own, and what they set on them."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from servers.line import trusting
from servers.proxies import Socks5
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.heard import connections, verbs
from unchanged.shared import ANN, BOB, LETTER, STORED, send_and_quit, smtplib

LONG = LETTER.encode() + b"Hello again.\r\n" * 50_000
NAME = "mail.example.net"


def connected(server: Any) -> socket.socket:
    return socket.create_connection((server.host, server.port), 10)


# Proxies

@pytest.fixture
def proxy() -> Iterator[Socks5]:
    with Socks5(names={NAME: "127.0.0.1"}) as started:
        yield started


def ask_proxy(line: socket.socket, host: str, port: int) -> None:
    """RFC 1928, for a name that the proxy is to look up."""
    line.sendall(b"\5\1\0")
    assert line.recv(2) == b"\5\0"
    line.sendall(b"\5\1\0\3" + bytes([len(host)]) + host.encode()
                 + struct.pack(">H", port))
    assert line.recv(10)[1] == 0


def proxied(kind: type, proxy: Socks5) -> type:
    """A subclass whose sockets come from the proxy."""
    class Proxied(kind):  # type: ignore[misc, valid-type]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            line = socket.create_connection((proxy.host, proxy.port), timeout)
            ask_proxy(line, host, port)
            if kind is not smtplib.SMTP_SSL:
                return line
            return self.context.wrap_socket(line, server_hostname=self._host)

    return Proxied


def test_socks_proxy(sink: Callable[..., Sink], proxy: Socks5) -> None:
    """The name is looked up by the proxy alone."""
    server = sink("--verbose")
    smtp = proxied(smtplib.SMTP, proxy)(NAME, server.port, timeout=10)
    send_and_quit(smtp)
    assert proxy.asked == [(NAME, server.port)]
    assert server.letter().content == STORED
    assert verbs(server)[-1] == "QUIT"


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_socks_proxy_under_tls(sink: Callable[..., Sink], proxy: Socks5,
                               mode: str) -> None:
    """The certificate is checked for the host, not for the proxy."""
    server = sink("--require-tls", "--cert-name", NAME, tls=mode)
    context = trusting(server)
    if mode == "implicit":
        smtp = proxied(smtplib.SMTP_SSL, proxy)(
            NAME, server.port, timeout=10, context=context)
    else:
        smtp = proxied(smtplib.SMTP, proxy)(NAME, server.port, timeout=10)
        smtp.starttls(context=context)
    assert smtp.sock.server_hostname == NAME
    send_and_quit(smtp)
    assert proxy.asked == [(NAME, server.port)]
    assert server.letter().content == STORED


def test_get_socket_replaced_on_the_class(
        sink: Callable[..., Sink], proxy: Socks5,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """smtplib.SMTP._get_socket = …; SMTP_SSL gets its sockets there too."""
    def get_socket(self: Any, host: str, port: int, timeout: float) -> Any:
        line = socket.create_connection((proxy.host, proxy.port), timeout)
        ask_proxy(line, host, port)
        return line

    monkeypatch.setattr(smtplib.SMTP, "_get_socket", get_socket)
    server = sink("--cert-name", NAME, tls="implicit")
    send_and_quit(smtplib.SMTP_SSL(NAME, server.port, timeout=10,
                                   context=trusting(server)))
    assert proxy.asked == [(NAME, server.port)]
    assert server.letter().content == STORED


def test_module_wrapped_with_a_socket_class(
        sink: Callable[..., Sink], proxy: Socks5,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """PySocks' wrapmodule(smtplib): smtplib.socket.socket = …"""
    class ProxySocket(socket.socket):
        def connect(self, address: Any) -> None:
            if threading.current_thread() is not threading.main_thread():
                super().connect(address)  # the proxy's own
                return
            super().connect((proxy.host, proxy.port))
            ask_proxy(self, *address)

    server = sink()
    monkeypatch.setattr(smtplib.socket, "socket", ProxySocket)
    smtp = smtplib.SMTP("localhost", server.port, timeout=10)
    monkeypatch.undo()
    assert isinstance(smtp.sock, ProxySocket)
    send_and_quit(smtp)
    assert len(proxy.asked) == 1
    assert server.letter().content == STORED


@pytest.mark.parametrize("kind", ["SMTP", "SMTP_SSL"])
def test_ipv4_only(sink: Callable[..., Sink], kind: str) -> None:
    """A subclass that looks the name up in its own way, and has a fall-back
    on the method of the class."""
    class Only4(getattr(smtplib, kind)):  # type: ignore[misc]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            found = socket.getaddrinfo(host, port, socket.AF_INET,
                                       socket.SOCK_STREAM)
            return super()._get_socket(found[0][4][0], port, timeout)

    ssl_kind = kind == "SMTP_SSL"
    server = sink(tls="implicit" if ssl_kind else None)
    more = {"context": trusting(server)} if ssl_kind else {}
    smtp = Only4("localhost", server.port, timeout=10, **more)
    assert smtp.sock.family == socket.AF_INET
    send_and_quit(smtp)
    assert server.letter().content == STORED


def test_source_address(sink: Callable[..., Sink]) -> None:
    server = sink()
    class From(smtplib.SMTP):  # type: ignore[misc, name-defined]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            return socket.create_connection((host, port), timeout,
                                            ("127.0.0.2", 0))

    smtp = From(server.host, server.port)
    assert smtp.sock.getsockname()[0] == "127.0.0.2"
    send_and_quit(smtp)
    smtp = smtplib.SMTP(server.host, server.port,
                        source_address=("127.0.0.3", 0))
    assert smtp.sock.getsockname()[0] == "127.0.0.3"
    send_and_quit(smtp)
    assert len(server.letters()) == 2


# Sockets that the program puts in

@pytest.mark.parametrize("with_file", [True, False])
def test_socket_put_in(sink: Callable[..., Sink], with_file: bool) -> None:
    """smtp.sock = …, smtp.file made of it or left alone, and the greeting
    read by the program."""
    server = sink()
    smtp = smtplib.SMTP(timeout=10)
    smtp.sock = connected(server)
    smtp.file = smtp.sock.makefile("rb") if with_file else None
    code, words = smtp.getreply()
    assert (code, words[:9]) == (220, b"localhost")
    send_and_quit(smtp)
    assert server.letter().content == STORED


@pytest.mark.parametrize("with_file", [True, False])
@pytest.mark.parametrize("kind", ["SMTP", "SMTP_SSL"])
def test_tls_socket_put_in(sink: Callable[..., Sink], with_file: bool,
                           kind: str) -> None:
    """Wrapped by the program, which reads the greeting itself."""
    server = sink(tls="implicit")
    smtp = getattr(smtplib, kind)()
    smtp.sock = trusting(server).wrap_socket(connected(server),
                                             server_hostname="localhost")
    smtp.file = smtp.sock.makefile("rb") if with_file else None
    smtp._host = "localhost"
    assert smtp.getreply()[0] == 220
    assert smtp.ehlo()[0] == 250
    assert not smtp.has_extn("starttls")
    send_and_quit(smtp)
    assert server.letter().content == STORED


def test_socket_put_in_then_starttls(sink: Callable[..., Sink]) -> None:
    """The name that the certificate is checked for is the program's."""
    server = sink("--require-tls", "--cert-name", NAME, tls="starttls")
    smtp = smtplib.SMTP(timeout=10)
    smtp._host = NAME
    smtp.sock = connected(server)
    smtp.file = smtp.sock.makefile("rb")
    assert smtp.getreply()[0] == 220
    smtp.starttls(context=trusting(server))
    assert smtp.sock.server_hostname == NAME
    send_and_quit(smtp)


def test_unix_socket_put_in(sink: Callable[..., Sink],
                            short_path: Path) -> None:
    server = sink(unix=short_path / "smtp")
    smtp = smtplib.SMTP()
    smtp.sock = socket.socket(socket.AF_UNIX)
    smtp.sock.connect(server.host)
    smtp.getreply()
    send_and_quit(smtp)
    assert server.letter().content == STORED


class Wrapped:
    """A line of another library's make: no socket, but it has the methods
    that smtplib calls."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.sent = b""

    def sendall(self, octets: bytes) -> None:
        self.sent += octets  # bytes, and nothing that only looks like them
        self._line.sendall(octets)

    def makefile(self, mode: str) -> Any:
        return self._line.makefile(mode)

    def close(self) -> None:
        self._line.close()


def test_no_socket_at_all(sink: Callable[..., Sink]) -> None:
    server = sink("--allow-cleartext-auth", users={"ann": "horse 42"})
    smtp = smtplib.SMTP()
    smtp.sock = line = Wrapped(connected(server))
    smtp.file = None
    smtp.getreply()
    assert smtp.login("ann", "horse 42")[0] == 235
    assert smtp.sendmail(ANN, [BOB], LONG) == {}
    smtp.quit()
    assert line.sent.endswith(b".\r\nquit\r\n")
    assert server.letter().content == LONG.replace(b"\r\n", b"\n")


def test_get_socket_gives_no_socket(sink: Callable[..., Sink]) -> None:
    class Own(smtplib.SMTP):  # type: ignore[misc, name-defined]
        def _get_socket(self, *where: Any) -> Any:
            return Wrapped(super()._get_socket(*where))

    server = sink()
    send_and_quit(Own("localhost", server.port))
    assert server.letter().content == STORED


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_socket_of_a_subclass(sink: Callable[..., Sink], kind: str) -> None:
    """A socket that looks at what goes through it, both ways."""
    base = socket.socket if kind == "plain" else ssl.SSLSocket

    class Watching(base):  # type: ignore[misc, valid-type]
        said: list[bytes] = []
        heard = 0

        def sendall(self, data: bytes, flags: int = 0) -> None:
            self.said += [line for line in data.split(b"\r\n") if line]
            super().sendall(data, flags)

        def recv_into(self, *arguments: Any) -> int:
            count = super().recv_into(*arguments)
            type(self).heard += count
            return count

        def recv(self, *arguments: Any) -> bytes:
            octets = super().recv(*arguments)
            type(self).heard += len(octets)
            return octets

    class Own(smtplib.SMTP):  # type: ignore[misc, name-defined]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            line = Watching() if kind == "plain" else None
            if line is None:
                context = trusting(server)
                context.sslsocket_class = Watching
                return context.wrap_socket(
                    super()._get_socket(host, port, timeout),
                    server_hostname="localhost")
            line.connect(("127.0.0.1", port))
            return line

    server = sink(tls=None if kind == "plain" else "implicit")
    smtp = Own("localhost", server.port)
    assert smtp.sendmail(ANN, [BOB], LONG) == {}
    smtp.quit()
    assert b"Subject: hi" in Watching.said
    assert Watching.said[-1].lower() == b"quit"
    assert Watching.heard > 100
    assert len(server.letters()) == 1


def test_options_and_time_limits_of_the_socket(sink: Callable[..., Sink]
                                               ) -> None:
    """A deadline that gets shorter with each step, and other settings."""
    server = sink()
    smtp = smtplib.SMTP("localhost", server.port, timeout=20)
    smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for number, step in enumerate([smtp.ehlo, smtp.noop, smtp.rset]):
        smtp.sock.settimeout(10 - number)
        assert step()[0] == 250
        assert smtp.sock.gettimeout() == 10 - number
    assert smtp.sock.getpeername()[1] == server.port
    assert smtp.sock.fileno() >= 0
    send_and_quit(smtp)


def test_shorter_time_limit_counts(scripted: Callable[..., Any]) -> None:
    server = scripted(Talk(answers={"NOOP": "silence"}))
    smtp = smtplib.SMTP("localhost", server.port)
    smtp.sock.settimeout(0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        smtp.noop()
    assert smtp.sock is None


def test_socket_shut_down_by_the_program(sink: Callable[..., Sink]
                                         ) -> None:
    """The next command says so, and connect() begins again."""
    server = sink("--verbose")
    smtp = smtplib.SMTP("localhost", server.port)
    smtp.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.sendmail(ANN, [BOB], LETTER)
    smtp.connect("localhost", server.port)
    send_and_quit(smtp)
    assert connections(server) == 2


def test_threads_with_a_session_each(sink: Callable[..., Sink]) -> None:
    server = sink()
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with smtplib.SMTP("localhost", server.port, timeout=10) as smtp:
                for _ in range(5):
                    smtp.sendmail(ANN, [f"no{number}@example.com"], LETTER)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,))
               for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    assert len(server.letters()) == 40
