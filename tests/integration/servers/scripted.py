"""A small TCP server for odd behaviour: each connection runs one script in a
thread of its own, and all that the client said is kept."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Callable

from servers.certificates import Certificate

# What a talk may do in place of an answer.
CLOSE = "close"
RESET = "reset"
SILENCE = "silence"
HANG_UP_AT_354 = "354, then RST, with nothing of the message read"


class Gone(Exception):
    """The client has closed, or the server is being stopped."""


class Peer:
    """One connection, as a script sees it."""

    def __init__(self, line: socket.socket, server: Scripted) -> None:
        self._line = line
        self._server = server
        self._unread = b""
        self.chunks: list[bytes] = []

    def say(self, text: str | bytes) -> None:
        """Sends a text; line ends are added to a str."""
        octets = text
        if isinstance(text, str):
            octets = text.replace("\n", "\r\n").encode("utf-8") + b"\r\n"
        try:
            self._line.sendall(octets)
        except OSError as error:
            raise Gone from error

    def hear(self) -> bytes:
        """What comes next, at least one octet."""
        try:
            chunk = self._line.recv(65536)
        except OSError as error:
            raise Gone from error
        if not chunk:
            raise Gone
        self.chunks.append(chunk)
        self._server.heard.append(chunk)
        return chunk

    def line(self) -> str:
        """The next line, without its end."""
        while b"\n" not in self._unread:
            self._unread += self.hear()
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r").decode("utf-8", "replace")

    def body(self) -> None:
        """All lines to the single dot."""
        while self.line() != ".":
            pass

    def wait(self) -> None:
        """Says nothing more until the client goes away."""
        while True:
            self.hear()

    def drip(self, text: str, pause: float) -> None:
        """One octet at a time."""
        for octet in text.encode("utf-8"):
            self.say(bytes([octet]))
            if self._server.stopping.wait(pause):
                raise Gone

    def close(self) -> None:
        self._line.close()

    def reset(self) -> None:
        """Ends the connection with RST in place of FIN."""
        self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        self._line.close()
        raise Gone

    @property
    def address(self) -> tuple[str, int]:
        """Where the client speaks from."""
        return self._line.getpeername()[:2]

    @property
    def tls(self) -> ssl.SSLSocket:
        """What TLS has agreed on, after encrypt()."""
        assert isinstance(self._line, ssl.SSLSocket)
        return self._line

    def encrypt(self, certificate: Certificate,
                prepare: Callable[[ssl.SSLContext], None] | None = None
                ) -> None:
        """Takes the client's TLS handshake; prepare sets more up."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        if prepare:
            prepare(context)
        try:
            self._line = context.wrap_socket(self._line, server_side=True)
            self._server.replace_line(self._line)
        except OSError as error:
            raise Gone from error


Script = Callable[[Peer], None]


@dataclass
class Talk:
    """A script that speaks SMTP, with an answer a verb; "." is the end of a
    message. An answer is what to say, or CLOSE, RESET or SILENCE."""
    capabilities: list[str] = field(default_factory=list)
    greeting: str = "220 scripted.example ESMTP"
    answers: dict[str, str] = field(default_factory=dict)
    certificate: Certificate | None = None

    def __call__(self, peer: Peer) -> None:
        self._act(peer, self.greeting)
        while True:
            verb = peer.line().partition(" ")[0].upper()
            answer = self._answer(verb)
            self._act(peer, answer)
            if verb == "STARTTLS" and answer.startswith("220"):
                peer.encrypt(self.certificate)
            if verb == "DATA" and answer.startswith("354"):
                peer.body()
                self._act(peer, self._answer("."))
            if verb == "QUIT":
                return

    def _answer(self, verb: str) -> str:
        usual = {"EHLO": self._ehlo(), "LHLO": self._ehlo(),
                 "DATA": "354 go on", "QUIT": "221 bye",
                 "STARTTLS": "220 begin TLS",
                 "AUTH": "235 2.7.0 welcome"}
        return self.answers.get(verb, usual.get(verb, "250 2.0.0 fine"))

    def _ehlo(self) -> str:
        words = ["scripted.example", *self.capabilities]
        return "\n".join([f"250-{word}" for word in words[:-1]]
                         + [f"250 {words[-1]}"])

    @staticmethod
    def _act(peer: Peer, answer: str) -> None:
        if answer == CLOSE:
            raise Gone
        if answer == RESET:
            peer.reset()
        if answer == HANG_UP_AT_354:
            peer.say("354 go on")
            peer.hear()
            peer.reset()
        if answer == SILENCE:
            peer.wait()
        peer.say(answer)


class Scripted:
    """The server; a context manager."""

    def __init__(self, script: Script, host: str = "127.0.0.1",
                 port: int = 0) -> None:
        self.heard: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.host = host
        self._script = script
        self._lines: list[socket.socket] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Scripted:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def said(self) -> bytes:
        """All that clients sent, in order."""
        return b"".join(self.heard)

    def lines(self) -> list[str]:
        return self.said.decode("utf-8", "replace").split("\r\n")

    def replace_line(self, line: socket.socket) -> None:
        self._lines.append(line)

    def stop(self) -> None:
        self.stopping.set()
        shut(self._listener)
        for line in self._lines:
            shut(line)
        end = time.monotonic() + 5
        for thread in list(self._threads):
            thread.join(max(0.0, end - time.monotonic()))

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._lines.append(line)
            thread = threading.Thread(target=self._run, args=(line,),
                                      daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, line: socket.socket) -> None:
        peer = Peer(line, self)
        try:
            self._script(peer)
        except Gone:
            pass
        finally:
            peer.close()


def shut(line: socket.socket) -> None:
    """Wakes whoever waits on it, then closes."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    line.close()


def verbs(server: Scripted) -> list[str]:
    """The first word of each line that was sent to it."""
    return [line.split(" ")[0].upper() for line in server.lines() if line]
