"""`pneu send` and a person at a terminal: what it asks, what it shows while a
large message is on its way, and that none of it happens in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from email import message_from_bytes, policy
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Pneu
from servers.scripted import Scripted, Talk, verbs

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
LARGE = b"Subject: large\n\n" + 40_000 * (b"x" * 59 + b"\n")
Start = Callable[..., Scripted]


class Terminal:
    """A program whose standard input, output and error are a terminal, or
    only those that are named."""

    def __init__(self, words: list[str], *, out: bool = True,
                 **environment: str) -> None:
        self._master, slave = pty.openpty()
        self.shown = ""
        self._run = subprocess.Popen(
            words, stdin=slave, stdout=slave if out else subprocess.PIPE,
            stderr=slave, start_new_session=True,
            preexec_fn=lambda: _control(slave),
            env={**os.environ, "TERM": "xterm", **environment})
        os.close(slave)

    def wait_for(self, words: str) -> None:
        end = time.monotonic() + 10
        while words not in self.shown and time.monotonic() < end:
            if not self._read():
                break
        assert words in self.shown, self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode("utf-8"))

    def end(self) -> tuple[int, str]:
        """Reads to the end; the status, and what stood on standard output if
        that was no terminal."""
        while self._read():
            pass
        out, _ = self._run.communicate(timeout=20)
        os.close(self._master)
        return self._run.returncode, (out or b"").decode("utf-8")

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 20)[0]:
            return False
        try:
            octets = os.read(self._master, 65536)
        except OSError:  # nobody has the other end any more
            return False
        self.shown += octets.decode("utf-8", "replace")
        return bool(octets)


def _control(slave: int) -> None:
    """Makes it the controlling terminal, as a login does."""
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)


def words_for(pneu: Pneu, server: Scripted, *more: str) -> list[str]:
    return [str(pneu.program), "send", "--host", server.host, "--port",
            str(server.port), *more]


def content(server: Scripted) -> bytes:
    return server.said.partition(b"DATA\r\n")[2].partition(b"\r\n.\r\n")[0]


# Prompting


def test_all_is_asked(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server))
    terminal.wait_for("From: ")
    terminal.type(f"{ANN}\n")
    terminal.wait_for("To: ")
    terminal.type(f"{BOB} {CYD}\n")
    terminal.wait_for("^D")
    terminal.type("Hello.\n.\nBye.\n\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    header, _, body = content(server).partition(b"\r\n\r\n")
    assert f"From: {ANN}".encode() in header.splitlines()
    assert f"To: {BOB}, {CYD}".encode() in header.splitlines()
    assert {line.partition(b":")[0].lower() for line in header.splitlines()} \
        == {b"date", b"message-id", b"from", b"to", b"mime-version",
            b"content-type"}
    assert body == b"Hello.\r\n..\r\nBye."
    assert [line for line in server.lines() if line[:4] in ("MAIL", "RCPT")] \
        == [f"MAIL FROM:<{ANN}>", f"RCPT TO:<{BOB}>", f"RCPT TO:<{CYD}>"]
    for who in (BOB, CYD):
        assert re.search(f"accepted.*{re.escape(who)}  250", terminal.shown)


def test_only_what_is_missing_is_asked(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB))
    terminal.wait_for("^D")
    terminal.type("Hello.\n\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert "From: " not in terminal.shown and "To: " not in terminal.shown


def send_typed(pneu: Pneu, server: Scripted, typed: str) -> bytes:
    """The message that was sent when this was typed, then ^D."""
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB))
    terminal.wait_for("^D")
    terminal.type(typed + "\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert "CRITICAL" not in terminal.shown
    return content(server)


MADE = {"date", "message-id", "mime-version", "content-type"}


@pytest.mark.parametrize("typed, kept, added", [
    ("Subject: Plans", ["Subject: Plans"],
     [f"From: {ANN}", f"To: {BOB}"]),
    (f"From: Ann <{ANN}>\nSubject: a\n long one",
     [f"From: Ann <{ANN}>", "Subject: a", " long one"], [f"To: {BOB}"]),
    ("to: all\nfrom: me", ["to: all", "from: me"], []),
    ("X-Odd:   as it is\nDate: Mon, 2 Jan 2006 15:04:05 +0000\n"
     "message-id: <1@example.com>",
     ["X-Odd:   as it is", "Date: Mon, 2 Jan 2006 15:04:05 +0000",
      "message-id: <1@example.com>"], [f"From: {ANN}", f"To: {BOB}"]),
])
def test_typed_header(pneu: Pneu, scripted: Start, typed: str,
                      kept: list[str], added: list[str]) -> None:
    # RFC 5322 2.2: what is a field, and what is text
    sent = send_typed(pneu, scripted(Talk()), typed + "\n\nHello.\n")
    head, _, body = sent.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[:len(kept)] == kept
    assert set(added) <= set(lines[len(kept):])
    names = [line.partition(":")[0].lower() for line in lines
             if line[0] != " "]
    assert len(names) == len(set(names))
    assert MADE | {"from", "to"} <= set(names)
    assert body == "Hello."


def test_typed_header_and_text_are_encoded(pneu: Pneu,
                                           scripted: Start) -> None:
    # RFC 2047, RFC 2045 6
    sent = send_typed(pneu, scripted(Talk([])),
                      "From: Jörg <ann@example.com>\nSubject: Grüße\n\n"
                      "Aus Köln.\n")
    assert sent.isascii()
    letter = message_from_bytes(sent, policy=policy.default)
    assert letter["Subject"] == "Grüße"
    assert letter["From"] == "Jörg <ann@example.com>"
    assert letter["MIME-Version"] == "1.0"
    assert letter.get_content().strip() == "Aus Köln."


def test_typed_type_is_kept(pneu: Pneu, scripted: Start) -> None:
    sent = send_typed(pneu, scripted(Talk([])),
                      "Content-Type: text/html; charset=utf-8\n\n"
                      "<p>Köln</p>\n")
    letter = message_from_bytes(sent, policy=policy.default)
    assert sent.isascii() and letter.get_content_type() == "text/html"
    assert letter.get_content().strip() == "<p>Köln</p>"


def test_nothing_typed_is_not_sent(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB))
    terminal.wait_for("^D")
    terminal.type("\x04")
    assert terminal.end()[0] == 65
    assert "nothing was typed, so nothing was sent" in terminal.shown
    assert server.connections == 0


@pytest.mark.parametrize("more", [
    ["--subject", "Plans"], ["--text", "Hello."], ["--message", "FILE"]],
    ids=lambda more: more[0])
def test_addresses_are_asked_for_any_message(
        pneu: Pneu, scripted: Start, tmp_path, more: list[str]) -> None:
    path = tmp_path / "letter"
    path.write_bytes(b"Subject: x\n\nHello.\n")
    server = scripted(Talk())
    terminal = Terminal(words_for(
        pneu, server, *[str(path) if word == "FILE" else word
                        for word in more]))
    terminal.wait_for("From: ")
    terminal.type(f"{ANN}\n")
    terminal.wait_for("To: ")
    terminal.type(f"{BOB}\n")
    status, _ = terminal.end()
    assert status == 0 and "^D" not in terminal.shown, terminal.shown
    assert f"RCPT TO:<{BOB}>" in server.lines()


def test_names_in_added_fields_are_encoded(pneu: Pneu,
                                           scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", f"Jörg <{ANN}>",
                                  "--to", f"B. B. <{BOB}>"))
    terminal.wait_for("^D")
    terminal.type("Subject: x\n\nHello.\n\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert content(server).isascii()
    letter = message_from_bytes(content(server), policy=policy.default)
    assert letter["From"] == f"Jörg <{ANN}>"
    assert letter["To"] == f'"B. B." <{BOB}>'
    assert letter["Subject"] == "x"


@pytest.mark.parametrize("typed", ["Note: buy milk\nBye.\n", "Note: milk\n",
                                   "\nHello.\n", "12:30 is fine\nBye.\n"])
def test_text_that_only_looks_like_a_header(
        pneu: Pneu, scripted: Start, typed: str) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB))
    terminal.wait_for("^D")
    terminal.type(typed + "\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    head, _, body = content(server).decode().partition("\r\n\r\n")
    assert "From: " in head and "Content-Type: text/plain" in head
    assert body == typed.rstrip("\n").replace("\n", "\r\n")


@pytest.mark.parametrize("typed, people", [
    (f"Bob <{BOB}>, 'Cyd' <{CYD}>", [BOB, CYD]),
    (f"\"Bob, B.\" <{BOB}>,{CYD}", [BOB, CYD]),
    (f"{BOB},{CYD}", [BOB, CYD]), (f"  {BOB}   {CYD} ", [BOB, CYD]),
    (f"Bob <{BOB}>", [BOB])])
def test_typed_recipients(pneu: Pneu, scripted: Start, typed: str,
                          people: list[str]) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN))
    terminal.wait_for("To: ")
    terminal.type(typed + "\n")
    terminal.wait_for("^D")
    terminal.type("Hello.\n\x04")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert [line[9:-1] for line in server.lines()
            if line.startswith("RCPT")] == people


@pytest.mark.parametrize("typed, status, words", [
    ("\n", 64, "--from"), ("\x04", 64, "--from"), ("ann@\n", 65, "ann@")])
def test_bad_sender_is_found_before_the_message(
        pneu: Pneu, scripted: Start, typed: str, status: int,
        words: str) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--to", BOB))
    terminal.wait_for("From: ")
    terminal.type(typed)
    assert terminal.end()[0] == status
    assert words in terminal.shown and "^D" not in terminal.shown
    assert server.connections == 0


def test_wrong_option_is_found_before_anything_is_asked(pneu: Pneu) -> None:
    terminal = Terminal([str(pneu.program), "send", "--host", "smtp://x"])
    assert terminal.end()[0] == 64
    assert "From: " not in terminal.shown and "--host" in terminal.shown


def test_interrupted_typing(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB))
    terminal.wait_for("^D")
    terminal.type("Hello\x03")
    assert terminal.end()[0] == 130
    assert server.connections == 0


def test_nothing_is_asked_without_a_terminal(pneu: Pneu,
                                             scripted: Start) -> None:
    server = scripted(Talk())
    result = pneu.run("send", "--host", server.host, "--port", server.port)
    assert result.status == 64
    assert "--from" in result.sentence and "From: " not in result.everything
    assert server.connections == 0


def test_prompts_stay_out_of_the_result(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk())
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB),
                        out=False)
    terminal.wait_for("^D")
    terminal.type("Hello.\n\x04")
    status, out = terminal.end()
    assert status == 0
    assert out == f"accepted  {BOB}  250 2.0.0 fine\n"


def test_password_is_asked_without_echo(pneu: Pneu, scripted: Start) -> None:
    server = scripted(Talk(["AUTH PLAIN"]))
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB,
                                  "--text", "x", "--user", "ann"))
    terminal.wait_for("Password for ann: ")
    terminal.type(PASSWORD + "\n")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert PASSWORD not in terminal.shown
    assert "AUTH" in verbs(server)


# Progress


def send_large(pneu: Pneu, server: Scripted, path: str, *more: str,
               **how: str) -> tuple[int, str]:
    terminal = Terminal(words_for(pneu, server, "--from", ANN, "--to", BOB,
                                  "--message", path, *more), **how)
    status, _ = terminal.end()
    return status, terminal.shown


@pytest.fixture
def large(tmp_path) -> str:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return str(path)


def test_progress_of_a_large_message(pneu: Pneu, scripted: Start,
                                     large: str) -> None:
    status, shown = send_large(pneu, scripted(Talk()), large)
    assert status == 0, shown
    percents = [int(found) for found in re.findall(r"(\d+) %", shown)]
    assert percents == sorted(percents) and percents[-1] == 100
    size = len(LARGE.replace(b"\n", b"\r\n")) / 1024 / 1024
    assert f"of {size:.1f} MiB" in shown
    assert re.search(r"\r {20,}\r[^\r]*accepted", shown)


@pytest.mark.parametrize("more, environment", [
    (["-q"], {}), (["-v"], {}), (["--debug", "1"], {}),
    ([], {"TERM": "dumb"})], ids=str)
def test_no_progress(pneu: Pneu, scripted: Start, large: str,
                     more: list[str], environment: dict[str, str]) -> None:
    status, shown = send_large(pneu, scripted(Talk()), large, *more,
                               **environment)
    assert status == 0, shown
    assert " %" not in shown


def test_no_progress_of_a_small_message(pneu: Pneu, scripted: Start,
                                        tmp_path) -> None:
    path = tmp_path / "small"
    path.write_bytes(LARGE[:100_000] + b"\n")
    status, shown = send_large(pneu, scripted(Talk()), str(path))
    assert status == 0 and " %" not in shown


def test_no_progress_and_no_colour_in_a_pipe(pneu: Pneu, scripted: Start,
                                             large: str) -> None:
    server = scripted(Talk())
    result = pneu.run(*words_for(pneu, server)[1:], "--from", ANN, "--to", BOB,
                      "--message", large, "-v", environment={"TERM": "xterm"})
    assert result.status == 0
    assert " %" not in result.err and "\r" not in result.everything
    assert "\x1b" not in result.everything


def test_colour_on_a_terminal_alone(pneu: Pneu, scripted: Start) -> None:
    words = ["--from", ANN, "--to", BOB, "--text", "x"]
    terminal = Terminal(words_for(pneu, scripted(Talk()), *words))
    assert terminal.end()[0] == 0
    assert "\x1b[32maccepted\x1b[0m" in terminal.shown
    terminal = Terminal(words_for(pneu, scripted(Talk()), *words),
                        NO_COLOR="1")
    assert terminal.end()[0] == 0
    assert "\x1b" not in terminal.shown
