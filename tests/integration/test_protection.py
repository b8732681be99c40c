"""A wrong port, a wrong TLS mode, a certificate not to be trusted, refused
credentials: one clear sentence, and nothing is sent that should not be."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu, Result
from servers.certificates import Authority, Certificate
from servers.ports import free_port, own_address
from servers.scripted import Scripted, Talk, verbs
from servers.sink import Sink

ANN = "ann@example.com"
Start = Callable[..., Scripted]


# Wrong ports


def test_closed_port(pneu: Pneu) -> None:
    class Nowhere:
        host, port = "127.0.0.1", free_port()

    result = pneu.send(Nowhere)
    assert result.status == 75
    for word in ("127.0.0.1", str(Nowhere.port), "refused", "--port"):
        assert word in result.sentence


def test_unknown_host(pneu: Pneu) -> None:
    class Nowhere:
        host, port = "no-such-host.invalid", 25

    result = pneu.send(Nowhere)
    assert result.status in (68, 75)  # 75 where no name server can be asked
    assert "no-such-host.invalid" in result.sentence


@pytest.mark.parametrize("banner", [
    "SSH-2.0-OpenSSH_9.2p1 Debian-2", "* OK IMAP4rev1 ready", "+OK POP3 ready",
    "HTTP/1.1 400 Bad Request\nConnection: close\n", "RFB 003.008",
], ids=lambda banner: banner.split()[0])
def test_port_that_speaks_something_else(pneu: Pneu, scripted: Start,
                                         banner: str) -> None:
    server = scripted(Talk(greeting=banner))
    result = pneu.send(server)
    assert result.status == 76
    assert banner.splitlines()[0][:8] in result.sentence
    assert str(server.port) in result.sentence
    assert "--port" in result.sentence
    assert server.said == b""


def test_tls_to_a_port_in_the_clear(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["STARTTLS"]))
    result = pneu.send(server, "--tls", "implicit")
    assert result.status == 77
    assert "STARTTLS" in result.sentence.upper()
    assert str(server.port) in result.sentence
    assert b"EHLO" not in server.said and b"MAIL" not in server.said


def test_clear_text_to_a_port_with_tls(pneu: Pneu, sink: Callable[..., Sink]
                                       ) -> None:
    server = sink(tls="implicit")
    result = pneu.send(server, "--tls", "none", "--timeout", "0.7")
    assert result.status in (75, 76)
    assert "implicit" in result.sentence
    assert not server.letters()


def test_clear_text_answered_by_a_tls_alert(pneu: Pneu,
                                            scripted: Start) -> None:
    server = scripted(lambda peer: (peer.say(b"\x15\x03\x01\x00\x02\x02\x46"),
                                    peer.wait())[0])
    result = pneu.send(server, "--timeout", "0.7")
    assert result.status in (75, 76, 77)
    assert "implicit" in result.sentence


# Trust


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_untrusted_certificate(pneu: Pneu, sink: Callable[..., Sink],
                               mode: str) -> None:
    server = sink(tls=mode)
    result = pneu.send(server, "--tls", mode, "-v")
    assert result.status == 77
    assert "certificate" in result.sentence
    assert "--ca-file" in result.sentence
    assert not any(line.startswith("MAIL") for line in result.sent())
    assert not server.letters()


def test_certificate_for_another_host(pneu: Pneu, scripted: Start,
                                      authority: Authority,
                                      misnamed: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    result = pneu.send(server, "--tls", "starttls", "--ca-file",
                       authority.file)
    assert result.status == 77
    assert "127.0.0.1" in result.sentence
    assert "certificate" in result.sentence
    assert "MAIL" not in verbs(server)


def test_the_same_certificate_for_its_own_host(
        pneu: Pneu, scripted: Start, authority: Authority,
        certificate: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate))
    for host in ("127.0.0.1", "localhost"):
        server.host = host
        result = pneu.send(server, "--tls", "starttls", "--ca-file",
                           authority.file)
        assert result.status == 0, result.err


def test_optional_accepts_an_untrusted_certificate_and_says_so(
        pneu: Pneu, scripted: Start, misnamed: Certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=misnamed))
    result = pneu.send(server, "--tls", "optional", "-v")
    assert result.status == 0, result.err
    assert "not verified" in result.err or "unverified" in result.err
    assert "STARTTLS" in result.sent()


def test_starttls_that_is_not_offered(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["PIPELINING"]))
    result = pneu.send(server, "--tls", "starttls")
    assert result.status == 77
    assert "STARTTLS" in result.sentence
    assert "MAIL" not in verbs(server)


# Credentials


def credentials(password_file: Callable[[str], Path]) -> list[str | Path]:
    return ["--user", ANN, "--password-file", password_file(PASSWORD)]


@pytest.fixture
def address() -> str:
    """An address of this machine that is not a private line."""
    if (own := own_address()) is None:
        pytest.skip("this machine has no address but loopback")
    return own


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5",
                                       "SCRAM-SHA-256"])
@pytest.mark.parametrize("mode", ["none", "auto"])
def test_no_credential_over_an_unprotected_line(
        pneu: Pneu, scripted: Start, address: str, mode: str, mechanism: str,
        password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk([f"AUTH {mechanism}"]), address)
    result = pneu.send(server, "--tls", mode, *credentials(password_file))
    assert result.status == 77
    assert "TLS" in result.sentence
    assert set(verbs(server)) <= {"EHLO", "QUIT", "HELO"}


def test_no_credential_over_unverified_tls(
        pneu: Pneu, scripted: Start, address: str,
        misnamed: Certificate,
        password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk(["STARTTLS", "AUTH PLAIN"], certificate=misnamed),
                      address)
    result = pneu.send(server, "--tls", "optional",
                       *credentials(password_file))
    assert result.status == 77
    assert "AUTH" not in verbs(server)


def test_credential_over_an_unprotected_line_when_told_so(
        pneu: Pneu, scripted: Start, address: str,
        password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk(["AUTH PLAIN"]), address)
    result = pneu.send(server, "--tls", "none", "--allow-cleartext-auth",
                       *credentials(password_file))
    assert result.status == 0, result.err
    assert "AUTH" in verbs(server)


def test_refused_password(pneu: Pneu, scripted: Start,
                          password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk(["AUTH PLAIN"], answers={
        "AUTH": "535 5.7.8 These are not your credentials"}))
    result = pneu.send(server, "-v", *credentials(password_file))
    assert result.status == 77
    assert "These are not your credentials" in result.sentence
    assert "--user" in result.sentence
    assert "MAIL" not in verbs(server)
    assert no_secret(result)


def test_auth_that_is_not_offered(pneu: Pneu, scripted: Start,
                                  password_file: Callable[[str], Path]
                                  ) -> None:
    server = scripted(Talk(["PIPELINING"]))
    result = pneu.send(server, *credentials(password_file))
    assert result.status == 77
    assert "AUTH" in result.sentence
    assert "MAIL" not in verbs(server)


def no_secret(result: Result, password: str = PASSWORD) -> bool:
    """True if no form of the password is in what was shown."""
    forms = [password.encode(), f"\0{ANN}\0{password}".encode()]
    shown = result.everything
    return password not in shown and not any(
        base64.b64encode(form).decode().rstrip("=") in shown
        for form in forms)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5",
                                       "SCRAM-SHA-256"])
@pytest.mark.parametrize("source", ["file", "env", "command"])
def test_no_secret_is_shown(pneu: Pneu, sink: Callable[..., Sink],
                            source: str, mechanism: str,
                            password_file: Callable[[str], Path]) -> None:
    server = sink("--allow-cleartext-auth", users={ANN: PASSWORD})
    where = {"file": ["--password-file", password_file(PASSWORD)],
             "env": ["--password-env", "TEST_PASSWORD"],
             "command": ["--password-command",
                         f"cat '{password_file(PASSWORD)}'"]}[source]
    result = pneu.send(server, "-v", "--user", ANN, *where, "--mechanism",
                       mechanism, environment={"TEST_PASSWORD": PASSWORD})
    assert result.status == 0, result.err
    assert any(line.startswith("AUTH") for line in result.sent())
    assert no_secret(result)
    assert not any(line.startswith("AUTH PLAIN ") and len(line) > 30
                   for line in result.sent())


def test_password_without_a_user(pneu: Pneu, scripted: Start,
                                 password_file: Callable[[str], Path]
                                 ) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    result = pneu.send(server, "--password-file", password_file(PASSWORD))
    assert result.status == 64
    assert "--user" in result.sentence
    assert server.said == b""
