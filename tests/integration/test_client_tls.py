"""TLS as tls.h promises it to the blocking client: what it was told, what it
tells, and whom it refuses."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest

from runner import Calls, named
from servers.certificates import Authority, Certificate, openssl
from servers.scripted import Peer, Scripted, Talk

OPTIONAL, STARTTLS, IMPLICIT = 2, 3, 4  # pneu_tls_mode
TLS_1_3 = 1  # pneu_tls_version

Start = Callable[..., Scripted]


def pin_of(certificate: Certificate) -> str:
    key = subprocess.run(
        ["openssl", "x509", "-in", certificate.chain, "-noout", "-pubkey"],
        check=True, capture_output=True, timeout=10).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"],
                         input=key, check=True, capture_output=True,
                         timeout=10).stdout
    return "sha256//" + base64.b64encode(
        hashlib.sha256(der).digest()).decode()


def test_tls_info(calls: Calls, scripted: Start, authority: Authority,
                  certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    rows = calls.run([["connect"], ["tls_info"], ["open"], ["tls_info"],
                      ["quit"]], host="localhost", port=server.port,
                     tls=STARTTLS, ca_file=authority.file)
    before, after = named(rows, "tls_info")
    assert (before.status, after.code) == ("none", 1)
    info = {row.status: row for row in named(rows, "tls")}
    der = ssl.PEM_cert_to_DER_cert(certificate.chain.read_text())
    assert info["version"].text == "TLSv1.3"
    assert info["cipher"].text.startswith("TLS_")
    assert (info["is_verified"].code, info["is_verified"].text) == (1, "")
    assert info["subject"].text == "CN=localhost"
    assert info["issuer"].text == "CN=test authority"
    assert "localhost" in info["names"].text
    assert "127.0.0.1" in info["names"].text
    for name in ("not_before", "not_after"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            info[name].text)
    assert info["pin"].text == pin_of(certificate)
    assert info["certificate"].code == len(der)


def test_tls_info_of_a_certificate_that_is_not_trusted(
        calls: Calls, scripted: Start, misnamed: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    rows = calls.run([["open"], ["tls_info"]], host=server.host,
                     port=server.port, tls=OPTIONAL)
    verified = next(row for row in rows if row.status == "is_verified")
    assert verified.code == 0 and verified.text


@pytest.mark.parametrize("right", [True, False])
def test_pin(calls: Calls, scripted: Start, authority: Authority,
             certificate: Certificate, misnamed: Certificate,
             right: bool) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    pin = pin_of(certificate if right else misnamed)
    rows = calls.run([["open"]], host="localhost", port=server.port,
                     tls=STARTTLS, ca_file=authority.file, pin=pin)
    assert rows[0].status == ("OK" if right else "UNTRUSTED")


def test_verified_name_apart_from_the_host(
        calls: Calls, scripted: Start, authority: Authority,
        misnamed: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    for name, status in (("mail.example.net", "OK"),
                         ("mail.example.org", "UNTRUSTED")):
        rows = calls.run([["open"]], host=server.host, port=server.port,
                         tls=STARTTLS, ca_file=authority.file, name=name)
        assert rows[0].status == status


# What the client is told


class Listening:
    """A script with TLS from the start that writes down what it sees."""

    def __init__(self, certificate: Certificate,
                 prepare: Callable[[ssl.SSLContext], None] | None = None
                 ) -> None:
        self._certificate = certificate
        self._prepare = prepare
        self.names: list[str | None] = []
        self.ciphers: list[str] = []
        self.clients: list[Any] = []

    def __call__(self, peer: Peer) -> None:
        peer.encrypt(self._certificate, self._set_up)
        self.ciphers.append(peer.tls.cipher()[0])
        self.clients.append(peer.tls.getpeercert())
        Talk()(peer)

    def _set_up(self, context: ssl.SSLContext) -> None:
        context.sni_callback = \
            lambda line, name, context: self.names.append(name)
        if self._prepare:
            self._prepare(context)


@pytest.fixture
def connect(calls: Calls, scripted: Start, certificate: Certificate,
            authority: Authority) -> Callable[..., tuple[Listening, str]]:
    """Connects to localhost, with the usual trust: what the server saw, and
    the status."""
    def go(prepare: Callable[[ssl.SSLContext], None] | None = None,
           **options: Any) -> tuple[Listening, str]:
        script = Listening(certificate, prepare)
        server = scripted(script)
        if not any(name.startswith("ca_") for name in options):
            options["ca_file"] = authority.file
        rows = calls.run([["connect"], ["quit"]],
                         **{"host": "localhost", "port": server.port,
                            "tls": IMPLICIT, **options})
        return script, rows[0].status
    return go


def test_trust_in_memory(connect: Callable[..., Any],
                         authority: Authority) -> None:
    assert connect(ca_pem=authority.file.read_text())[1] == "OK"


def test_trust_in_a_folder(connect: Callable[..., Any], authority: Authority,
                           tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    assert connect(ca_folder=tmp_path)[1] == "UNTRUSTED"
    openssl("rehash", str(tmp_path))
    assert connect(ca_folder=tmp_path)[1] == "OK"


def test_trust_that_cannot_be_read(connect: Callable[..., Any],
                                   tmp_path: Path) -> None:
    assert connect(ca_file=tmp_path / "nothing")[1] in ("TLS", "SYSTEM",
                                                        "INVALID")


@pytest.mark.parametrize("options,name", [
    ({}, "localhost"), ({"sni": "other.example"}, "other.example"),
    ({"name": "127.0.0.1", "sni": "other.example"}, "other.example"),
    ({"host": "127.0.0.1"}, None)])
def test_server_name(connect: Callable[..., Any], options: dict[str, str],
                     name: str | None) -> None:
    seen, status = connect(**options)
    assert (status, seen.names) == ("OK", [name])


def ask_for_a_certificate(authority: Authority
                          ) -> Callable[[ssl.SSLContext], None]:
    def prepare(context: ssl.SSLContext) -> None:
        context.load_verify_locations(authority.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return prepare


def test_certificate_of_the_client(connect: Callable[..., Any],
                                   authority: Authority,
                                   tmp_path: Path) -> None:
    mine = authority.issue("client", "DNS:client.example")
    locked = tmp_path / "locked.key"
    openssl("pkey", "-in", str(mine.key), "-aes256", "-passout",
            "pass:secret", "-out", str(locked))
    both = tmp_path / "both.pem"
    both.write_bytes(mine.chain.read_bytes() + mine.key.read_bytes())
    for options in ({"certificate_file": mine.chain, "key_file": mine.key},
                    {"certificate_file": both},
                    {"certificate_file": mine.chain, "key_file": locked,
                     "key_password": "secret"}):
        seen, status = connect(ask_for_a_certificate(authority), **options)
        assert status == "OK"
        assert seen.clients[0]["subject"] == ((("commonName", "client"),),)


def test_key_that_cannot_be_opened(connect: Callable[..., Any],
                                   authority: Authority,
                                   tmp_path: Path) -> None:
    mine = authority.issue("client", "DNS:client.example")
    _, status = connect(certificate_file=mine.chain,
                        key_file=tmp_path / "nothing")
    assert status in ("TLS", "SYSTEM", "INVALID")


def only_1_2(context: ssl.SSLContext) -> None:
    context.maximum_version = ssl.TLSVersion.TLSv1_2


def test_oldest_version(connect: Callable[..., Any]) -> None:
    assert connect(only_1_2)[1] == "OK"
    assert connect(only_1_2, minimum=TLS_1_3)[1] == "TLS"


@pytest.mark.parametrize("option,cipher,prepare", [
    ("ciphersuites", "TLS_CHACHA20_POLY1305_SHA256", None),
    ("ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256", only_1_2)])
def test_ciphers(connect: Callable[..., Any], option: str, cipher: str,
                 prepare: Callable[[ssl.SSLContext], None] | None) -> None:
    seen, status = connect(prepare, **{option: cipher})
    assert (status, seen.ciphers) == ("OK", [cipher])


def test_starttls_says_ehlo_first(calls: Calls, scripted: Start,
                                  authority: Authority,
                                  certificate: Certificate) -> None:
    """As smtplib's does, if nothing was said before."""
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    rows = calls.run([["connect"], ["starttls"], ["starttls"], ["ehlo"],
                      ["quit"]], host="localhost", port=server.port,
                     tls=STARTTLS, ca_file=authority.file)
    assert [row.status for row in rows] == ["OK", "OK", "MISUSE", "OK", "OK"]
    assert [line.split()[0] for line in server.lines()
            if line and line.isascii()] == [
        "EHLO", "STARTTLS", "EHLO", "QUIT"]


def test_step_forgotten_sends_nothing_in_the_clear(
        calls: Calls, scripted: Start) -> None:
    server = scripted(Talk(["STARTTLS"]))
    rows = calls.run([["connect"], ["ehlo"], ["mail", "ann@example.com"],
                      ["quit"]], host="localhost", port=server.port,
                     tls=STARTTLS)
    assert [row.status for row in rows] == ["OK", "OK", "UNPROTECTED", "OK"]
    assert not any(line.startswith("MAIL") for line in server.lines())


def test_pin_asks_for_tls_on_loopback_too(
        calls: Calls, scripted: Start, authority: Authority,
        certificate: Certificate) -> None:
    """An order that nobody looks at would be none."""
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    rows = calls.run([["open"]], host="localhost", port=server.port,
                     ca_file=authority.file,
                     pin="sha256//" + base64.b64encode(bytes(32)).decode())
    assert rows[0].status == "UNTRUSTED", calls.err
    server = scripted(Talk([]))
    rows = calls.run([["open"]], host="localhost", port=server.port,
                     pin="sha256//" + base64.b64encode(bytes(32)).decode())
    assert rows[0].status == "NOT_OFFERED", calls.err


def test_domain_of_a_single_command_goes_as_its_a_label(
        calls: Calls, scripted: Start) -> None:
    server = scripted(Talk([]))
    rows = calls.run([["connect"], ["ehlo"], ["mail", "ann@bücher.example"],
                      ["rcpt", "bob@bücher.example"],
                      ["rcpt", "jörg@bücher.example"], ["quit"]],
                     host="localhost", port=server.port)
    assert [row.status for row in rows][2:5] == ["OK", "OK", "NOT_OFFERED"]
    said = server.lines()
    assert "MAIL FROM:<ann@xn--bcher-kva.example>" in said
    assert "RCPT TO:<bob@xn--bcher-kva.example>" in said
