"""The functions of pneu._pneu: lines, message text, addresses."""

from __future__ import annotations

import array
import email.utils
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from extension import OFFERED, begin
from pneu import _pneu

LINES = [
    (("noop",), "noop\r\n"),
    (("mail", "FROM:<a@x>"), "mail FROM:<a@x>\r\n"),
    (("rcpt", ""), "rcpt\r\n"),
    (("", ""), "\r\n"),
    (("vrfy", "J\u00f6rg\tX"), "vrfy J\u00f6rg\tX\r\n"),
]


@pytest.mark.parametrize("words, line", LINES)
def test_command_line(words: tuple[str, ...], line: str) -> None:
    assert _pneu.command_line(*words) == line
    assert _pneu.command_line(
        **dict(zip(("command", "argument"), words))) == line


@pytest.mark.parametrize("words, shown", [
    (("noop\r\n",), r"noop\r\n"),
    (("mail", "FROM:<a@x>\nrcpt"), r"mail FROM:<a@x>\nrcpt"),
    (("vrfy", "a\0b"), r"vrfy a\0b"),
    (("auth", "PLAIN c2VjcmV0\n"), "AUTH [hidden]"),
    (("AUTH PLAIN c2VjcmV0\r",), "AUTH [hidden]"),
])
def test_command_line_breaks(words: tuple[str, ...], shown: str) -> None:
    """RFC 5321 2.3.8: no argument ends the line."""
    with pytest.raises(ValueError) as caught:
        _pneu.command_line(*words)
    assert str(caught.value) == (
        "command and arguments contain prohibited newline characters: "
        + shown)


def test_command_line_is_bounded() -> None:
    assert len(_pneu.command_line("x" * 65534)) == 65536
    with pytest.raises(ValueError, match="65536"):
        _pneu.command_line("x" * 65535)


@pytest.mark.parametrize("reply, offered", OFFERED)
def test_features(reply: bytes, offered: dict[str, str]) -> None:
    assert _pneu.features(reply) == offered


def test_features_are_smtplibs() -> None:
    """The same lines through Python's own smtplib."""
    import smtplib as standard

    class Deaf(standard.SMTP):
        def putcmd(self, cmd: str, args: str = "") -> None:
            pass

        def getreply(self) -> tuple[int, bytes]:
            return 250, self.text

    chance = random.Random(1)
    parts = [b"AUTH", b"auth=", b"Size", b" ", b"=", b"PLAIN", b"\n", b"-",
             b"x9", b"\xa0", b"\t", b"\xe9", b"\x85", b"_", b"\x1c"]
    smtp = Deaf(local_hostname="x")
    for _ in range(2000):
        smtp.text = b"".join(chance.choices(parts, k=12))
        smtp.ehlo()
        assert _pneu.features(smtp.text) == smtp.esmtp_features, smtp.text


TEXTS = [b"", b"a", b"a\r\n", b".", b"..\n", b"\n.\n", b"a\r.b\r\n", b"\r\r\n",
         b"a\n\r\n.", b"\xff\n.\xfe", b".\r.\n.\r\n.", b"a\r"]


def crlf(data: bytes) -> bytes:
    return re.sub(rb"\r\n|\n|\r(?!\n)", b"\r\n", data)


def dotted(data: bytes) -> bytes:
    return re.sub(rb"(?m)^\.", b"..", crlf(data))


def random_texts() -> list[bytes]:
    chance = random.Random(2)
    return [bytes(chance.choices(b"\r\n.ab\xe9", k=chance.randrange(60)))
            for _ in range(3000)]


def test_line_ends_and_dots() -> None:
    """RFC 5321 4.5.2, 4.1.1.4; smtplib's message of no octets is a line."""
    for text in TEXTS + random_texts():
        assert _pneu.line_ends(text) == crlf(text), text
        assert _pneu.quote(text) == dotted(text), text
        end = b"" if dotted(text).endswith(b"\r\n") else b"\r\n"
        assert _pneu.content(text) == dotted(text) + end + b".\r\n", text


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview,
                                  lambda text: array.array("b", text)])
def test_buffers(make: Callable[[bytes], Any]) -> None:
    data = make(b"a\n.b")
    assert _pneu.line_ends(data) == b"a\r\n.b"
    assert _pneu.quote(data) == b"a\r\n..b"
    assert _pneu.content(data) == b"a\r\n..b\r\n.\r\n"
    assert _pneu.is_ascii(data)
    assert _pneu.features(data) == {}


def test_is_ascii() -> None:
    for length in range(20):
        text = bytearray(b"a" * length)
        assert _pneu.is_ascii(text)
        for at in range(length):
            text[at] = 0x80
            assert not _pneu.is_ascii(text)
            text[at] = 0x7f


PLAIN = ["", "a@b", "Sally", "a.b@c-d.example", "postmaster",
         "a+b!#$%&'*/=?^_`{|}~-@x9"]
NOT_PLAIN = ["<a@b>", "a@b>", "a b@c", '"a"@b', "a@[1.2.3.4]", "a@b, c@d",
             "a@b\r\nX", "a\0", "(x)a@b", "a@b.", ".a@b", "a..b@c", "a@",
             "@b", "a@b@c", "\u00e9@b", "a@b\u00e9", "a:b@c", "a;b@c",
             "a@-b", "\udc80", "a\\b@c", "A <a@b>", " a@b", "a@b ", "<>",
             "x" * 255]


@pytest.mark.parametrize("address", PLAIN)
def test_plain_address(address: str) -> None:
    assert _pneu.is_plain_address(address)
    assert email.utils.parseaddr(address)[1] == address


@pytest.mark.parametrize("address", NOT_PLAIN)
def test_not_plain_address(address: str) -> None:
    assert not _pneu.is_plain_address(address)


def test_plain_addresses_at_random() -> None:
    """What is plain, parseaddr() gives back; and a delivery takes it."""
    chance = random.Random(3)
    plain = 0
    for _ in range(20000):
        text = "".join(chance.choices("ab9.@-+_<>\"()[]:;, \\\r\n\u00e9",
                                      k=chance.randrange(1, 8)))
        if _pneu.is_plain_address(text):
            plain += 1
            assert email.utils.parseaddr(text)[1] == text
            begin(recipients=[text], sender=text)
    assert plain > 200


def test_mechanisms() -> None:
    offered = "plain XOAUTH2 SCRAM-SHA-256-PLUS login GSSAPI Scram-Sha-256 X"
    assert _pneu.mechanisms(offered) == ["SCRAM-SHA-256", "PLAIN", "LOGIN"]
    assert _pneu.mechanisms(offered, True)[0] == "SCRAM-SHA-256-PLUS"
    assert _pneu.mechanisms(offered=" CRAM-MD5", binding=False) == ["CRAM-MD5"]
    assert _pneu.mechanisms("") == []


def test_constants_and_version() -> None:
    assert len({_pneu.END_OF_STREAM, _pneu.END_RESET, _pneu.END_TIMEOUT}) == 3
    assert re.fullmatch(r"\d+\.\d+\.\d+", _pneu.version())
