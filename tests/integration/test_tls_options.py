"""The TLS options of the command against real servers: pins, client
certificates, names, versions and ciphers. (Each is tried at length against
OpenSSL itself in tests/unit.)"""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Iterator

import pytest

from runner import Pneu
from servers.certificates import Authority, Certificate, openssl

ANSWERS = {"EHLO": b"250 tls.example\r\n", "DATA": b"354 go on\r\n",
           "QUIT": b"221 bye\r\n"}


class TlsServer:
    """SMTP under TLS from the start, with a context of the test's own."""

    def __init__(self, certificate: Certificate) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate.chain, certificate.key)
        self.context.sni_callback = self._note_name
        self.names: list[str | None] = []
        self.clients: list[dict[str, object]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _note_name(self, _line: ssl.SSLObject, name: str | None,
                   _context: ssl.SSLContext) -> None:
        self.names.append(name)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            plain.settimeout(10)
            try:
                with plain, self.context.wrap_socket(
                        plain, server_side=True) as line:
                    self._talk(line)
            except OSError:
                pass

    def _talk(self, line: ssl.SSLSocket) -> None:
        line.sendall(b"220 tls.example\r\n")
        self.clients.append(line.getpeercert() or {})
        file = line.makefile("rb")
        in_message = False
        for octets in file:
            word = octets.decode("latin-1").strip()
            if in_message:
                in_message = word != "."
                if in_message:
                    continue
            answer = ANSWERS.get(word.partition(" ")[0].upper(),
                                 b"250 fine\r\n")
            in_message = word.upper() == "DATA"
            line.sendall(answer)
            if word.upper() == "QUIT":
                return


@pytest.fixture
def server(certificate: Certificate) -> Iterator[TlsServer]:
    it = TlsServer(certificate)
    yield it
    it.stop()


@pytest.fixture
def trusted(authority: Authority) -> list[str | Path]:
    return ["--tls", "implicit", "--ca-file", authority.file]


def pin_of(certificate: Certificate) -> str:
    """The pin, as the openssl command computes it."""
    line = ("openssl pkey -in \"$1\" -pubout -outform der | openssl dgst "
            "-sha256 -binary | openssl base64 -A")
    done = subprocess.run(["sh", "-c", line, "sh", str(certificate.key)],
                          check=True, capture_output=True, text=True)
    return "sha256//" + done.stdout.strip()


@pytest.fixture
def client(authority: Authority) -> Certificate:
    return authority.issue("client", "DNS:client.example")


def ask_for_certificate(server: TlsServer, authority: Authority,
                        version: ssl.TLSVersion) -> None:
    server.context.maximum_version = version
    server.context.verify_mode = ssl.CERT_REQUIRED
    server.context.load_verify_locations(authority.file)


def test_pin(pneu: Pneu, server: TlsServer, certificate: Certificate,
             trusted: list[str | Path], misnamed: Certificate) -> None:
    right, wrong = pin_of(certificate), pin_of(misnamed)
    for pins in ([right], [wrong, right]):
        options = [word for pin in pins for word in ("--pin", pin)]
        result = pneu.send(server, *trusted, *options, "-v")
        assert result.status == 0, result.err
        assert right in result.err
    result = pneu.send(server, *trusted, "--pin", wrong)
    assert result.status == 77
    assert right in result.sentence
    assert pneu.send(server, *trusted, "--pin", "sha256//x").status == 64


VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                               ssl.TLSVersion.TLSv1_3])


@VERSIONS
def test_client_certificate(pneu: Pneu, server: TlsServer,
                            authority: Authority, client: Certificate,
                            trusted: list[str | Path],
                            version: ssl.TLSVersion) -> None:
    ask_for_certificate(server, authority, version)
    result = pneu.send(server, *trusted, "--cert", client.chain, "--key",
                       client.key)
    assert result.status == 0, result.err
    assert server.clients[-1]["subjectAltName"] == (
        ("DNS", "client.example"),)


@VERSIONS
def test_client_certificate_that_is_missed(
        pneu: Pneu, server: TlsServer, authority: Authority,
        trusted: list[str | Path], version: ssl.TLSVersion) -> None:
    ask_for_certificate(server, authority, version)
    result = pneu.send(server, *trusted)
    assert result.status == 77
    assert "asks for a client certificate" in result.sentence


def test_key_with_a_password(pneu: Pneu, server: TlsServer,
                             authority: Authority, client: Certificate,
                             trusted: list[str | Path], tmp_path: Path
                             ) -> None:
    locked = tmp_path / "locked.key"
    openssl("pkcs8", "-topk8", "-in", str(client.key), "-out", str(locked),
            "-passout", "pass:open it")
    ask_for_certificate(server, authority, ssl.TLSVersion.TLSv1_3)
    options = [*trusted, "--cert", client.chain, "--key", locked]

    def send(password: str) -> object:
        return pneu.send(server, *options, "--key-password-env", "KEY",
                         environment={"KEY": password})

    assert send("open it").status == 0
    wrong = send("shut it")
    assert wrong.status not in (0, 79)
    assert "password is wrong" in wrong.sentence
    assert "shut it" not in wrong.everything
    none = pneu.send(server, *options)
    assert "encrypted" in none.sentence


def test_key_of_another_certificate(pneu: Pneu, server: TlsServer,
                                    client: Certificate,
                                    misnamed: Certificate,
                                    trusted: list[str | Path]) -> None:
    result = pneu.send(server, *trusted, "--cert", client.chain, "--key",
                       misnamed.key)
    assert result.status not in (0, 79)
    assert "does not belong" in result.sentence
    assert str(misnamed.key) in result.sentence


def test_name_apart_from_the_host(pneu: Pneu, authority: Authority,
                                  misnamed: Certificate,
                                  trusted: list[str | Path]) -> None:
    server = TlsServer(misnamed)
    try:
        plain = pneu.send(server, *trusted)
        named = pneu.send(server, *trusted, "--tls-name", "mail.example.net")
    finally:
        server.stop()
    assert plain.status == 77
    assert "it is for mail.example.net" in plain.sentence
    assert named.status == 0, named.err
    assert server.names == [None, "mail.example.net"]


def test_server_name_indication(pneu: Pneu, server: TlsServer,
                                trusted: list[str | Path]) -> None:
    server.host = "localhost"
    for options in ([], ["--sni", "other.example"], ["--sni", ""]):
        result = pneu.send(server, *trusted, *options)
        assert result.status == 0, result.err
    assert server.names == ["localhost", "other.example", None]
    assert pneu.send(server, *trusted, "--sni", "192.0.2.1").status == 64


def test_oldest_version(pneu: Pneu, server: TlsServer,
                        trusted: list[str | Path]) -> None:
    server.context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert pneu.send(server, *trusted, "--min-tls", "1.2").status == 0
    result = pneu.send(server, *trusted, "--min-tls", "1.3")
    assert result.status == 77
    assert "versions of TLS" in result.sentence


def test_ciphers(pneu: Pneu, server: TlsServer, trusted: list[str | Path]
                 ) -> None:
    suite = "TLS_CHACHA20_POLY1305_SHA256"
    result = pneu.send(server, *trusted, "--ciphersuites", suite, "-v")
    assert result.status == 0, result.err
    assert suite in result.err
    server.context.maximum_version = ssl.TLSVersion.TLSv1_2
    cipher = "ECDHE-ECDSA-AES128-GCM-SHA256"
    result = pneu.send(server, *trusted, "--ciphers", cipher, "-v")
    assert result.status == 0, result.err
    assert cipher in result.err
    for option in ("--ciphers", "--ciphersuites"):
        result = pneu.send(server, *trusted, option, "NO-SUCH-CIPHER")
        assert result.status == 64
        assert "NO-SUCH-CIPHER" in result.sentence


def test_a_certificate_that_is_over(pneu: Pneu, authority: Authority,
                                    tmp_path: Path,
                                    trusted: list[str | Path]) -> None:
    expired = Certificate(tmp_path / "old.pem", tmp_path / "old.key")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=old",
            "-keyout", str(expired.key), "-out", str(tmp_path / "old.csr"))
    (tmp_path / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", str(tmp_path / "old.csr"), "-CA",
            str(authority.file), "-CAkey",
            str(authority.folder / "ca.key"), "-days", "-1", "-extfile",
            str(tmp_path / "names"), "-out", str(expired.chain))
    server = TlsServer(expired)
    try:
        result = pneu.send(server, *trusted)
    finally:
        server.stop()
    assert result.status == 77
    assert re.search(r"it expired on \d{4}-\d\d-\d\dT", result.sentence)
