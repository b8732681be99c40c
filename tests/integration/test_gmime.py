"""libpneu-gmime: messages sent to sinks that offer this and that, and what
arrived there."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shlex
import subprocess
from email.message import EmailMessage
from pathlib import Path
from typing import Callable

import pytest

from conftest import REPOSITORY
from servers.maildir import as_stored
from servers.sink import Sink

HERE = Path(__file__).resolve().parent
ANN = "ann@example.com"
BOB = "bob@example.com"
CYD = "cyd@example.com"
NO_8BIT = ("--without", "8BITMIME")
NO_UTF8 = ("--without", "SMTPUTF8")

Run = Callable[..., list[list[str]]]


def flags_of(package: str) -> list[str]:
    return shlex.split(subprocess.run(
        ["pkg-config", "--cflags", "--libs", package], check=True,
        capture_output=True, text=True, timeout=30).stdout)


@pytest.fixture(scope="module")
def program(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """programs/letter.c, built against the shared libraries."""
    program = tmp_path_factory.mktemp("letter") / "letter"
    subprocess.run(
        ["gcc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra",
         "-Werror", "-I", REPOSITORY / "include",
         HERE / "programs" / "letter.c", "-o", program, "-L", build,
         "-lpneu-gmime", "-lpneu", *flags_of("gmime-3.0"),
         *os.environ.get("PNEU_TEST_CFLAGS", "").split()],
        check=True, timeout=60)
    return program


@pytest.fixture
def send(program: Path, build: Path) -> Run:
    """Sends one letter to each of the sinks; gives the rows it printed."""
    def run(message: bytes, *sinks: Sink, **options: str) -> list[list[str]]:
        words = [f"{name}={value}" for name, value in options.items()]
        done = subprocess.run(
            [program, *words, *(str(each.port) for each in sinks)],
            input=message, capture_output=True, timeout=30,
            env={**os.environ, "LD_LIBRARY_PATH": str(build)})
        assert done.returncode == 0, done.stderr.decode()
        return [line.split("\t")
                for line in done.stdout.decode().splitlines()]

    return run


def accepted(*recipients: str) -> list[list[str]]:
    return [["status", "PNEU_OK", ""],
            *(["outcome", each, "accepted"] for each in recipients)]


def understood(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def recipients_of(server: Sink) -> list[str]:
    return server.letter().fields("X-Pneu-Recipient")


def composed() -> EmailMessage:
    """With all that makes a message hard to send."""
    message = EmailMessage(policy=email.policy.SMTP.clone(cte_type="8bit"))
    message["From"] = f"Jörg Müller <{ANN}>"
    message["To"] = f"Bob <{BOB}>"
    message["Bcc"] = CYD
    message["Subject"] = "Grüße, and a ☃"
    message.set_content("Grüße aus Köln, and more that is plain.\nFrom me\n"
                        ".\n", cte="8bit")
    message.add_attachment(bytes(range(256)), maintype="application",
                           subtype="octet-stream", filename="größe.bin")
    return message


def without_bcc(message: bytes) -> bytes:
    return re.sub(rb"(?m)^Bcc: .*\r?\n", b"", message, count=1)


def test_arrives_as_composed(send: Run, sink: Callable[..., Sink]) -> None:
    server = sink()
    message = composed().as_bytes()
    assert b"\xc3\xbc" in message and b"Bcc: " in message
    assert send(message, server) == accepted(BOB, CYD)
    assert server.letter().content == as_stored(without_bcc(message))
    assert recipients_of(server) == [f"<{BOB}>", f"<{CYD}>"]


def test_encoded_without_8bitmime(send: Run, sink: Callable[..., Sink]
                                  ) -> None:
    """RFC 6152 3, and one letter for two servers."""
    narrow, wide = sink(*NO_8BIT), sink()
    message = composed()
    assert send(message.as_bytes(), narrow, wide) == 2 * accepted(BOB, CYD)
    assert wide.letter().content == as_stored(without_bcc(message.as_bytes()))
    content = narrow.letter().content
    assert content.isascii()
    arrived = understood(content)
    assert arrived["Bcc"] is None
    assert arrived["Subject"] == message["Subject"]
    assert arrived["From"] == message["From"]
    text, = (part for part in arrived.iter_parts()
             if not part.is_attachment())
    assert text["Content-Transfer-Encoding"] == "quoted-printable"
    assert text.get_content() == message.get_body().get_content()
    attachment, = arrived.iter_attachments()
    assert attachment.get_content() == bytes(range(256))
    assert attachment.get_filename() == "größe.bin"


SIGNED = f"""\
From: {ANN}
To: {BOB}
MIME-Version: 1.0
Content-Type: multipart/signed; boundary=b;
 protocol="application/pgp-signature"; micalg=pgp-sha256

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Grüße
--b
Content-Type: application/pgp-signature

not looked at
--b--
""".encode()


def test_signed_part_is_not_touched(send: Run, sink: Callable[..., Sink]
                                    ) -> None:
    """RFC 1847 2.1"""
    narrow, wide = sink(*NO_8BIT), sink()
    rows = send(SIGNED, narrow, wide)
    assert rows[0][1] == "PNEU_NOT_OFFERED"
    assert "8BITMIME" in rows[0][2] and "signed" in rows[0][2]
    assert rows[1:] == accepted(BOB)
    assert narrow.letters() == []
    assert wide.letter().content == SIGNED


def test_resent_block(send: Run, sink: Callable[..., Sink]) -> None:
    """RFC 5322 3.6.6"""
    server = sink()
    message = (f"Resent-Date: Mon, 1 Jan 2024 00:00:00 +0000\n"
               f"Resent-From: {CYD}\nResent-To: {BOB}\nResent-Bcc: {ANN}\n"
               "From: first@example.com\nTo: nobody@example.com\n"
               "Bcc: nobody@example.com\n\nHello.\n").encode()
    assert send(message, server) == accepted(BOB, ANN)
    letter = server.letter()
    assert letter.field("Return-Path") == f"<{CYD}>"
    assert letter.content == re.sub(rb"(?m)^(Resent-)?Bcc: .*\n", b"",
                                    message)


def test_two_resent_blocks(send: Run, sink: Callable[..., Sink]) -> None:
    server = sink()
    rows = send(b"Resent-Date: x\nResent-Date: y\nFrom: a@b.example\n"
                b"To: c@d.example\n\nHello.\n", server)
    assert rows == [["status", "PNEU_INVALID", rows[0][2]]]
    assert "more than one Resent- block" in rows[0][2]
    assert server.letters() == []


INTERNATIONAL = ("From: Jörg <jörg@example.com>\n"
                 f"To: {BOB}\nSubject: Grüße\n\nHello.\n").encode()


def test_international_sender(send: Run, sink: Callable[..., Sink]) -> None:
    """RFC 6531 3.2"""
    old, new = sink(*NO_UTF8), sink()
    rows = send(INTERNATIONAL, old, new)
    assert rows[0][1] == "PNEU_NOT_OFFERED"
    assert "SMTPUTF8" in rows[0][2] and "jörg@example.com" in rows[0][2]
    assert rows[1:] == accepted(BOB)
    assert old.letters() == []
    assert new.letter().content == INTERNATIONAL


def test_international_names_alone(send: Run, sink: Callable[..., Sink]
                                   ) -> None:
    """RFC 2047 5: names and subjects do not ask for SMTPUTF8."""
    message = (f"From: Jörg <{ANN}>\nTo: {BOB}\nSubject: Grüße\n\n"
               "Hello.\n").encode()
    for server in sink(*NO_UTF8), sink():
        assert send(message, server) == accepted(BOB)
        content = server.letter().content
        assert content.isascii()
        arrived = understood(content)
        assert arrived["Subject"] == "Grüße"
        assert arrived["From"].addresses[0].display_name == "Jörg"


def test_options_override(send: Run, sink: Callable[..., Sink]) -> None:
    server = sink()
    message = f"From: {ANN}\nTo: {ANN}\nBcc: {ANN}\n\nHello.\n".encode()
    assert send(message, server, sender="", to=CYD) == accepted(CYD)
    letter = server.letter()
    assert letter.field("Return-Path") == "<>"
    assert letter.content == without_bcc(message)


def test_refused_recipient(send: Run, sink: Callable[..., Sink]) -> None:
    server = sink("--refuse", CYD)
    rows = send(f"From: {ANN}\nTo: {CYD}, {BOB}\n\nHello.\n".encode(), server)
    assert rows[0][:2] == ["status", "PNEU_REFUSED"]
    assert rows[1:] == [["outcome", CYD, "refused for good"],
                        ["outcome", BOB, "accepted"]]


def test_no_server(program: Path, send: Run, sink: Callable[..., Sink]
                   ) -> None:
    server = sink()
    server.stop()
    rows = send(f"From: {ANN}\nTo: {BOB}\n\nHello.\n".encode(), server)
    assert [row[:2] for row in rows] == [["status", "PNEU_CONNECT"]]
    assert rows[0][2] != ""


def test_example(build: Path, sink: Callable[..., Sink], tmp_path: Path
                 ) -> None:
    server = sink(*NO_8BIT)
    enclosed = tmp_path / "größe.bin"
    enclosed.write_bytes(bytes(range(256)) * 3)
    done = subprocess.run(
        [build / "examples" / "send-message", server.host, str(server.port),
         ANN, BOB, enclosed], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (
        0, f"{BOB}: accepted\n", "")
    arrived = understood(server.letter().content)
    assert arrived["Subject"] == "Der Rohrpostbrief für dich"
    assert arrived["From"].addresses[0].display_name == "Zoë"
    assert arrived.get_body().get_content().startswith("Grüße!")
    attachment, = arrived.iter_attachments()
    assert attachment.get_content() == bytes(range(256)) * 3
    assert attachment.get_filename() == "größe.bin"


def test_example_without_file(build: Path) -> None:
    done = subprocess.run(
        [build / "examples" / "send-message", "127.0.0.1", "1", ANN, BOB,
         "/nowhere/at-all"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 66
    assert "cannot open /nowhere/at-all" in done.stderr
