"""A session with a server by a bare socket: whatever a test wants to say, and
each reply as it came."""

from __future__ import annotations

import base64
import socket
import ssl
from typing import Callable, Iterator

import pytest

from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"


class Line:
    """A session that knows replies, and nothing else of the protocol."""

    def __init__(self, server: Sink, hello: str = "EHLO") -> None:
        self.socket = socket.create_connection(
            (server.host or "127.0.0.1", server.port), 20)
        self._heard = self.socket.makefile("rb")
        assert self.reply().startswith("220 ")
        self.offered: list[str] = []
        if hello:
            self.hello(hello)

    def close(self) -> None:
        self._heard.close()
        self.socket.close()

    def reply(self) -> str:
        """The next reply, its lines joined by LF; "" at the end."""
        lines: list[str] = []
        while line := self._heard.readline().decode("utf-8"):
            assert line.endswith("\r\n"), line
            lines.append(line[:-2])
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    def send(self, octets: bytes | str) -> None:
        self.socket.sendall(octets if isinstance(octets, bytes)
                            else octets.encode())

    def say(self, command: str, content: bytes = b"") -> str:
        """A command, octets right behind it, and the reply."""
        self.send(command.encode() + b"\r\n" + content)
        return self.reply()

    def expect(self, code: str, command: str, content: bytes = b"") -> str:
        reply = self.say(command, content)
        assert reply.startswith(code), f"{command}: {reply}"
        return reply

    def hello(self, verb: str = "EHLO") -> None:
        reply = self.expect("250", f"{verb} me.example")
        self.offered = [line[4:] for line in reply.split("\n")[1:]]

    def starttls(self, context: ssl.SSLContext) -> None:
        self.expect("220", "STARTTLS")
        self._heard.close()
        self.socket = context.wrap_socket(self.socket,
                                          server_hostname="localhost")
        self._heard = self.socket.makefile("rb")
        self.hello()

    def keywords(self) -> list[str]:
        return [line.split(" ")[0] for line in self.offered]

    def extension(self, keyword: str) -> str | None:
        """The parameters of an extension; None if it is not offered."""
        for line in self.offered:
            word, _, parameters = line.partition(" ")
            if word == keyword:
                return parameters
        return None

    def begin(self, *recipients: str, mail: str = "") -> None:
        self.expect("250", f"MAIL FROM:<{ANN}>{mail and ' ' + mail}")
        for recipient in recipients or (BOB,):
            self.expect("250", f"RCPT TO:<{recipient}>")

    def bdat(self, content: bytes, last: bool = False) -> str:
        return self.say(f"BDAT {len(content)}{' LAST' if last else ''}",
                        content)

    def data(self, content: bytes = b"Subject: x\r\n\r\nx\r\n") -> str:
        self.expect("354", "DATA")
        self.send(content + b".\r\n")
        return self.reply()

    def is_over(self) -> bool:
        """True if the server has closed."""
        try:
            return self._heard.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def talk() -> Iterator[Callable[..., Line]]:
    """Opens sessions: talk(server), talk(server, "LHLO"), talk(server, "")."""
    lines: list[Line] = []

    def begin(server: Sink, hello: str = "EHLO") -> Line:
        lines.append(Line(server, hello))
        return lines[-1]

    yield begin
    for line in lines:
        line.close()


Talk = Callable[..., Line]


def trusting(server: Sink) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file))


def encoded(text: str | bytes) -> str:
    octets = text.encode() if isinstance(text, str) else text
    return base64.b64encode(octets).decode()


def challenge(reply: str) -> bytes:
    assert reply.startswith("334 "), reply
    return base64.b64decode(reply[4:], validate=True)


def wanted(replies: list[str], *codes: str) -> None:
    assert len(replies) == len(codes), replies
    for reply, code in zip(replies, codes):
        assert reply.startswith(code), replies
