"""The command as a program among others: closed descriptors, signals, what it
advises, and what it says of itself."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu
from servers.scripted import CLOSE, SILENCE, Scripted, Talk, verbs

ANN = "ann@example.com"
BOB = "bob@example.com"
LETTER = b"Subject: a test\n\nHello.\n"
Start = Callable[..., Scripted]


def send_words(pneu: Pneu, server: Scripted, *more: str) -> list[str]:
    return [str(pneu.program), "send", "--host", server.host, "--port",
            str(server.port), "--from", ANN, "--to", BOB, "--subject", "x",
            "--text", "Hello.", *more]


# Closed descriptors


@pytest.mark.parametrize("closed, status", [
    ("<&-", 0), (">&-", 74), ("2>&-", 0), (">&- 2>&-", 74),
    ("<&- >&- 2>&-", 74)])
def test_closed_descriptor_gets_nothing_into_the_line(
        pneu: Pneu, scripted: Start, closed: str, status: int) -> None:
    server = scripted(Talk())
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh",
         *send_words(pneu, server, "-v")], capture_output=True, timeout=30)
    assert done.returncode == status, done.stderr
    assert verbs(server)[0] == "EHLO"
    assert b"accepted" not in server.said and b"->" not in server.said
    assert b"\nHello.\r\n.\r\n" in server.said
    assert server.said.endswith(b"\r\n.\r\nQUIT\r\n")


def test_message_from_a_closed_standard_input(pneu: Pneu,
                                              scripted: Start) -> None:
    server = scripted(Talk())
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", pneu.program, "send", "--host",
         server.host, "--port", str(server.port), "--from", ANN, "--to", BOB,
         "--message", "-"], capture_output=True, timeout=30)
    assert done.returncode == 66
    assert b"standard input" in done.stderr
    assert server.said == b""


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["help"],
                                   ["send", "--help"], ["help", "verify"]],
                         ids=" ".join)
@pytest.mark.parametrize("out", [">/dev/full", ">&-"])
def test_help_that_cannot_be_written(pneu: Pneu, words: list[str],
                                     out: str) -> None:
    done = subprocess.run(["sh", "-c", f'exec "$@" {out}', "sh",
                           pneu.program, *words],
                          capture_output=True, timeout=30)
    assert done.returncode == 74
    assert b"standard output" in done.stderr


# Signals


def interrupt(server: Scripted, words: list[str], after: bytes,
              *numbers: int) -> tuple[int, str, str, float]:
    """Starts the command, and sends the signals once it has said that."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE) as run:
        end = time.monotonic() + 10
        while after not in server.said and time.monotonic() < end:
            time.sleep(0.01)
        begin = time.monotonic()
        for number in numbers:
            run.send_signal(number)
            time.sleep(0.2)
        out, err = run.communicate(timeout=30)
    return run.returncode, out, err, time.monotonic() - begin


@pytest.mark.parametrize("number, status", [
    (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_before_anything_was_taken(
        pneu: Pneu, scripted: Start, number: int, status: int) -> None:
    server = scripted(Talk(answers={"EHLO": SILENCE}))
    code, out, err, seconds = interrupt(
        server, send_words(pneu, server, "--json"), b"EHLO", number)
    result = json.loads(out)
    assert code == status == result["exit"], err
    assert result["status"] == "PNEU_CANCELLED"
    assert [row["outcome"] for row in result["recipients"]] == ["not tried"]
    assert result["recipients"][0]["may_resend"]
    assert signal.Signals(number).name in result["error"]["message"]
    assert result["recipients"][0]["text"] == result["error"]["message"]
    assert seconds < 5


def test_signal_when_the_end_of_the_message_was_sent(
        pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={".": SILENCE}))
    code, out, err, seconds = interrupt(
        server, send_words(pneu, server), b"\r\n.\r\n", signal.SIGINT)
    assert code == 130, err
    assert out.startswith(f"in doubt  {BOB}")
    assert err.startswith("pneu send: ")
    assert seconds < 9


def test_second_signal_ends_at_once(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={".": SILENCE}))
    code, out, err, seconds = interrupt(
        server, send_words(pneu, server), b"\r\n.\r\n", signal.SIGINT,
        signal.SIGTERM)
    assert code == 143
    assert err == ("pneu send: interrupted while the message was on its way: "
                   "it may have been delivered\n")
    assert seconds < 2


def test_interrupted_verify(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={"VRFY": SILENCE}))
    code, out, err, _ = interrupt(
        server, [str(pneu.program), "verify", "--json", "--host", server.host,
                 "--port", str(server.port), "ann", "bob"],
        b"VRFY", signal.SIGTERM)
    result = json.loads(out)
    assert code == 143 == result["exit"], err
    assert [row["outcome"] for row in result["addresses"]] == 2 * ["not asked"]


# What to do about it


def hint_of(pneu: Pneu, server: Scripted, *words: str) -> str:
    result = pneu.send(server, *words,
                       environment={"PNEU_TEST_PASSWORD": PASSWORD})
    assert result.status != 0
    return result.json["error"]["hint"] or ""


LOGIN = ["--user", "ann", "--password-env", "PNEU_TEST_PASSWORD"]


@pytest.mark.parametrize("mechanism, answer", [
    ("SCRAM-SHA-256", "235 2.7.0 welcome"), ("SCRAM-SHA-256", "334 ***"),
    ("SCRAM-SHA-256", "334 bm9uc2Vuc2U="),
], ids=["success too soon", "not base64", "nonsense"])
def test_hint_about_a_server_that_breaks_the_login(
        pneu: Pneu, scripted: Start, mechanism: str, answer: str) -> None:
    server = scripted(Talk([f"AUTH {mechanism}"], answers={
        "AUTH": answer, "*": "501 5.7.0 as you like"}))
    hint = hint_of(pneu, server, *LOGIN)
    assert "may not be the one" in hint
    assert "--mechanism" not in hint and "password" not in hint


@pytest.mark.parametrize("talk, words, wanted, unwanted", [
    (Talk(["AUTH PLAIN"], answers={"AUTH": "454 4.7.0 not now"}), LOGIN,
     "try again later", "password"),
    (Talk(["AUTH PLAIN"], answers={"AUTH": "535 5.7.8 no"}), LOGIN,
     "password", "later"),
    (Talk(), ["--tls", "starttls"], "--tls none", "--lmtp"),
    (Talk(), ["--tls", "starttls", *LOGIN], "--port", "--tls none"),
    (Talk(answers={"EHLO": "500 what?", "HELO": "500 what?"}), [],
     "give --lmtp", "leave"),
    (Talk(answers={"LHLO": "502 what?"}), ["--lmtp"], "leave out --lmtp",
     "give"),
    (Talk(greeting=CLOSE), [], "--host and --port", "password"),
    (Talk(greeting="hello there"), [], "--host and --port", "password"),
], ids=["454", "535", "no STARTTLS", "no STARTTLS, credentials", "EHLO",
        "LHLO", "no greeting", "not SMTP"])
def test_hint(pneu: Pneu, scripted: Start, talk: Talk, words: list[str],
              wanted: str, unwanted: str) -> None:
    hint = hint_of(pneu, scripted(talk), *words)
    assert wanted in hint
    assert unwanted not in hint


def test_530_under_tls_wants_a_user(pneu: Pneu, scripted: Start, authority,
                                    certificate) -> None:
    server = scripted(Talk(["STARTTLS"], certificate=certificate,
                           answers={"MAIL": "530 5.7.0 who are you?"}))
    hint = hint_of(pneu, server, "--tls", "starttls", "--ca-file",
                   str(authority.file))
    assert "--user" in hint and "--tls" not in hint


def test_missing_socket(pneu: Pneu, short_path: Path) -> None:
    result = pneu.run("send", "--host", short_path / "none", "--from", ANN,
                      "--to", BOB, "--message", "-", stdin=LETTER)
    assert result.status == 75
    assert "check the path after --host" in result.err
    assert "--port" not in result.err


def test_reason_stands_with_each_recipient(pneu: Pneu,
                                           scripted: Start) -> None:
    server = scripted(Talk(greeting="554 5.3.2 closed today"))
    result = pneu.send(server, to=[BOB, "cyd@example.com"])
    assert [row["text"] for row in result.json["recipients"]] == \
        2 * [result.json["error"]["message"]]
    assert "closed today" in result.json["error"]["message"]


def test_nobody_accepted(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(answers={"RCPT": "550 5.1.1 unknown"}))
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, "--message", "-",
                      stdin=LETTER)
    assert "pneu send: not accepted: 1 refused for good\n" in result.err


# Files


@pytest.mark.parametrize("command", ["send", "verify"])
@pytest.mark.parametrize("content, status", [
    (None, 66), (b"", 65), (b"no certificate\n", 65)],
    ids=["missing", "empty", "text"])
def test_ca_file_is_looked_into_first(
        pneu: Pneu, scripted: Start, tmp_path: Path, command: str,
        content: bytes | None, status: int) -> None:
    server = scripted(Talk())
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    words = [BOB] if command == "verify" else ["--from", ANN, "--to", BOB,
                                               "--message", "-"]
    result = pneu.run(command, "--host", server.host, "--port", server.port,
                      "--json", "--ca-file", file, *words, stdin=LETTER)
    assert result.status == status == result.json["exit"]
    assert str(file) in result.json["error"]["message"]
    assert server.connections == 0


@pytest.mark.parametrize("source", ["file", "command"])
def test_empty_password(pneu: Pneu, scripted: Start, source: str,
                        password_file: Callable[[str], Path]) -> None:
    server = scripted(Talk())
    value = str(password_file("")) if source == "file" else "true"
    result = pneu.send(server, "--user", "ann", f"--password-{source}", value)
    assert result.status == 66 == result.json["exit"]
    assert f"--password-{source}" in result.sentence
    assert server.connections == 0


# The command line


def test_help_about_help(pneu: Pneu) -> None:
    result = pneu.run("help", "help")
    assert result.status == 0
    assert result.out == pneu.run("--help").out


def test_surplus_word_after_help(pneu: Pneu) -> None:
    result = pneu.run("help", "send", "mail")
    assert result.status == 64
    assert '"mail"' in result.err and result.out == ""


@pytest.mark.parametrize("words", [["--password", PASSWORD],
                                   [f"--password={PASSWORD}"]])
def test_password_as_an_option(pneu: Pneu, words: list[str]) -> None:
    result = pneu.run("send", *words)
    assert result.status == 64
    assert "--password-env, --password-file or --password-command" in \
        result.sentence
    assert PASSWORD not in result.everything


@pytest.mark.parametrize("host, words", [
    ("[::1", "brackets"), ("[::1]x", "brackets"), ("::1]", "brackets"),
    ("localhost:25:30", "more than one colon"), ("smtp://x:25", "URL"),
    ("[::1]:25:30", "brackets")])
def test_malformed_host(pneu: Pneu, host: str, words: str) -> None:
    result = pneu.run("verify", "--host", host, BOB)
    assert result.status == 64
    assert "--host" in result.sentence and words in result.sentence


@pytest.mark.parametrize("form", ["::1", "[::1]"])
def test_host_without_a_port_in_it(pneu: Pneu, form: str) -> None:
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        result = pneu.run("verify", "--host", form, "--port",
                          taken.getsockname()[1], BOB)
    assert result.status == 75


def test_verify_of_an_address_that_is_not_ascii(pneu: Pneu,
                                                scripted: Start) -> None:
    """RFC 6531 3.7.4.2"""
    server = scripted(Talk(["SMTPUTF8"]))
    result = pneu.run("verify", "--host", server.host, "--port", server.port,
                      BOB, "jörg@example.com")
    assert result.status == 0, result.everything
    assert [line for line in server.lines() if line.startswith("VRFY")] == \
        [f"VRFY {BOB}", "VRFY jörg@example.com SMTPUTF8"]


def test_verify_where_smtputf8_is_not_offered(pneu: Pneu,
                                              scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.run("verify", "--host", server.host, "--port", server.port,
                      "jörg@example.com")
    assert result.status == 69, result.everything
    assert "SMTPUTF8" in result.sentence
    assert "VRFY" not in verbs(server)
