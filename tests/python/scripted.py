"""A small SMTP and LMTP server for tests, on loopback or a Unix socket.

It answers by verb, keeps an envelope as a real server does, and keeps all
that was sent to it. Every answer can be replaced, by an Answer:

    str     the reply, without its last line end
    bytes   octets as they are
    float   a pause, in seconds
    CLOSE   the line is closed; RESET: with a TCP reset
    SILENCE no answer, to this and to all that follows
    tuple   several of these, one after the other
    list    one Answer for each time, the last for all times after it
    a call  of (Connection, line), which gives one of these

The keys of the answers are a verb ("MAIL"), a whole line ("RCPT
TO:<b@x.example>"), "GREETING", "." (the end of a message), ". b@x.example"
(the same, to one recipient over LMTP), and "ANSWER" (what the client says to
a 334).
"""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Union

SECONDS = 20.0


@dataclass(frozen=True)
class Act:
    """Something else than words."""
    name: str


CLOSE = Act("close")
RESET = Act("reset")
SILENCE = Act("silence")

Answer = Union[str, bytes, float, Act, tuple[Any, ...], list[Any],
               Callable[["Connection", str], Any]]

USUAL: dict[str, str] = {
    "GREETING": "220 mail.example ESMTP ready",
    "HELO": "250 mail.example",
    "MAIL": "250 2.1.0 sender fine",
    "RCPT": "250 2.1.5 recipient fine",
    "DATA": "354 go on",
    ".": "250 2.0.0 queued as 4711",
    "RSET": "250 2.0.0 forgotten",
    "NOOP": "250 2.0.0 fine",
    "VRFY": "252 2.1.5 who knows",
    "EXPN": "250 2.1.5 list",
    "HELP": "214 2.0.0 no help",
    "AUTH": "235 2.7.0 welcome",
    "ANSWER": "235 2.7.0 welcome",
    "STARTTLS": "220 2.0.0 begin",
    "QUIT": "221 2.0.0 bye",
}


class Gone(Exception):
    """The client has closed, or the server is being stopped."""


@dataclass(frozen=True)
class Certificate:
    """PEM files; the certificate is its own authority."""
    chain: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, subjects: str = "DNS:localhost,IP:127.0.0.1",
             name: str = "server") -> Certificate:
        """A throw-away one for these names."""
        made = cls(folder / f"{name}.pem", folder / f"{name}.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName={subjects}",
             "-keyout", str(made.key), "-out", str(made.chain)],
            check=True, timeout=30, stdin=subprocess.DEVNULL,
            capture_output=True)
        return made

    def client(self) -> ssl.SSLContext:
        """A context that trusts this certificate, and checks the name."""
        return ssl.create_default_context(cafile=str(self.chain))


@dataclass
class Envelope:
    """A message that was taken, as it came."""
    sender: str
    recipients: list[str]
    options: list[str]
    raw: bytes

    @property
    def content(self) -> bytes:
        """Without the final dot and the doubled ones."""
        lines = self.raw[:-3].split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b".") else line
                            for line in lines)


@dataclass
class Transaction:
    sender: str | None = None
    options: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


class Connection:
    """One client's line, and what it did."""

    def __init__(self, line: socket.socket, server: Server) -> None:
        self.line = line
        self.server = server
        self.peer: Any = _peer(line)
        self.octets = bytearray()
        self.commands: list[str] = []
        self.envelopes: list[Envelope] = []
        self.secure = False
        self.overlapped = False
        self._unread = b""
        self._transaction = Transaction()
        self._challenged = False
        self._gone = threading.Event()

    @property
    def plain(self) -> list[str]:
        """The commands, their verbs in upper case."""
        return [_upper(line) for line in self.commands]

    @property
    def verbs(self) -> list[str]:
        """The verbs in upper case."""
        return [line.split(" ")[0].upper() for line in self.commands]

    def ended(self) -> bool:
        """True when the client has closed (or never will)."""
        return self._gone.wait(5)

    def say(self, octets: bytes) -> None:
        """Sends octets."""
        try:
            self.line.sendall(octets)
        except OSError as error:
            raise Gone from error

    def run(self) -> None:
        """The whole of it, to the client's end."""
        try:
            if self.server.implicit:
                self.encrypt()
            self.act(self.server.answer("GREETING"), "")
            while True:
                self._command(self._read_line())
        except (Gone, ssl.SSLError):
            pass
        finally:
            self._gone.set()
            _shut(self.line)

    def encrypt(self) -> None:
        """The server's side of a TLS handshake."""
        assert self.server.context
        try:
            self.line = self.server.context.wrap_socket(self.line,
                                                        server_side=True)
        except OSError as error:
            raise Gone from error
        self.secure = True

    def act(self, answer: Any, line: str) -> str:
        """Carries an answer out; returns what was said."""
        if callable(answer):
            answer = answer(self, line)
        if isinstance(answer, tuple):
            return "".join([self.act(each, line) for each in answer])
        if isinstance(answer, str):
            octets = answer.replace("\n", "\r\n").encode("latin-1") + b"\r\n"
            self.say(octets)
            if answer.startswith("421"):
                self._leave()
            return answer
        if isinstance(answer, bytes):
            self.say(answer)
            return answer.decode("latin-1")
        if isinstance(answer, float):
            time.sleep(answer)
        if answer == CLOSE:
            self._leave()
        if answer == SILENCE:
            self._note()
        if answer == RESET:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
            self.line.close()
            raise Gone
        return ""

    def _leave(self) -> None:
        """Hangs up, yet notes what still comes."""
        try:
            # SSLSocket's own would read on without decrypting.
            socket.socket.shutdown(self.line, socket.SHUT_WR)
        except OSError as error:
            raise Gone from error
        self._note()

    def _note(self) -> None:
        """Answers nothing any more."""
        while True:
            self.commands.append(self._read_line())

    def _hear(self) -> None:
        try:
            chunk = self.line.recv(65536)
        except OSError as error:
            raise Gone from error
        if not chunk:
            raise Gone
        self.octets += chunk
        self._unread += chunk

    def _read_line(self) -> str:
        while b"\n" not in self._unread:
            self._hear()
        line, _, self._unread = self._unread.partition(b"\n")
        return line.removesuffix(b"\r").decode("utf-8", "surrogateescape")

    def _command(self, line: str) -> None:
        self.overlapped |= b"\n" in self._unread
        self.commands.append(line)
        if self._challenged:
            self._reply(line, "ANSWER")
            return
        verb = line.split(" ")[0].upper()
        if problem := self._out_of_order(verb):
            self.act(problem, line)
            return
        said = self._reply(line, verb)
        step = getattr(self, f"_{verb.lower()}", None)
        if step:
            step(line, said)

    def _reply(self, line: str, key: str) -> str:
        said = self.act(self.server.answer(_upper(line), key), line)
        self._challenged = said.startswith("334")
        return said

    def _out_of_order(self, verb: str) -> str:
        if self.server.loose:
            return ""
        if verb == "MAIL" and self._transaction.sender is not None:
            return "503 5.5.1 nested MAIL"
        if verb == "RCPT" and self._transaction.sender is None:
            return "503 5.5.1 MAIL first"
        if verb == "DATA" and not self._transaction.recipients:
            return "503 5.5.1 no recipients"
        return ""

    def _ehlo(self, _line: str, _said: str) -> None:
        self._transaction = Transaction()

    _lhlo = _helo = _rset = _ehlo

    def _mail(self, line: str, said: str) -> None:
        if said.startswith("2"):
            path, _, options = line.partition(">")
            self._transaction.sender = path.partition("<")[2]
            self._transaction.options = options.split()

    def _rcpt(self, line: str, said: str) -> None:
        if said.startswith("2"):
            self._transaction.recipients.append(
                line.partition("<")[2].partition(">")[0])

    def _data(self, line: str, said: str) -> None:
        if not said.startswith("354"):
            return
        while b"\r\n.\r\n" not in b"\r\n" + self._unread:
            self._hear()
        end = (b"\r\n" + self._unread).find(b"\r\n.\r\n") + 3
        raw, self._unread = self._unread[:end], self._unread[end:]
        this, self._transaction = self._transaction, Transaction()
        keys: list[tuple[str, ...]] = [(".",)]
        if self.server.lmtp:
            keys = [(f". {each}", ".") for each in this.recipients]
        answers = [self.server.answer(*each) for each in keys]
        self.envelopes.append(Envelope(this.sender or "", this.recipients,
                                       this.options, raw))
        for answer in answers:
            self.act(answer, line)

    def _starttls(self, _line: str, said: str) -> None:
        if said.startswith("220") and self.server.context:
            self.encrypt()

    def _quit(self, _line: str, _said: str) -> None:
        self._leave()


class Server:
    """Listens as soon as it is made; stop() ends it and all its threads."""

    def __init__(self, features: Sequence[str] = (), *,
                 answers: Mapping[str, Answer] | None = None,
                 pipelining: bool = False, lmtp: bool = False,
                 certificate: Certificate | None = None,
                 implicit: bool = False, loose: bool = False,
                 path: Path | None = None, host: str = "127.0.0.1",
                 port: int = 0, newest: ssl.TLSVersion | None = None) -> None:
        self.features = [*features, *(["PIPELINING"] if pipelining else [])]
        self.answers: dict[str, Any] = dict(answers or {})
        self.pipelining = pipelining
        self.lmtp = lmtp
        self.implicit = implicit
        self.loose = loose
        self.host = host if path is None else str(path)
        self.context = certificate and _context(certificate, newest)
        self.connections: list[Connection] = []
        self.failures: list[BaseException] = []
        self._listener = _listener(path, host, port)
        name = self._listener.getsockname()
        self.port: int = 0 if path else name[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    @property
    def last(self) -> Connection:
        """The newest connection."""
        return self.connections[-1]

    @property
    def commands(self) -> list[str]:
        """Of all connections, their verbs in upper case."""
        return [each for line in self.connections for each in line.plain]

    @property
    def envelopes(self) -> list[Envelope]:
        """Of all connections."""
        return [each for line in self.connections for each in line.envelopes]

    def answer(self, *keys: str) -> Any:
        """The answer of the first key that there is one for."""
        for key in keys:
            if key in self.answers:
                found = self.answers[key]
                if isinstance(found, list):
                    found = found.pop(0) if len(found) > 1 else found[0]
                return found
        if keys[-1] in ("EHLO", "LHLO"):
            return self.hello()
        return USUAL.get(keys[-1], "500 5.5.2 what?")

    def hello(self) -> str:
        """The usual reply to EHLO."""
        words = ["mail.example greets you", *self.features]
        return "\n".join([f"250-{word}" for word in words[:-1]]
                         + [f"250 {words[-1]}"])

    def stop(self) -> None:
        """Hangs up on everybody."""
        _shut(self._listener)
        self._threads[0].join(SECONDS)
        for connection in self.connections:
            _shut(connection.line)
        for thread in self._threads:
            thread.join(SECONDS)
        if self.failures:
            raise self.failures[0]

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            line.settimeout(SECONDS)
            connection = Connection(line, self)
            self.connections.append(connection)
            thread = threading.Thread(target=self._run, args=(connection,),
                                      daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        except BaseException as error:
            self.failures.append(error)


def _peer(line: socket.socket) -> Any:
    try:
        return line.getpeername()
    except OSError:
        return None


def _upper(line: str) -> str:
    verb, blank, rest = line.partition(" ")
    return verb.upper() + blank + rest


def _context(certificate: Certificate,
             newest: ssl.TLSVersion | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    if newest:
        context.maximum_version = newest
    return context


def _listener(path: Path | None, host: str, port: int) -> socket.socket:
    if path:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen()
        return listener
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _shut(line: socket.socket) -> None:
    """Wakes whoever waits on it, then closes."""
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    line.close()
