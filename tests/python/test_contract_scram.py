"""smtplib, login with SCRAM, which smtplib itself does not know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from typing import Any

import pytest

from contract import Connect, Serve, only_pneu, smtplib
from scripted import Certificate

pytest_plugins = ["contract_fixtures"]
pytestmark = only_pneu


def b64(text: str | bytes) -> str:
    octets = text.encode() if isinstance(text, str) else text
    return base64.b64encode(octets).decode()


class Scram:
    """The server's side of SCRAM (RFC 5802), for one exchange."""

    def __init__(self, name: str, password: str, honest: bool = True,
                 binding: bytes = b"") -> None:
        self.hash = name
        self.honest = honest
        self.binding = binding
        self.salted = hashlib.pbkdf2_hmac(name, password.encode(), b"salt",
                                          4096)
        self.first = self.said = ""
        self.proved = False

    def _hmac(self, key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, self.hash).digest()

    def begin(self, _: Any, line: str) -> str:
        header, _, self.first = base64.b64decode(
            line.split()[2]).decode().partition(",,")
        self.header = header + ",,"
        nonce = self.first.partition("r=")[2] + "more"
        self.said = f"r={nonce},s={b64('salt')},i=4096"
        return "334 " + b64(self.said)

    def finish(self, _: Any, line: str) -> str:
        if self.proved:
            return "235 2.7.0 welcome"
        final = base64.b64decode(line).decode()
        bare, _, proof = final.partition(",p=")
        assert base64.b64decode(bare[2:].partition(",")[0]) == (
            self.header.encode() + self.binding)
        text = f"{self.first},{self.said},{bare}".encode()
        key = self._hmac(self.salted, b"Client Key")
        stored = hashlib.new(self.hash, key).digest()
        signature = self._hmac(stored, text)
        found = bytes(a ^ b for a, b in zip(base64.b64decode(proof),
                                            signature))
        if found != key:
            return "535 5.7.8 no"
        self.proved = True
        if not self.honest:
            return "235 2.7.0 welcome"
        verifier = self._hmac(self._hmac(self.salted, b"Server Key"), text)
        return "334 " + b64("v=" + b64(verifier))


@pytest.mark.parametrize("offered, name", [
    ("PLAIN SCRAM-SHA-1 SCRAM-SHA-256 CRAM-MD5", "sha256"),
    ("LOGIN CRAM-MD5 SCRAM-SHA-1", "sha1")])
def test_scram(offered: str, name: str, serve: Serve,
               connect: Connect) -> None:
    # smtplib L135: the strongest first (RFC 5802, RFC 7677)
    scram = Scram(name, "pencil")
    server = serve([f"AUTH {offered}"], answers={"AUTH": scram.begin,
                                                 "ANSWER": scram.finish})
    client = connect(server)
    assert client.login("user", "pencil") == (235, b"2.7.0 welcome")
    mechanism = "SCRAM-SHA-256" if name == "sha256" else "SCRAM-SHA-1"
    assert server.last.commands[1].split()[1] == mechanism
    assert len(server.last.commands) == 4
    assert scram.proved


def test_scram_wrong_password(serve: Serve, connect: Connect) -> None:
    # smtplib L136
    scram = Scram("sha256", "pencil")
    server = serve(["AUTH SCRAM-SHA-256"], answers={"AUTH": scram.begin,
                                                    "ANSWER": scram.finish})
    client = connect(server)
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        client.login("user", "pen")
    assert caught.value.args == (535, b"5.7.8 no")
    assert client.noop()[0] == 250


def test_scram_server_that_proves_nothing(serve: Serve,
                                          connect: Connect) -> None:
    # smtplib L130: such a 235 is no success (RFC 5802 3)
    scram = Scram("sha256", "pencil", honest=False)
    server = serve(["AUTH SCRAM-SHA-256 PLAIN"], answers={
        "AUTH": scram.begin, "ANSWER": scram.finish})
    client = connect(server)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login("user", "pencil")
    assert client.sock is None
    assert server.last.ended()
    assert "PLAIN" not in " ".join(server.last.commands[1:])


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_scram_bound_to_the_channel(version: str, serve: Serve,
                                    throwaway: Certificate,
                                    connect: Connect) -> None:
    # smtplib L135: tls-unique, which TLS 1.3 does not have (RFC 9266)
    scram = Scram("sha256", "pencil")

    def begin(connection: Any, line: str) -> str:
        if "-PLUS" in line:
            scram.binding = connection.line.get_channel_binding("tls-unique")
        return scram.begin(connection, line)

    server = serve(["AUTH SCRAM-SHA-256 SCRAM-SHA-256-PLUS PLAIN"],
                   certificate=throwaway, implicit=True,
                   newest=getattr(ssl.TLSVersion, version),
                   answers={"AUTH": begin, "ANSWER": scram.finish})
    client = connect(server, smtplib.SMTP_SSL, context=throwaway.client())
    assert client.login("user", "pencil")[0] == 235
    assert server.last.commands[1].split()[1] == (
        "SCRAM-SHA-256-PLUS" if version == "TLSv1_2" else "SCRAM-SHA-256")
    assert scram.proved
