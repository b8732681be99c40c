"""What is wrong on the command line, in an address, in a file or in the
message ends with one clear sentence, and nothing is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu
from servers.scripted import Scripted, Talk, verbs

ANN = "ann@example.com"
BOB = "bob@example.com"
LETTER = b"Subject: a test\n\nHello.\n"
Start = Callable[..., Scripted]


# Addresses and messages


BAD_ADDRESSES = [
    "bob@", "@example.com", "bob@exa mple.com", "bob@example..com",
    "<bob@example.com", "bob bob@example.com", "bob@example.com>",
    "bob@-example.com", "a" * 300 + "@example.com",
    "bob@example.com\r\nRCPT TO:<eve@example.com>", "bob@example.com\nX: y",
]


@pytest.mark.parametrize("option, address", [
    *[("--from", address) for address in BAD_ADDRESSES],
    *[("--to", address) for address in ["", *BAD_ADDRESSES]]])
def test_bad_address(pneu: Pneu, scripted: Start, option: str,
                     address: str) -> None:
    server = scripted(Talk())
    envelope = {"--from": ANN, "--to": BOB, option: address}
    words = [word for pair in envelope.items() for word in pair]
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      *words, "--message", "-", stdin=LETTER)
    assert result.status == 65, result.err
    broken = "\n" in address
    assert (option if broken else address[:20]) in result.sentence
    assert ("line break" in result.sentence) == broken
    assert server.said == b""


def test_one_bad_address_among_good_ones_sends_nothing(
        pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.send(server, to=[BOB, "cyd@", "dan@example.com"])
    assert result.status == 65
    assert "cyd@" in result.sentence
    assert server.said == b""


@pytest.mark.parametrize("message, words", [
    (b"Subject: x\n\n" + b"x" * 999 + b"\n", "line 3"),
    (b"Subject: x\n\nnul \0 here\n", "NUL"),
], ids=["long line", "NUL"])
def test_message_that_cannot_be_sent(pneu: Pneu, scripted: Start,
                                     message: bytes, words: str) -> None:
    server = scripted(Talk())
    result = pneu.send(server, message=message)
    assert result.status == 65
    assert words in result.sentence
    assert server.said == b""


def test_8bit_message_where_it_is_not_offered(pneu: Pneu,
                                              scripted: Start) -> None:
    server = scripted(Talk(["PIPELINING"]))
    result = pneu.send(server, message="Subject: x\n\nKöln\n".encode())
    assert result.status in (65, 69)
    assert "8BITMIME" in result.sentence
    assert "MAIL" not in verbs(server)


def test_utf8_address_where_it_is_not_offered(pneu: Pneu,
                                              scripted: Start) -> None:
    server = scripted(Talk(["8BITMIME"]))
    result = pneu.send(server, to=["jörg@example.com"])
    assert result.status in (65, 69)
    assert "SMTPUTF8" in result.sentence
    assert "MAIL" not in verbs(server)


@pytest.mark.parametrize("option, value", [
    ("--subject", "x\r\nBcc: eve@example.com"), ("--subject", "x\nBcc: eve"),
    ("--subject", "x\rBcc: eve"),
])
def test_header_cannot_be_injected(pneu: Pneu, scripted: Start, option: str,
                                   value: str) -> None:
    server = scripted(Talk())
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, option, value, "--text", "x")
    assert result.status == 65
    assert option in result.sentence and "line break" in result.sentence
    assert server.said == b""


def test_helo_name_cannot_inject(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.send(server, "--helo", "me\r\nMAIL FROM:<eve@example.com>")
    assert result.status in (64, 65)
    assert "line break" in result.sentence
    assert server.said == b""


# Files


@pytest.mark.parametrize("option", ["--message", "--attach",
                                    "--password-file", "--ca-file"])
def test_missing_file(pneu: Pneu, scripted: Start, tmp_path: Path,
                      option: str) -> None:
    server = scripted(Talk())
    missing = tmp_path / "not-here"
    words = {"--message": [], "--attach": ["--subject", "x", "--text", "y"],
             "--password-file": ["--user", "ann", "--message", "-"],
             "--ca-file": ["--tls", "starttls", "--message", "-"]}[option]
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, *words, option, missing,
                      stdin=LETTER)
    assert result.status == 66, result.err
    assert str(missing) in result.sentence
    assert "No such file" in result.sentence
    assert "MAIL" not in verbs(server)


def test_folder_for_a_message(pneu: Pneu, scripted: Start,
                              tmp_path: Path) -> None:
    server = scripted(Talk())
    result = pneu.run("send", "--host", server.host, "--port", server.port,
                      "--from", ANN, "--to", BOB, "--message", tmp_path)
    assert result.status == 66
    assert str(tmp_path) in result.sentence and "irectory" in result.sentence
    assert server.said == b""


# The command line


@pytest.mark.parametrize("words, said", [
    (["sedn"], "send"), (["verfy"], "verify"), (["snik"], "sink"),
    (["send", "--hots", "x"], "--host"), (["send", "--form", "x"], "--from"),
    (["send", "--passwordfile", "x"], "--password-file"),
    (["verify", "--prot", "25"], "--port"), (["sink", "--maildri", "x"],
                                             "--maildir"),
])
def test_mistyped_word_gets_a_suggestion(pneu: Pneu, words: list[str],
                                         said: str) -> None:
    result = pneu.run(*words)
    assert result.status == 64
    assert words[-2 if len(words) > 2 else -1] in result.sentence
    assert "did you mean" in result.sentence and said in result.sentence
    assert result.out == ""


@pytest.mark.parametrize("words", [
    ["--port", "0"], ["--port", "99999"], ["--port", "smtp!"],
    ["--port", "-25"], ["--timeout", "-1"], ["--timeout", "soon"],
    ["--deadline", "1x"], ["--tls", "strattls"], ["--password", PASSWORD],
    ["--port"], ["--unknown-thing"],
], ids=" ".join)
def test_bad_option(pneu: Pneu, words: list[str]) -> None:
    result = pneu.run("send", "--host", "127.0.0.1", "--from", ANN, "--to",
                      BOB, "--message", "-", *words, stdin=LETTER)
    assert result.status == 64, result.err
    assert words[0] in result.sentence
    assert PASSWORD not in result.everything


@pytest.mark.parametrize("left_out", ["--to", "--message"])
def test_what_is_missing_is_named(pneu: Pneu, left_out: str) -> None:
    words = {"--to": BOB, "--message": "-"}
    del words[left_out]
    result = pneu.run("send", "--host", "127.0.0.1", "--from", ANN,
                      *[word for pair in words.items() for word in pair],
                      stdin=LETTER)
    assert result.status == 64
    assert left_out in result.sentence


@pytest.mark.parametrize("words", [[], ["send"], ["verify"], ["sink"]],
                         ids=lambda words: " ".join(words) or "pneu")
def test_help(pneu: Pneu, words: list[str]) -> None:
    result = pneu.run(*words, "--help")
    assert result.status == 0
    assert " ".join(["pneu", *words]) in result.out
    assert result.err == ""
