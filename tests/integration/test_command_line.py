"""The options of the command about the way to the server: addresses, proxies,
patience, and TLS."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any, Callable

import pytest

from commands import (ANN, BOB, LETTER, SECRET, Start, command, encoded,
                      pin_of)
from runner import Pneu
from servers.certificates import Authority, Certificate, openssl
from servers.scripted import SILENCE, Peer, Talk


@pytest.fixture
def tls_words(authority: Authority) -> list[str]:
    return ["--tls", "starttls", "--ca-file", str(authority.file)]


# The line


def test_source(pneu: Pneu, scripted: Start) -> None:
    seen = []

    def note(peer: Peer) -> None:
        seen.append(peer._line.getpeername()[0])
        Talk()(peer)

    server = scripted(note)
    for form in ("127.0.0.2", "127.0.0.3:0"):
        pneu.send(server, "--source", form)
    assert seen[0] == "127.0.0.2"
    bad = pneu.send(server, "--source", "192.0.2.1")
    assert bad.status != 0 and "192.0.2.1" in bad.sentence


def http_proxy(peer: Peer) -> None:
    while peer.line():
        pass
    peer.say(b"HTTP/1.1 200 fine\r\n\r\n")
    Talk()(peer)


def socks_proxy(peer: Peer) -> None:
    methods = peer.hear()
    peer.say(b"\x05\x02" if b"\x02" in methods[2:] else b"\x05\x00")
    if b"\x02" in methods[2:]:
        peer.hear()
        peer.say(b"\x01\x00")
    peer.hear()
    peer.say(b"\x05\x00\x00\x01" + bytes(6))
    Talk()(peer)


@pytest.mark.parametrize("scheme, script", [("http", http_proxy),
                                            ("socks5", socks_proxy)])
@pytest.mark.parametrize("with_password", [False, True])
def test_proxy(pneu: Pneu, scripted: Start, scheme: str, script: Any,
               with_password: bool) -> None:
    proxy = scripted(script)
    user = f"ann:{SECRET}@" if with_password else ""
    url = f"{scheme}://{user}{proxy.host}:{proxy.port}"
    how = ["--proxy-env", "PNEU_TEST_PROXY"] if with_password \
        else ["--proxy", url]
    result = pneu.run(
        "send", "-v", "--host", "mail.example.net:2525", *how, "--tls", "none",
        "--from", ANN, "--to", BOB, "--message", "-", stdin=LETTER,
        environment={"PNEU_TEST_PROXY": url})
    assert result.status == 0, result.everything
    assert b"mail.example.net" in proxy.said
    assert SECRET not in result.everything
    if with_password:
        assert (SECRET.encode() in proxy.said
                or encoded(f"ann:{SECRET}").encode() in proxy.said)


def test_idn_host_as_typed(pneu: Pneu, scripted: Start) -> None:
    """The proxy sees the name that is looked up."""
    # RFC 5890 2.3.2.1
    proxy = scripted(http_proxy)
    result = pneu.run(
        "send", "--host", "bücher.example", "--proxy",
        f"http://{proxy.host}:{proxy.port}", "--tls", "none", "--from", ANN,
        "--to", "bob@bücher.example", "--message", "-", stdin=LETTER)
    assert result.status == 0, result.everything
    assert b"CONNECT xn--bcher-kva.example:25 HTTP/" in proxy.said
    assert b"RCPT TO:<bob@xn--bcher-kva.example>" in proxy.said
    assert "bob@bücher.example" in result.out


def test_proxy_that_refuses(pneu: Pneu, scripted: Start) -> None:
    def refuse(peer: Peer) -> None:
        while peer.line():
            pass
        peer.say(b"HTTP/1.1 403 no\r\n\r\n")

    proxy = scripted(refuse)
    result = pneu.run("info", "--host", "mail.example.net", "--proxy",
                      f"http://ann:{SECRET}@{proxy.host}:{proxy.port}")
    assert result.status == 75
    assert "403" in result.sentence and "--proxy" in result.sentence
    assert SECRET not in result.everything


@pytest.mark.parametrize("url", [
    "ftp://ann:{}@localhost", "http://ann:{}@", "http://ann:{}@:25",
    "socks5://ann:{}@localhost:x", "socks5://ann:{}@local host",
    "http://{}@[::1", "http://ann:{}@localhost/{}", "socks5://ann:{}x%zz@host",
    "socks5://ann:{}" + 300 * "x" + "@localhost"])
def test_url_of_a_proxy_is_never_shown(pneu: Pneu, url: str) -> None:
    result = pneu.run("verify", "--proxy", url.replace("{}", SECRET), BOB)
    assert result.status == 64, result.everything
    assert "proxy" in result.sentence
    assert SECRET not in result.everything


@pytest.mark.parametrize("phase, talk", [
    ("greeting", Talk(greeting=SILENCE)),
    ("hello", Talk(answers={"EHLO": SILENCE})),
    ("mail", Talk(answers={"MAIL": SILENCE})),
    ("rcpt", Talk(answers={"RCPT": SILENCE})),
    ("data", Talk(answers={"DATA": SILENCE})),
    ("end", Talk(answers={".": SILENCE})),
    ("other", Talk(["AUTH PLAIN"], answers={"AUTH": SILENCE})),
])
def test_phase_timeout(pneu: Pneu, scripted: Start, phase: str,
                       talk: Talk) -> None:
    server = scripted(talk)
    result = pneu.send(server, "--timeout", "20", "--phase-timeout",
                       f"{phase}=0.3", "--user", "ann", "--password-env",
                       "PNEU_TEST_PASSWORD",
                       *(["--mechanism", "PLAIN"] if phase == "other" else []),
                       environment={"PNEU_TEST_PASSWORD": SECRET}) \
        if phase == "other" else pneu.send(
            server, "--timeout", "20", "--phase-timeout", f"{phase}=0.3")
    assert result.status == (79 if phase == "end" else 75), result.everything
    assert result.seconds < 8


# TLS


def test_tls_facts(pneu: Pneu, scripted: Start, tls_words: list[str],
                   certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    result = pneu.send(server, "-v", *tls_words)
    assert result.status == 0, result.everything
    tls = result.json["tls"]
    assert tls["verified"] is True and tls["version"] == "TLSv1.3"
    assert tls["cipher"].startswith("TLS_") and tls["subject"] == \
        "CN=localhost"
    assert tls["issuer"] == "CN=test authority" and "localhost" in tls["names"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", tls["not_after"])
    assert tls["pin"] == pin_of(certificate)
    assert "unverified_because" not in tls
    for fact in ("version", "cipher", "subject", "not_after", "pin"):
        assert re.search(rf"^\*\* .*{re.escape(tls[fact])}", result.err, re.M)
    assert pneu.send(scripted(Talk())).json["tls"] is None


def test_why_a_certificate_was_not_verified(
        pneu: Pneu, scripted: Start, certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    result = pneu.send(server, "-v", "--tls", "optional")
    assert result.status == 0, result.everything
    assert result.json["tls"]["verified"] is False
    why = result.json["tls"]["unverified_because"]
    assert why and re.search(rf"^\*\* .*not verified.*{re.escape(why)}$",
                             result.err, re.M)


@pytest.mark.parametrize("place", ["right", "wrong", "one of two"])
def test_pin(pneu: Pneu, scripted: Start, tls_words: list[str],
             certificate: Certificate, place: str) -> None:
    # RFC 7469 2.4
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    right = ["--pin", pin_of(certificate)]
    wrong = ["--pin", "sha256//" + 43 * "A" + "="]
    words = {"right": right, "wrong": wrong, "one of two": wrong + right}
    result = pneu.send(server, *tls_words, *words[place])
    assert result.status == (77 if place == "wrong" else 0), result.everything
    if place == "wrong":
        assert "pin" in result.sentence
        assert command(server, "MAIL") == []


def test_tls_name(pneu: Pneu, scripted: Start, tls_words: list[str],
                  misnamed: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    assert pneu.send(server, *tls_words).status == 77
    assert pneu.send(server, *tls_words, "--tls-name",
                     "mail.example.net").status == 0
    assert pneu.send(server, *tls_words, "--tls-name",
                     "mail.example.org").status == 77


class Secure:
    """TLS from the first octet, by a context of its own."""

    def __init__(self, certificate: Certificate, client_ca: Path | None = None,
                 newest: ssl.TLSVersion | None = None) -> None:
        self.names: list[str | None] = []
        self.subjects: list[Any] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate.chain, certificate.key)
        self._context.sni_callback = self._note
        if client_ca:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(client_ca)
        if newest:
            self._context.maximum_version = newest

    def _note(self, _line: Any, name: str | None, _context: Any) -> None:
        self.names.append(name)

    def __call__(self, peer: Peer) -> None:
        try:
            peer._line = self._context.wrap_socket(peer._line,
                                                   server_side=True)
        except OSError:
            return
        self.subjects.append(peer._line.getpeercert())
        Talk(["AUTH EXTERNAL"])(peer)


@pytest.fixture
def implicit(authority: Authority) -> list[str]:
    return ["--tls", "implicit", "--ca-file", str(authority.file)]


@pytest.mark.parametrize("words, name", [
    (["--tls-name", "localhost"], "localhost"),
    (["--sni", "other.example"], "other.example"),
    (["--sni", "", "--tls-name", "localhost"], None),
    (["--tls-name", "localhost", "--sni", "other.example"], "other.example")])
def test_sni(pneu: Pneu, scripted: Start, implicit: list[str],
             certificate: Certificate, words: list[str],
             name: str | None) -> None:
    secure = Secure(certificate)
    result = pneu.send(scripted(secure), *implicit, *words)
    assert result.status == 0, result.everything
    assert secure.names == [name]


def test_min_tls(pneu: Pneu, scripted: Start, implicit: list[str],
                 certificate: Certificate) -> None:
    old = Secure(certificate, newest=ssl.TLSVersion.TLSv1_2)
    result = pneu.send(scripted(old), *implicit, "--ciphers",
                       "ECDHE-ECDSA-CHACHA20-POLY1305")
    assert result.status == 0, result.everything
    assert result.json["tls"]["version"] == "TLSv1.2"
    assert result.json["tls"]["cipher"] == "ECDHE-ECDSA-CHACHA20-POLY1305"
    result = pneu.send(scripted(old), *implicit, "--min-tls", "1.3")
    assert result.status == 77, result.everything


def test_ciphersuites(pneu: Pneu, scripted: Start, implicit: list[str],
                      certificate: Certificate) -> None:
    result = pneu.send(scripted(Secure(certificate)), *implicit,
                       "--ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")
    assert result.status == 0, result.everything
    assert result.json["tls"]["cipher"] == "TLS_CHACHA20_POLY1305_SHA256"


@pytest.mark.parametrize("option", ["--ciphers", "--ciphersuites"])
def test_cipher_that_there_is_not(pneu: Pneu, scripted: Start,
                                  implicit: list[str], option: str,
                                  certificate: Certificate) -> None:
    result = pneu.send(scripted(Secure(certificate)), *implicit, option,
                       "ROT13")
    assert result.status in (64, 77), result.everything
    assert "cipher" in result.sentence


def test_ca_folder(pneu: Pneu, scripted: Start, tmp_path: Path,
                   authority: Authority, certificate: Certificate) -> None:
    (tmp_path / "ca.pem").write_bytes(authority.file.read_bytes())
    openssl("rehash", str(tmp_path))
    result = pneu.send(scripted(Secure(certificate)), "--tls", "implicit",
                       "--ca-folder", tmp_path)
    assert result.status == 0, result.everything
    assert result.json["tls"]["verified"] is True


@pytest.mark.parametrize("source", ["env", "file", "command"])
def test_client_certificate_and_external(
        pneu: Pneu, scripted: Start, implicit: list[str], tmp_path: Path,
        authority: Authority, certificate: Certificate,
        password_file: Callable[[str], Path], source: str) -> None:
    mine = authority.issue(f"ann-{source}", "DNS:ann.example")
    key = tmp_path / "encrypted.key"
    openssl("pkey", "-in", str(mine.key), "-aes256", "-passout",
            f"pass:{SECRET}", "-out", str(key))
    secure = Secure(certificate, client_ca=authority.file)
    server = scripted(secure)
    value = {"env": "PNEU_TEST_KEY", "file": password_file(SECRET),
             "command": f"echo {SECRET}"}[source]
    result = pneu.send(server, "-v", *implicit, "--cert", mine.chain, "--key",
                       key, f"--key-password-{source}", value, "--mechanism",
                       "EXTERNAL", environment={"PNEU_TEST_KEY": SECRET})
    assert result.status == 0, result.everything
    assert result.json["mechanism"] == "EXTERNAL"
    assert secure.subjects[0]["subject"] == \
        ((("commonName", f"ann-{source}"),),)
    assert SECRET not in result.everything


def test_wrong_key_password(pneu: Pneu, scripted: Start, implicit: list[str],
                            tmp_path: Path, certificate: Certificate) -> None:
    key = tmp_path / "encrypted.key"
    openssl("pkey", "-in", str(certificate.key), "-aes256", "-passout",
            "pass:other", "-out", str(key))
    result = pneu.send(scripted(Secure(certificate)), *implicit, "--cert",
                       certificate.chain, "--key", key, "--key-password-env",
                       "PNEU_TEST_KEY", environment={"PNEU_TEST_KEY": SECRET})
    assert result.status not in (0, 70), result.everything
    assert "key" in result.sentence
    assert SECRET not in result.everything
