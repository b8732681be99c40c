"""What a person is told to do when the command fails: the hint, the exit
status, and the words in which options are named."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

from commands import (ANN, BOB, CYD, EVERYTHING, LOGIN, SECRET, Start,
                      pin_of)
from runner import Pneu, Result
from servers.certificates import Authority, Certificate, openssl
from servers.ports import free_port
from servers.proxies import Http, Proxy, Socks5
from servers.scripted import Peer, Scripted, Talk
from servers.sink import Sink

StartSink = Callable[..., Sink]
PASSWORD = {"PNEU_TEST_PASSWORD": SECRET}


@dataclass
class Place:
    """Where to send to, as the command is told it."""
    host: str
    port: int


def text(pneu: Pneu, server: Scripted, *words: str | Path,
         message: bytes = b"Subject: x\n\nHello.\n") -> Result:
    """`pneu send` without --json."""
    return pneu.run("send", "--host", server.host, "--port", server.port,
                    "--from", ANN, "--to", BOB, "--message", "-", *words,
                    stdin=message)


# Lines that are too long


@pytest.mark.parametrize("octets", [998, 999, 5000])
@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("letter", ["x", "ö"])
def test_long_lines_of_a_text_are_encoded(
        pneu: Pneu, scripted: Start, octets: int, end: str,
        letter: str) -> None:
    # RFC 5322 2.1.1, RFC 2045 6.7
    server = scripted(Talk([]))
    line = letter * (octets // len(letter.encode()))
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, "--text", f"a\n{line}{end}")
    assert result.status == 0, result.err
    assert max(map(len, server.lines())) <= 998


def test_long_lines_of_a_message_have_a_way(pneu: Pneu,
                                            scripted: Start) -> None:
    message = b"Subject: x\n\n" + b"x" * 1200 + b"\n"
    result = text(pneu, scripted(Talk()), message=message)
    assert result.status == 65 and "--allow-long-lines" in result.sentence
    result = text(pneu, scripted(Talk()), "--allow-long-lines",
                  message=message)
    assert result.status == 0, result.err


# Hints


def test_tls_that_must_be_passed_on(pneu: Pneu, scripted: Start) -> None:
    result = text(pneu, scripted(Talk(EVERYTHING)), "--require-tls")
    assert result.status == 77
    assert "--require-tls" in result.sentence
    assert "--tls starttls" in result.sentence
    assert "cleartext" not in result.sentence


def test_proxy_that_is_not_there(pneu: Pneu) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = pneu.send(Place("127.0.0.1", 25), "--proxy", url)
    assert result.status == 75
    assert "--proxy" in result.json["error"]["hint"]
    assert "--host" not in result.json["error"]["hint"]


@pytest.mark.parametrize("kind", [Socks5, Http])
@pytest.mark.parametrize("login", ["ann:wrong", ""])
def test_proxy_that_refuses_the_password(pneu: Pneu, kind: type[Proxy],
                                         login: str) -> None:
    with kind(user="ann", password="right") as proxy:
        url = proxy.url(login) if login else proxy.url()
        result = pneu.send(Place("127.0.0.1", 25), "--proxy", url)
    assert result.status == 77 == result.json["exit"]
    assert "the password" in result.json["error"]["hint"]
    assert "--proxy" in result.json["error"]["hint"]


@pytest.mark.parametrize("source", ["192.0.2.1", "::1"])
def test_source_that_cannot_be_used(pneu: Pneu, scripted: Start,
                                    source: str) -> None:
    result = pneu.send(scripted(Talk()), "--source", source)
    assert result.status == 75
    assert "check --source" in result.json["error"]["hint"]


def under_tls(certificate: Certificate,
              prepare: Callable[[ssl.SSLContext], None]) -> Talk:
    class Protected(Talk):
        def __call__(self, peer: Peer) -> None:
            peer.encrypt(certificate, prepare)
            super().__call__(peer)
    return Protected()


def test_client_certificate_that_is_wanted(
        pneu: Pneu, scripted: Start, authority: Authority,
        certificate: Certificate) -> None:
    def ask(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.file)

    result = pneu.send(scripted(under_tls(certificate, ask)), "--tls",
                       "implicit", "--ca-file", authority.file)
    assert result.status == 77
    assert "--cert" in result.json["error"]["hint"]


@pytest.mark.parametrize("options", [["--min-tls", "1.3"], [
    "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"]], ids=lambda words: words[0])
def test_no_version_and_no_cipher_in_common(
        pneu: Pneu, scripted: Start, authority: Authority,
        certificate: Certificate, options: list[str]) -> None:
    def old(context: ssl.SSLContext) -> None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2

    result = pneu.send(scripted(under_tls(certificate, old)), "--tls",
                       "implicit", "--ca-file", authority.file, *options)
    assert result.status == 77
    assert options[0] in result.json["error"]["hint"]


def test_issuer_that_is_not_known_though_the_pin_fits(
        pneu: Pneu, scripted: Start, certificate: Certificate) -> None:
    talk = Talk(["STARTTLS"], certificate=certificate)
    result = pneu.send(scripted(talk), "--tls", "starttls", "--pin",
                       pin_of(certificate))
    assert result.status == 77
    assert "--ca-file" in result.json["error"]["hint"]
    assert "pin" not in result.json["error"]["hint"]


@pytest.mark.parametrize("options, hint", [
    (["--mechanism", "ANONYMOUS"], "ANONYMOUS"),
    ([*LOGIN, "--authorize-as", "cyd", "--mechanism", "PLAIN"],
     "--authorize-as")])
def test_login_that_is_refused(pneu: Pneu, scripted: Start,
                               options: list[str], hint: str) -> None:
    talk = Talk(["AUTH PLAIN ANONYMOUS"],
                answers={"AUTH": "535 5.7.8 no"})
    result = pneu.send(scripted(talk), *options, environment=PASSWORD)
    assert result.status == 77
    assert hint in result.json["error"]["hint"]
    assert result.json["error"]["hint"] != "check --user and the password"


def test_mechanism_that_is_offered_inside_tls_alone(
        pneu: Pneu, scripted: Start) -> None:
    talk = Talk(["STARTTLS", "AUTH CRAM-MD5"])
    result = pneu.send(scripted(talk), *LOGIN, "--mechanism", "PLAIN",
                       "--tls", "none", environment=PASSWORD)
    assert result.status == 77
    assert "--tls starttls" in result.json["error"]["hint"]


# The exit status


LIMITS = [["--hold-for", "99999999"], ["--hold-until",
                                       "2099-01-01T00:00:00Z"],
          ["--deliver-by", "5", "--deliver-by-mode", "return"]]


@pytest.mark.parametrize("options", LIMITS, ids=lambda words: words[0])
def test_limit_of_the_server(pneu: Pneu, scripted: Start,
                             options: list[str]) -> None:
    # RFC 4865 3, RFC 2852 4
    result = pneu.send(scripted(Talk(EVERYTHING)), *options)
    assert result.status == 69 == result.json["exit"]
    assert result.json["error"]["message"].startswith(options[0])
    assert "pneu info" in result.json["error"]["hint"]
    result = text(pneu, scripted(Talk(EVERYTHING)), *options)
    assert result.status == 69 and "--help" not in result.err


@pytest.mark.parametrize("options", LIMITS, ids=lambda words: words[0])
def test_limit_in_a_preflight(pneu: Pneu, scripted: Start,
                              options: list[str]) -> None:
    result = text(pneu, scripted(Talk(EVERYTHING)), "--preflight", *options)
    assert result.status == 69 and options[0] in result.err
    assert "--help" not in result.err


def test_preflight_lists_no_help(pneu: Pneu, scripted: Start) -> None:
    result = text(pneu, scripted(Talk([])), "--preflight",
                  "--rcpt-parameters", "x" * 4000, "--notify", "never")
    assert result.status != 0 and "--notify" in result.err
    assert "--help" not in result.err


# The table of pneu-send(1): who sends all of it again at 75 brings it to
# nobody twice.
@pytest.mark.parametrize("rules, status", [
    (["--defer", CYD], 69), (["--refuse", CYD], 69),
    (["--refuse", BOB, "--refuse", CYD], 69),
    (["--refuse", BOB, "--defer", CYD], 75),
    (["--defer", BOB, "--defer", CYD], 75)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value)
def test_status_of_several(pneu: Pneu, sink: StartSink, rules: list[str],
                           status: int) -> None:
    result = pneu.send(sink(*rules), to=[BOB, CYD])
    assert result.status == status == result.json["exit"]


@pytest.fixture
def locked(tmp_path: Path, certificate: Certificate) -> Path:
    path = tmp_path / "locked.key"
    openssl("pkcs8", "-topk8", "-in", str(certificate.key), "-out", str(path),
            "-passout", "pass:open it")
    return path


@pytest.mark.parametrize("options, said", [
    ([], "encrypted"), (["--key-password-env", "WRONG"], "wrong")])
def test_key_that_stays_closed(
        pneu: Pneu, scripted: Start, certificate: Certificate, locked: Path,
        options: list[str], said: str) -> None:
    server = scripted(Talk())
    result = pneu.send(server, "--tls", "starttls", "--cert",
                       certificate.chain, "--key", locked, *options,
                       environment={"WRONG": "shut it"})
    assert result.status == 65 == result.json["exit"]
    assert said in result.sentence
    assert "--key-password-file" in result.sentence
    assert "shut it" not in result.everything
    assert server.connections == 0


def test_key_of_another(pneu: Pneu, scripted: Start, misnamed: Certificate,
                        certificate: Certificate) -> None:
    server = scripted(Talk())
    result = pneu.send(server, "--tls", "starttls", "--cert",
                       certificate.chain, "--key", misnamed.key)
    assert result.status == 65 == result.json["exit"]
    assert "--key" in result.sentence and "--cert" in result.sentence
    assert server.connections == 0


@pytest.mark.parametrize("options", [
    ["--pin", "sha256//" + 43 * "A" + "="], ["--cert", "x.pem"]],
    ids=lambda words: words[0])
def test_tls_options_without_tls(pneu: Pneu, scripted: Start,
                                 options: list[str]) -> None:
    server = scripted(Talk())
    result = pneu.send(server, "--tls", "none", *options)
    assert result.status == 64 and result.out == ""
    assert f"{options[0]} cannot go with --tls none" in result.sentence
    assert server.connections == 0


# The words


@pytest.mark.parametrize("options", [
    ["--hold-for", "1"], ["--hold-until", "2029-01-01T00:00:00Z"],
    ["--submitter", ANN], ["--notify", "never"], ["--ret", "full"],
    ["--envid", "x"], ["--orcpt", BOB], ["--deliver-by", "9"],
    ["--priority", "1"], ["--body", "8bit"]], ids=lambda words: words[0])
def test_options_are_named_as_they_were_given(
        pneu: Pneu, scripted: Start, options: list[str]) -> None:
    result = pneu.send(scripted(Talk([])), *options)
    assert result.status == 69
    assert f": {options[0]} " in result.json["error"]["message"]


@pytest.mark.parametrize("option", ["--ciphers", "--ciphersuites"])
def test_cipher_that_is_none(pneu: Pneu, option: str) -> None:
    result = pneu.send(Place("127.0.0.1", 25), option, "no-such")
    assert result.status == 64
    assert result.sentence.startswith(f"pneu send: {option}: ")


@pytest.mark.parametrize("options, sent", [
    (["--ret", "FULL"], "RET=FULL"), (["--ret", "Headers"], "RET=HDRS"),
    (["--notify", "NEVER"], "NOTIFY=NEVER")])
def test_any_case(pneu: Pneu, scripted: Start, options: list[str],
                  sent: str) -> None:
    server = scripted(Talk(EVERYTHING))
    assert pneu.send(server, *options).status == 0
    assert any(line.endswith(f" {sent}") for line in server.lines())


def test_no_debugging(pneu: Pneu, scripted: Start) -> None:
    result = text(pneu, scripted(Talk()), "--debug", "0")
    assert result.status == 0 and result.err == ""


def test_submitter_that_is_empty(pneu: Pneu, scripted: Start) -> None:
    result = pneu.send(scripted(Talk(EVERYTHING)), "--submitter", "")
    assert result.status == 64 and "--submitter" in result.sentence


def test_a_reason_for_all_is_told_once(pneu: Pneu, scripted: Start) -> None:
    talk = Talk(greeting="554 5.3.2 not today, thanks")
    result = text(pneu, scripted(talk), "--to", CYD)
    assert result.status != 0
    assert result.everything.count("not today") == 1
    assert [line.split() for line in result.out.splitlines()] == [
        ["not", "tried", BOB], ["not", "tried", CYD]]


def test_a_code_is_shown_once(pneu: Pneu, scripted: Start) -> None:
    # RFC 5321 3.8
    talk = Talk(answers={"MAIL": "421 4.3.2 going down"})
    result = text(pneu, scripted(talk))
    assert result.status == 75
    assert all(line.count("421") <= 1 for line in result.out.splitlines())
    assert result.everything.count("going down") == 1, result.everything
