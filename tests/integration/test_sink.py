"""The command and `pneu sink` together: hard messages, many recipients, each
way to protect the line and to authenticate."""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from messages import MESSAGES
from runner import Pneu
from servers.certificates import Certificate
from servers.maildir import as_stored
from servers.sink import Sink

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
USERS = {ANN: PASSWORD}
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]
PLUS = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"]
DOTS = MESSAGES["dots"].replace(b"\n", b"\r\n")
Start = Callable[..., Sink]


@pytest.fixture
def credentials(password_file: Callable[[str], Path]) -> list[str | Path]:
    return ["--user", ANN, "--password-file", password_file(PASSWORD)]


# Messages


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize("how", ["pipelining", "lock-step"])
def test_content_arrives_octet_by_octet(pneu: Pneu, sink: Start, name: str,
                                        how: str) -> None:
    server = sink(*[] if how == "pipelining" else ["--without", "PIPELINING"])
    result = pneu.send(server, message=MESSAGES[name])
    assert result.status == 0, result.err
    letter = server.letter()
    assert letter.content == as_stored(MESSAGES[name])
    assert letter.field("Return-Path") == f"<{ANN}>"
    assert letter.fields("X-Pneu-Recipient") == [f"<{BOB}>"]


def test_empty_message(pneu: Pneu, sink: Start) -> None:
    server = sink()
    result = pneu.send(server, message=b"")
    assert result.status == 0, result.err
    assert server.letter().content.strip(b"\n") == b""


def test_bare_line_ends_become_crlf(pneu: Pneu, sink: Start) -> None:
    # The sink refuses content in which a CR or an LF stands alone.
    server = sink()
    message = b"Subject: mixed\r\n\none\rtwo\nthree\r\n.\rfour\n\r.\n"
    result = pneu.send(server, message=message)
    assert result.status == 0, result.err
    assert server.letter().content == (
        b"Subject: mixed\n\none\ntwo\nthree\n.\nfour\n\n.\n")


def test_message_from_a_file(pneu: Pneu, sink: Start, tmp_path: Path) -> None:
    server = sink()
    path = tmp_path / "letter.eml"
    path.write_bytes(MESSAGES["dots"])
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, "--message", path)
    assert result.status == 0, result.err
    assert server.letter().content == as_stored(MESSAGES["dots"])


# Recipients


def test_a_hundred_thousand_recipients(pneu: Pneu, sink: Start,
                                       tmp_path: Path) -> None:
    server = sink("--quiet")
    to = [f"user{number}@example.com" for number in range(100_000)]
    path = tmp_path / "recipients"
    path.write_text("\n".join(to) + "\n")
    result = pneu.send(server, "--to-file", path, to=[], timeout=50)
    assert result.status == 0, result.err[-2000:]
    assert [row["address"] for row in result.json["recipients"]] == to
    assert set(result.kinds().values()) == {"accepted"}
    letters = server.letters()
    assert len(letters) == 1000
    assert all(len(letter.fields("X-Pneu-Recipient")) == 100
               for letter in letters)
    arrived = [address for letter in letters
               for address in letter.fields("X-Pneu-Recipient")]
    assert sorted(arrived) == sorted(f"<{address}>" for address in to)


def test_some_refused_and_deferred(pneu: Pneu, sink: Start) -> None:
    server = sink("--refuse", "gone@example.com", "--defer",
                  "later@example.com", "--refuse",
                  "odd@example.com=553 5.1.3 What an address!")
    to = [BOB, "gone@example.com", "later@example.com", "odd@example.com", CYD]
    result = pneu.send(server, to=to)
    assert result.status == 69
    assert [row["outcome"] for row in result.json["recipients"]] == [
        "accepted", "refused for good", "refused for now",
        "refused for good", "accepted"]
    assert result.outcomes["odd@example.com"]["code"] == 553
    assert "What an address!" in result.outcomes["odd@example.com"]["text"]
    assert server.letter().fields("X-Pneu-Recipient") == [f"<{BOB}>",
                                                          f"<{CYD}>"]


def test_only_deferred_may_be_tried_again(pneu: Pneu, sink: Start) -> None:
    server = sink("--defer", "*@example.com")
    result = pneu.send(server, to=[BOB, CYD])
    assert result.status == 75
    assert not server.letters()


def test_452_takes_the_rest_into_the_next_transaction(pneu: Pneu,
                                                      sink: Start) -> None:
    server = sink("--max-recipients", "7")
    to = [f"user{number}@example.com" for number in range(24)]
    result = pneu.send(server, to=to)
    assert result.status == 0, result.err
    sizes = [len(letter.fields("X-Pneu-Recipient"))
             for letter in server.letters()]
    assert sorted(sizes) == [3, 7, 7, 7]
    arrived = [address for letter in server.letters()
               for address in letter.fields("X-Pneu-Recipient")]
    assert sorted(arrived) == sorted(f"<{address}>" for address in to)


def test_sender_data_and_content_refused(pneu: Pneu, sink: Start) -> None:
    for option, words in [
            (f"--refuse-sender={ANN}", "Sender refused"),
            ("--refuse-data=554 5.3.2 No data today", "No data today"),
            ("--refuse-content=554 5.7.1 I have read it", "I have read it")]:
        server = sink(option)
        result = pneu.send(server, to=[BOB, CYD])
        assert result.status == 69, option
        assert set(result.kinds().values()) == {"refused for good"}
        assert words in result.outcomes[CYD]["text"]
        assert not server.letters()


# Protection and authentication


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
def test_tls(pneu: Pneu, sink: Start, mode: str) -> None:
    server = sink(tls=mode)
    for host in ("127.0.0.1", "localhost"):
        server.host = host
        result = pneu.send(server, "--tls", mode, "--ca-file",
                           server.ca_file, "-v",
                           message=MESSAGES["1 MiB of dots"])
        assert result.status == 0, result.err
        assert ("STARTTLS" in result.sent()) == (mode == "starttls")
    assert [letter.content for letter in server.letters()] == [
        as_stored(MESSAGES["1 MiB of dots"])] * 2


@pytest.mark.parametrize("mode, mechanism", [
    *[(mode, mechanism) for mode in ("starttls", "implicit")
      for mechanism in MECHANISMS + PLUS],
    *[(None, mechanism) for mechanism in MECHANISMS]])
def test_each_mechanism(pneu: Pneu, sink: Start,
                        credentials: list[str | Path], mode: str | None,
                        mechanism: str) -> None:
    server = sink("--require-auth", *[] if mode else
                  ["--allow-cleartext-auth"], tls=mode, users=USERS)
    trust = ["--tls", mode, "--ca-file", server.ca_file] if mode else []
    result = pneu.send(server, *trust, *credentials, "-v", "--mechanism",
                       mechanism)
    assert result.status == 0, result.err
    assert any(line.split(" ")[:2] == ["AUTH", mechanism]
               for line in result.sent()), result.err
    assert len(server.letters()) == 1


@pytest.mark.parametrize("limit", ["1.2", "1.3"])
def test_channel_binding_is_preferred(pneu: Pneu, sink: Start,
                                      credentials: list[str | Path],
                                      limit: str) -> None:
    # RFC 9266 2 under TLS 1.3, RFC 5929 3 under TLS 1.2
    server = sink("--require-auth", "--tls-max", limit, tls="starttls",
                  users=USERS)
    result = pneu.send(server, "--tls", "starttls", "--ca-file",
                       server.ca_file, *credentials, "-v")
    assert result.status == 0, result.err
    assert any(line.startswith("AUTH SCRAM-SHA-256-PLUS")
               for line in result.sent()), result.err


@pytest.mark.parametrize("mechanism", MECHANISMS + PLUS)
def test_wrong_password(pneu: Pneu, sink: Start, mechanism: str,
                        password_file: Callable[[str], Path]) -> None:
    server = sink("--require-auth", tls="starttls", users=USERS)
    result = pneu.send(server, "--tls", "starttls", "--ca-file",
                       server.ca_file, "--user", ANN, "--password-file",
                       password_file(PASSWORD + "!"), "--mechanism",
                       mechanism, "-v")
    assert result.status == 77, result.err
    assert "password" in result.sentence
    assert not any(line.startswith("MAIL") for line in result.sent())
    assert not server.letters()


def test_auth_that_is_required(pneu: Pneu, sink: Start) -> None:
    server = sink("--require-auth", "--allow-cleartext-auth", users=USERS)
    result = pneu.send(server)
    assert result.status == 69
    assert "530" in result.everything
    assert "--user" in result.everything
    assert not server.letters()


# LMTP


def test_lmtp_over_tcp(pneu: Pneu, sink: Start) -> None:
    server = sink("--lmtp", "--refuse", "gone@example.com",
                  "--refuse-delivery", "full@example.com")
    to = [BOB, "gone@example.com", "full@example.com", CYD]
    result = pneu.send(server, "--lmtp", to=to)
    assert result.status == 69
    assert [row["outcome"] for row in result.json["recipients"]] == [
        "accepted", "refused for good", "refused for good", "accepted"]
    assert "Mailbox full" in result.outcomes["full@example.com"]["text"]
    arrived = {address for letter in server.letters()
               for address in letter.fields("X-Pneu-Recipient")}
    assert {f"<{BOB}>", f"<{CYD}>"} <= arrived
    assert "<gone@example.com>" not in arrived


@pytest.mark.parametrize("name", ["dots", "1 MiB of dots"])
def test_lmtp_over_a_unix_socket(pneu: Pneu, sink: Start, short_path: Path,
                                 name: str) -> None:
    server = sink("--lmtp", unix=short_path / "lmtp")
    result = pneu.send(server, "--lmtp", to=[BOB, CYD],
                       message=MESSAGES[name])
    assert result.status == 0, result.err
    assert {letter.content for letter in server.letters()} == {
        as_stored(MESSAGES[name])}


def test_smtp_over_a_unix_socket_with_auth(pneu: Pneu, sink: Start,
                                           short_path: Path,
                                           credentials: list[str | Path]
                                           ) -> None:
    server = sink("--require-auth", "--allow-cleartext-auth", users=USERS,
                  unix=short_path / "smtp")
    result = pneu.send(server, *credentials)
    assert result.status == 0, result.err
    assert len(server.letters()) == 1


# A message composed by the command


def test_composed_message(pneu: Pneu, sink: Start, tmp_path: Path) -> None:
    from email import message_from_bytes, policy
    server = sink()
    attachment = tmp_path / "Grüße.bin"
    attachment.write_bytes(bytes(range(256)) * 40)
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, "--to", CYD, "--subject",
                      "Grüße an alle", "--text", "Hallo.\n.\nEnde.",
                      "--attach", attachment)
    assert result.status == 0, result.err
    arrived = message_from_bytes(server.letter().content,
                                 policy=policy.default)
    assert arrived["Subject"] == "Grüße an alle"
    assert arrived["From"] == ANN
    assert BOB in arrived["To"] and CYD in arrived["To"]
    assert arrived["Date"] and arrived["Message-ID"]
    text = arrived.get_body().get_content()
    assert text.strip() == "Hallo.\n.\nEnde."
    enclosed, = arrived.iter_attachments()
    assert enclosed.get_filename() == "Grüße.bin"
    assert enclosed.get_payload(decode=True) == attachment.read_bytes()


# VRFY, and the sink as others see it


def test_verify(pneu: Pneu, sink: Start) -> None:
    server = sink("--mailbox", "Doug Hellmann <dhellmann@mail.example.com>")
    here = ["--host", server.host, "--port", server.port]
    known = pneu.run("verify", *here, "dhellmann")
    assert known.status == 0, known.err
    assert "250" in known.out
    assert "Doug Hellmann <dhellmann@mail.example.com>" in known.out
    unknown = pneu.run("verify", *here, "notthere")
    assert unknown.status == 69
    assert "550" in unknown.out and "notthere" in unknown.out


def test_smtplib_can_use_it(sink: Start) -> None:
    server = sink("--refuse", "gone@example.com", tls="starttls",
                  users={ANN: "plain letters"})
    with smtplib.SMTP("localhost", server.port, timeout=10) as line:
        line.starttls(context=ssl.create_default_context(
            cafile=str(server.ca_file)))
        line.login(ANN, "plain letters")
        refused = line.sendmail(ANN, [BOB, "gone@example.com"], DOTS)
    assert refused["gone@example.com"][0] == 550
    assert server.letter().content == as_stored(DOTS)


def test_smtplib_lmtp_can_use_it(sink: Start, short_path: Path) -> None:
    server = sink("--lmtp", unix=short_path / "lmtp")
    with smtplib.LMTP(str(short_path / "lmtp"), timeout=10) as line:
        line.sendmail(ANN, [BOB], DOTS)
    assert server.letter().content == as_stored(MESSAGES["dots"])


def test_sink_ends_when_told(sink: Start) -> None:
    server = sink()
    server.stop()
    assert server.status == 0


# Typing by hand


TYPED = b"Subject: by hand\n\none\n..two\n.\n"


def type_by_hand(server: Sink, content: bytes, end: bytes) -> list[bytes]:
    """A dialogue whose lines end so; the replies, from the greeting on."""
    commands = [b"HELO me", b"MAIL FROM:<a@example.com>",
                b"RCPT TO:<b@example.com>", b"DATA"]
    replies = []
    with socket.create_connection((server.host, server.port), 10) as line, \
            line.makefile("rb") as heard:
        replies.append(heard.readline())
        for command in commands:
            line.sendall(command + end)
            replies.append(heard.readline())
        line.sendall(content)
        replies.append(heard.readline())
    return replies


def test_lenient_takes_lines_that_end_in_lf(sink: Start) -> None:
    server = sink("--lenient")
    replies = type_by_hand(server, TYPED, b"\n")
    assert [reply[:3] for reply in replies] == [
        b"220", b"250", b"250", b"250", b"354", b"250"]
    assert server.letter().content == b"Subject: by hand\n\none\n.two\n"


def test_lenient_takes_crlf_and_mixed_lines(sink: Start) -> None:
    server = sink("--lenient")
    for content in (TYPED.replace(b"\n", b"\r\n"),
                    TYPED.replace(b"one\n", b"one\r\n")):
        assert type_by_hand(server, content, b"\r\n")[-1][:3] == b"250"
    assert [letter.content for letter in server.letters()] == [
        b"Subject: by hand\n\none\n.two\n"] * 2


def test_lenient_still_refuses_a_bare_cr(sink: Start) -> None:
    server = sink("--lenient")
    assert type_by_hand(server, b"one\rtwo\n.\n", b"\n")[-1][:9] == (
        b"550 5.6.0")
    assert not server.letters()


def test_strict_content_does_not_end_by_lf(sink: Start) -> None:
    server = sink()
    replies = type_by_hand(server, TYPED + b"three\r\n.\r\n", b"\r\n")
    assert replies[-1][:9] == b"550 5.6.0"
    assert not server.letters()


# The command line


@pytest.mark.parametrize("arguments, sentence", [
    (["--prot"], "unknown option --prot; did you mean --port?"),
    (["-x"], "unknown option -x"),
    (["--port"], "option --port needs a value"),
    (["--print=1"], "option --print takes no value"),
    (["--p"], "option --p could be any of several; write it in full")])
def test_options_are_refused_as_by_the_other_commands(
        pneu: Pneu, arguments: list[str], sentence: str) -> None:
    result = pneu.run("sink", *arguments)
    assert result.status == 64
    assert result.err == (f"pneu sink: {sentence}\n"
                          "Try 'pneu sink --help'.\n")


def test_help_fits_and_ends_with_examples(pneu: Pneu) -> None:
    page = pneu.run("sink", "--he").out
    assert page.startswith("Usage: pneu sink [options]\n")
    assert max(map(len, page.splitlines())) <= 80
    sections = [line for line in page.splitlines()
                if line.endswith(":") and not line.startswith(" ")]
    assert sections[-1] == "Examples:"


def test_a_certificate_that_is_none(pneu: Pneu, tmp_path: Path) -> None:
    missing = pneu.run("sink", "--cert", tmp_path / "nosuch")
    assert missing.status == 66
    assert "No such file or directory" in missing.err
    path = tmp_path / "plain"
    path.write_text("This is no certificate.\n")
    plain = pneu.run("sink", "--cert", path)
    assert plain.status == 66
    assert "there is no PEM certificate in it" in plain.err


def test_a_key_that_is_none(pneu: Pneu, certificate: Certificate,
                            tmp_path: Path) -> None:
    path = tmp_path / "plain"
    path.write_text("This is no key.\n")
    result = pneu.run("sink", "--cert", certificate.chain, "--key", path)
    assert result.status == 66
    assert "there is no PEM private key in it" in result.err


def test_an_address_of_another_machine(pneu: Pneu) -> None:
    result = pneu.run("sink", "--listen", "203.0.113.9", "--port", "0")
    assert result.status == 69
    assert "this machine has no such address" in result.err
