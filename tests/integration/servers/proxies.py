"""A SOCKS5 proxy (RFC 1928, RFC 1929) and an HTTP proxy that knows CONNECT
(RFC 9110 9.3.6), in threads. Names are looked up in a table first, so that a
name may be known to the proxy alone; both can also misbehave."""

from __future__ import annotations

import base64
import select
import socket
import threading
from dataclasses import dataclass, field

# What a proxy may do in place of an answer.
CLOSE = "close"
SILENCE = "silence"
GARBAGE = "garbage"

NO_LOGIN, LOGIN, NO_METHOD = 0, 2, 255


class Gone(Exception):
    """The other side has closed, or is not worth talking to."""


@dataclass
class Proxy:
    """One proxy on a free port of loopback. With a user, it asks for that and
    the password."""
    user: str | None = None
    password: str = ""
    names: dict[str, str] = field(default_factory=dict)
    refuse: int | None = None   # the reply or the status to give to CONNECT
    fault: str | None = None    # CLOSE, SILENCE or GARBAGE
    asked: list[tuple[str, int]] = field(default_factory=list)

    scheme = ""

    def __enter__(self) -> Proxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def url(self, login: str = "") -> str:
        """login: "user:password"."""
        return (f"{self.scheme}://{login + '@' if login else ''}"
                f"{self.host}:{self.port}")

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _talk(self, line: socket.socket) -> None:
        line.settimeout(10)
        with line:
            try:
                if self.fault is not None:
                    self._misbehave(line)
                else:
                    self._relay(line, self._negotiate(line))
            except (Gone, OSError):
                pass

    def _misbehave(self, line: socket.socket) -> None:
        line.recv(65536)  # all of it: what is left would make RST of FIN
        if self.fault == GARBAGE:
            line.sendall(b"220 mail.example.com ESMTP\r\n")
        if self.fault == SILENCE:
            self._stopping.wait(10)
        raise Gone

    def _negotiate(self, line: socket.socket) -> socket.socket:
        """Does what the protocol says, and returns the line to the host."""
        raise NotImplementedError

    def _connect(self, host: str, port: int) -> socket.socket:
        self.asked.append((host, port))
        return socket.create_connection((self.names.get(host, host), port),
                                        timeout=10)

    def _relay(self, near: socket.socket, far: socket.socket) -> None:
        with far:
            while not self._stopping.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.2)
                for line in ready:
                    octets = line.recv(65536)
                    if not octets:
                        return
                    (far if line is near else near).sendall(octets)


def take(line: socket.socket, count: int) -> bytes:
    """Exactly so many octets."""
    octets = b""
    while len(octets) < count:
        more = line.recv(count - len(octets))
        if not more:
            raise Gone
        octets += more
    return octets


class Socks5(Proxy):
    scheme = "socks5"

    def _negotiate(self, line: socket.socket) -> socket.socket:
        wanted = NO_LOGIN if self.user is None else LOGIN
        version, count = take(line, 2)
        methods = take(line, count)
        if version != 5 or wanted not in methods:
            line.sendall(bytes([5, NO_METHOD]))
            raise Gone
        line.sendall(bytes([5, wanted]))
        if wanted == LOGIN:
            self._log_in(line)
        return self._answer(line, *self._read_request(line))

    def _log_in(self, line: socket.socket) -> None:
        version, length = take(line, 2)
        user = take(line, length).decode()
        password = take(line, take(line, 1)[0]).decode()
        good = (version, user, password) == (1, self.user, self.password)
        line.sendall(bytes([1, 0 if good else 1]))
        if not good:
            raise Gone

    @staticmethod
    def _read_request(line: socket.socket) -> tuple[str, int]:
        version, command, _, kind = take(line, 4)
        if (version, command) != (5, 1):
            raise Gone
        if kind == 1:
            host = socket.inet_ntop(socket.AF_INET, take(line, 4))
        elif kind == 4:
            host = socket.inet_ntop(socket.AF_INET6, take(line, 16))
        else:
            host = take(line, take(line, 1)[0]).decode()
        return host, int.from_bytes(take(line, 2), "big")

    def _answer(self, line: socket.socket, host: str,
                port: int) -> socket.socket:
        nowhere = bytes([0, 1, 0, 0, 0, 0, 0, 0])
        if self.refuse is not None:
            line.sendall(bytes([5, self.refuse]) + nowhere)
            raise Gone
        try:
            far = self._connect(host, port)
        except ConnectionRefusedError:
            line.sendall(bytes([5, 5]) + nowhere)
            raise
        except OSError:
            line.sendall(bytes([5, 4]) + nowhere)
            raise
        line.sendall(bytes([5, 0]) + nowhere)
        return far


class Http(Proxy):
    scheme = "http"

    def _negotiate(self, line: socket.socket) -> socket.socket:
        request, *fields = self._read_header(line)
        verb, authority, version = request.split(" ")
        if verb != "CONNECT" or version != "HTTP/1.1":
            self._say(line, 400)
        values = {name.lower(): value.strip() for name, _, value in
                  (field.partition(":") for field in fields)}
        if values.get("host") != authority:
            self._say(line, 400)
        if self.user is not None:
            self._check(line, values.get("proxy-authorization", ""))
        if self.refuse is not None:
            self._say(line, self.refuse)
        host, _, port = authority.rpartition(":")
        try:
            far = self._connect(host.strip("[]"), int(port))
        except OSError:
            self._say(line, 502)
        line.sendall(b"HTTP/1.1 200 Connection established\r\n"
                     b"Proxy-Agent: a test\r\n\r\n")
        return far

    @staticmethod
    def _read_header(line: socket.socket) -> list[str]:
        header = b""
        while not header.endswith(b"\r\n\r\n"):
            header += take(line, 1)
        return header.decode().split("\r\n")[:-2]

    def _check(self, line: socket.socket, value: str) -> None:
        pair = f"{self.user}:{self.password}".encode()
        if value != "Basic " + base64.b64encode(pair).decode():
            self._say(line, 407)

    @staticmethod
    def _say(line: socket.socket, code: int) -> None:
        line.sendall(f"HTTP/1.1 {code} not you\r\n\r\n".encode())
        raise Gone
