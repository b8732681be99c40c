"""The example programs: those of the two documents on smtplib, and the ones
of our own, against `pneu sink` and against Postfix. What they show has the
same content as what the documents print."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from conftest import PASSWORD
from runner import Result
from servers import dovecot, postfix as postfix_server
from servers.certificates import Authority
from servers.postfix import Postfix
from servers.sink import Sink
from test_prompting import Terminal

ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
LETTER = (f"To: Recipient <{BOB}>\nFrom: Author <{ANN}>\n"
          "Subject: Simple test message\n\nThis is the body of the message.\n")
SENT = re.compile(r"^send: '(.*)'$", re.M)
REPLY = re.compile(r"^reply: '(\d{3})([ -])(.*)\\r\\n'$", re.M)
QUEUED = re.compile(r"queued as \w+")
StartSink = Callable[..., Sink]


@pytest.fixture(scope="session")
def examples(build: Path) -> Path:
    return build / "examples"


def run(program: Path, *arguments: str | Path | int | None, stdin: str = "",
        **environment: str) -> Result:
    """Runs an example to its end."""
    words = [str(word) for word in arguments]
    done = subprocess.run([program, *words], input=stdin.encode(),
                          capture_output=True, timeout=30,
                          env={**os.environ, **environment})
    return Result(words, done.returncode, done.stdout.decode(),
                  done.stderr.decode(), 0.0)


def sent(shown: str) -> list[str]:
    """What stands after "send:", as it is shown."""
    return SENT.findall(shown)


def without_ehlo(shown: str) -> str:
    """From the first line after EHLO's reply on; queue ids made equal."""
    after = re.split(r"(?m)^send: 'EHLO ", shown)[-1]
    return QUEUED.sub("queued as ID", after[after.index("send: '"):])


def check_ehlo(shown: str) -> list[str]:
    """The reply to the first EHLO stands there twice, as the article shows
    it: its lines, and its words. Gives the words."""
    reply = re.search(r"(?m)^send: 'EHLO .*\\r\\n'\n((?:reply: '250.*\n)+)"
                      r"reply: retcode \(250\); Msg: ((?:.*\n)+?)"
                      r"(?=send: |\Z)", shown)
    assert reply, shown
    lines = [words for _, _, words in REPLY.findall(reply[1])]
    assert reply[2].splitlines() == lines
    return lines


# send: the article's first program

# The same lines in the same order as in the article; but what it prints of
# its first message ("From nobody") is no part of a message.
AS_IN_THE_ARTICLE = rf"""send: 'MAIL FROM:<{ANN}> SIZE=131\r\n'
reply: '250 2.1.0 Ok\r\n'
reply: retcode (250); Msg: 2.1.0 Ok
send: 'RCPT TO:<{BOB}>\r\n'
reply: '250 2.1.5 Ok\r\n'
reply: retcode (250); Msg: 2.1.5 Ok
send: 'DATA\r\n'
reply: '354 End data with <CR><LF>.<CR><LF>\r\n'
reply: retcode (354); Msg: End data with <CR><LF>.<CR><LF>
data: (354, 'End data with <CR><LF>.<CR><LF>')
send: 'To: Recipient <{BOB}>\r\nFrom: Author <{ANN}>\r\nSubject: Simple test message\r\n\r\nThis is the body of the message.\r\n.\r\n'
reply: '250 2.0.0 Ok: queued as ID\r\n'
reply: retcode (250); Msg: 2.0.0 Ok: queued as ID
data: (250, '2.0.0 Ok: queued as ID')
send: 'QUIT\r\n'
reply: '221 2.0.0 Bye\r\n'
reply: retcode (221); Msg: 2.0.0 Bye
"""  # noqa: E501


def test_send_shows_what_the_article_shows(examples: Path, sink: StartSink
                                           ) -> None:
    server = sink("--without", "PIPELINING", "--without", "CHUNKING")
    result = run(examples / "send", server.host, server.port, ANN, BOB)
    assert (result.status, result.out) == (0, "")
    assert {"8BITMIME", "ENHANCEDSTATUSCODES", "DSN"} <= set(
        check_ehlo(result.err))
    assert without_ehlo(result.err) == AS_IN_THE_ARTICLE
    assert server.letter().content == LETTER.encode()


def test_send_with_all_that_a_server_offers(examples: Path, sink: StartSink
                                            ) -> None:
    server = sink()
    result = run(examples / "send", server.host, server.port, ANN, BOB)
    assert result.status == 0, result.err
    octets = len(LETTER.replace("\n", "\r\n"))
    assert sent(result.err)[1:] == [
        rf"MAIL FROM:<{ANN}> SIZE={octets}\r\n", rf"RCPT TO:<{BOB}>\r\n",
        rf"BDAT {octets} LAST\r\n", LETTER.replace("\n", r"\r\n"),
        r"QUIT\r\n"]
    assert re.search(r"(?m)^data: \(250, '2\.0\.0 .*queued as \w+'\)$",
                     result.err)
    assert server.letter().content == LETTER.encode()


def test_send_to_postfix(examples: Path, postfix: Postfix) -> None:
    result = run(examples / "send", postfix.host, postfix.port, ANN, BOB)
    assert (result.status, result.out) == (0, ""), result.err
    assert {"PIPELINING", "8BITMIME", "STARTTLS"} <= set(
        check_ehlo(result.err))
    said = sent(result.err)
    assert said[1].startswith(f"MAIL FROM:<{ANN}> SIZE=")
    assert LETTER.replace("\n", r"\r\n") in "".join(said)
    assert re.search(r"(?m)^data: \(250, '2\.0\.0 Ok: .*queued as \w+'\)$",
                     result.err)
    letter, = postfix.maildir(BOB).wait()
    assert letter.content == LETTER.encode()


def test_send_refused(examples: Path, sink: StartSink) -> None:
    server = sink("--refuse", BOB)
    result = run(examples / "send", server.host, server.port, ANN, BOB)
    assert result.status == 1
    assert re.search(rf"(?m)^send: .*refused for good .*{BOB}", result.err)


def test_send_to_nobody(examples: Path, sink: StartSink) -> None:
    server = sink()
    server.stop()
    result = run(examples / "send", server.host, server.port, ANN, BOB)
    assert result.status == 1
    assert re.search(r"(?m)^send: .*Connection refused", result.err)


# verify: the article's third program


def test_verify(examples: Path, sink: StartSink) -> None:
    server = sink("--mailbox", "Doug Hellmann <dhellmann@mail.example.com>")
    result = run(examples / "verify", server.host, server.port, "dhellmann",
                 "notthere")
    assert result.status == 0, result.err
    assert result.out == (
        "dhellmann: (250, '2.1.5 Doug Hellmann "
        "<dhellmann@mail.example.com>')\n"
        "notthere: (550, '5.1.1 <notthere>... User unknown')\n")
    assert sent(result.err) == [r"VRFY dhellmann\r\n", r"VRFY notthere\r\n",
                                r"QUIT\r\n"]
    assert ("reply: retcode (250); Msg: 2.1.5 Doug Hellmann "
            "<dhellmann@mail.example.com>\n") in result.err
    assert r"reply: '550 5.1.1 <notthere>... User unknown\r\n'" in result.err


def test_verify_by_postfix(examples: Path, postfix: Postfix) -> None:
    result = run(examples / "verify", postfix.host, postfix.port, BOB,
                 "notthere@example.com")
    assert result.status == 0, result.err
    known, unknown = result.out.splitlines()
    assert known == f"{BOB}: (252, '2.0.0 {BOB}')"
    assert unknown.startswith("notthere@example.com: (550, '5.1.1 ")


# authenticated: the article's second program


def authenticate(program: Path, ca_file: Path, server: str, user: str,
                 password: str) -> Terminal:
    """At a terminal, with an answer to each question."""
    terminal = Terminal([str(program), str(ca_file)])
    for question, answer in [("Recipient: ", BOB),
                             ("Mail server name: ", server),
                             ("Mail user name: ", user),
                             (f"{user}'s password: ", password)]:
        terminal.wait_for(question)
        terminal.type(answer + "\n")
    return terminal


def check_authenticated(shown: str, password: str) -> None:
    """The article's steps, in its order; the password is nowhere."""
    steps = [r"send: 'EHLO ", r"reply: '250.STARTTLS", r"send: 'STARTTLS\\r",
             r"reply: '220 ", r"send: 'EHLO ", r"send: 'AUTH ",
             r"reply: '235 ", r"send: 'MAIL FROM:<author@example\.com>",
             rf"send: 'RCPT TO:<{BOB}>", r"data: \(250, '", r"send: 'QUIT"]
    at = 0
    for step in steps:
        found = re.compile("^" + step, re.M).search(shown, at)
        assert found, (step, shown)
        at = found.end()
    second = shown[shown.rindex("send: 'EHLO"):]
    assert "STARTTLS" not in second
    assert password not in shown


def test_authenticated(examples: Path, sink: StartSink) -> None:
    server = sink("--require-auth", tls="starttls", users={ANN: PASSWORD})
    terminal = authenticate(examples / "authenticated", server.ca_file,
                            f"localhost:{server.port}", ANN, PASSWORD)
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    check_authenticated(terminal.shown.replace("\r\n", "\n"), PASSWORD)
    letter = server.letter()
    assert letter.content == (
        f"To: Recipient <{BOB}>\nFrom: Author <author@example.com>\n"
        "Subject: Test from pneu\n\nTest message from pneu.\n").encode()


def test_authenticated_by_postfix(examples: Path, postfix: Postfix,
                                  authority: Authority) -> None:
    terminal = authenticate(
        examples / "authenticated", authority.file,
        f"{postfix.host}:{postfix.port}", dovecot.USER, dovecot.PASSWORD)
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    check_authenticated(terminal.shown.replace("\r\n", "\n"),
                        dovecot.PASSWORD)
    letter, = postfix.maildir(BOB).wait()
    assert b"Test message from pneu." in letter.content


def test_authenticated_with_a_wrong_password(examples: Path, sink: StartSink
                                             ) -> None:
    server = sink("--require-auth", tls="starttls", users={ANN: PASSWORD})
    terminal = authenticate(examples / "authenticated", server.ca_file,
                            f"localhost:{server.port}", ANN, "not it")
    status, _ = terminal.end()
    assert status == 1
    assert "\nauthenticated: " in terminal.shown
    assert "MAIL FROM" not in terminal.shown
    assert "not it" not in terminal.shown
    assert server.letters() == []


def test_authenticated_with_an_unknown_certificate(
        examples: Path, sink: StartSink, authority: Authority) -> None:
    server = sink("--require-auth", tls="starttls", users={ANN: PASSWORD})
    terminal = authenticate(examples / "authenticated", authority.file,
                            f"localhost:{server.port}", ANN, PASSWORD)
    status, _ = terminal.end()
    assert status == 1
    assert "certificate" in terminal.shown
    assert "send: 'AUTH" not in terminal.shown


# interactive: the program of the reference


def interactive(examples: Path, server: str) -> Terminal:
    terminal = Terminal([str(examples / "interactive"), server])
    terminal.wait_for("From: ")
    terminal.type(f"{ANN}\n")
    terminal.wait_for("To: ")
    terminal.type(f"{BOB} {CYD}\n")
    terminal.wait_for("Enter message, end with ^D:")
    terminal.type("Hello.\n.\nBye.\n\x04")
    return terminal


# What it makes of that, From: and To: put at the start.
TYPED = f"From: {ANN}\nTo: {BOB}, {CYD}\n\nHello.\n.\nBye.\n"


def test_interactive(examples: Path, sink: StartSink) -> None:
    # RFC 5321 2.3.1: the envelope, apart from the content
    server = sink("--without", "CHUNKING")
    terminal = interactive(examples, f"{server.host}:{server.port}")
    status, _ = terminal.end()
    shown = terminal.shown.replace("\r\n", "\n")
    assert status == 0, shown
    assert f"\nMessage length is {len(TYPED)}\nconnect: " in shown
    stuffed = TYPED.replace("\n.\n", "\n..\n") + ".\n"
    assert stuffed.replace("\n", r"\r\n") in sent(shown)
    letter = server.letter()
    assert letter.content == TYPED.encode()
    assert letter.fields("X-Pneu-Recipient") == [f"<{BOB}>", f"<{CYD}>"]


def test_interactive_by_postfix(examples: Path, postfix: Postfix) -> None:
    terminal = interactive(examples, f"{postfix.host}:{postfix.port}")
    status, _ = terminal.end()
    assert status == 0, terminal.shown
    assert f"Message length is {len(TYPED)}\r\n" in terminal.shown
    for who in (BOB, CYD):
        letter, = postfix.maildir(who).wait()
        assert letter.content == TYPED.encode()


def test_interactive_in_a_pipe(examples: Path, sink: StartSink) -> None:
    server = sink()
    result = run(examples / "interactive", f"{server.host}:{server.port}",
                 stdin=f"{ANN}\n{BOB} {CYD}\nHello.\n.\nBye.")
    assert result.status == 0, result.err
    assert result.out == ("From: To: Enter message, end with ^D:\n"
                          f"Message length is {len(TYPED) - 1}\n")
    assert server.letter().content == TYPED.encode()


# send-to-three: a message from a file, and what became of each recipient


def send_to_three(examples: Path, server: Sink | Postfix, ca_file: Path,
                  user: str, password: str, message: Path, *to: str
                  ) -> Result:
    return run(examples / "send-to-three", "localhost", server.port, ca_file,
               user, message, ANN, *to, PNEU_PASSWORD=password)


@pytest.fixture
def message(tmp_path: Path) -> Path:
    path = tmp_path / "message"
    path.write_text(LETTER)
    return path


def test_send_to_three(examples: Path, sink: StartSink, message: Path
                       ) -> None:
    server = sink("--require-auth", "--refuse", BOB, tls="starttls",
                  users={ANN: PASSWORD})
    result = send_to_three(examples, server, server.ca_file, ANN, PASSWORD,
                           message, BOB, CYD, "dan@example.com")
    assert result.status == 69, result.err
    outcomes = [re.split("  +", line) for line in result.out.splitlines()
                if line[:2] not in ("**", "->", "<-", "=>")]
    assert [row[:2] for row in outcomes] == [
        ["refused for good", BOB], ["accepted", CYD],
        ["accepted", "dan@example.com"]]
    assert [row[2][:3] for row in outcomes] == ["550", "250", "250"]
    assert "-> STARTTLS" in result.out and PASSWORD not in result.out
    assert server.letter().content == LETTER.encode()


def test_send_to_three_by_postfix(examples: Path, postfix: Postfix,
                                  authority: Authority, message: Path
                                  ) -> None:
    result = send_to_three(examples, postfix, authority.file, dovecot.USER,
                           dovecot.PASSWORD, message, BOB, CYD,
                           postfix_server.REFUSED)
    assert result.status == 69, result.err
    kinds = re.findall(r"(?m)^(accepted|refused for good) +(\S+) ",
                       result.out)
    assert kinds == [("accepted", BOB), ("accepted", CYD),
                     ("refused for good", postfix_server.REFUSED)]
    for who in (BOB, CYD):
        letter, = postfix.maildir(who).wait()
        assert letter.content == LETTER.encode()


# send-message: a letter composed by GMime


def test_send_message_by_postfix(examples: Path, postfix: Postfix,
                                 message: Path) -> None:
    result = run(examples / "send-message", postfix.host, postfix.port, ANN,
                 BOB, message)
    assert (result.status, result.out, result.err) == (
        0, f"{BOB}: accepted\n", "")
    letter, = postfix.maildir(BOB).wait()
    assert b'filename=message' in letter.content.replace(b'"', b"")


# All of them


@pytest.mark.parametrize("name", [
    "send", "verify", "send-to-three", "send-message", "loop-poll",
    "loop-uv"])
def test_usage(examples: Path, name: str) -> None:
    result = run(examples / name)
    assert result.status == 64
    assert result.err.startswith("usage: ") and name in result.err


@pytest.mark.parametrize("name", ["authenticated", "interactive"])
def test_no_answers(examples: Path, name: str) -> None:
    assert run(examples / name).status == 64
