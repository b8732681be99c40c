"""smtplib, sending and replies."""

from __future__ import annotations

import io
from typing import Any

import pytest

from contract import STANDARD, Connect, Serve, mute, only_pneu, smtplib
from scripted import CLOSE, RESET

pytest_plugins = ["contract_fixtures"]

PROHIBITED = "prohibited newline characters: "


def test_send(serve: Serve, connect: Connect) -> None:
    # smtplib E41
    server = serve()
    client = connect(server)
    assert client.send("NOOP one\r\n") is None
    client.getreply()
    client.send(b"NOOP \xff\xfe\r\n")
    client.getreply()
    client.command_encoding = "utf-8"
    client.send("NOOP \u00e4\r\n")
    client.getreply()
    assert bytes(server.last.octets) == (
        b"NOOP one\r\nNOOP \xff\xfe\r\nNOOP \xc3\xa4\r\n")


def test_send_what_ascii_does_not_have(serve: Serve,
                                       connect: Connect) -> None:
    # smtplib E41, H79
    server = serve()
    client = connect(server)
    with pytest.raises(UnicodeEncodeError):
        client.send("NOOP \u00e4\r\n")
    assert client.noop()[0] == 250
    assert server.commands == ["NOOP"]


def test_send_writes_all_of_it(serve: Serve, connect: Connect) -> None:
    # smtplib E41
    server = serve()
    client = connect(server)
    octets = b"NOOP " + b"x" * 5_000_000 + b"\r\n"
    client.send(octets)
    client.getreply()
    assert bytes(server.last.octets) == octets


@pytest.mark.parametrize("call", [
    lambda client: client.send("NOOP\r\n"), lambda client: client.noop(),
    lambda client: client.ehlo(), lambda client: client.quit(),
    lambda client: client.sendmail("a@x.example", "b@x.example", "x"),
    lambda client: client.login("u", "p"), lambda client: client.starttls()],
    ids=["send", "noop", "ehlo", "quit", "sendmail", "login", "starttls"])
def test_without_connection(call: Any, idle: Any) -> None:
    # smtplib E42
    with pytest.raises(smtplib.SMTPServerDisconnected,
                       match=r"^please run connect\(\) first$"):
        call(idle)


def test_a_write_error(serve: Serve, connect: Connect) -> None:
    # smtplib E42
    server = serve()
    client = connect(server)
    mute(client)
    with pytest.raises(smtplib.SMTPServerDisconnected,
                       match="^Server not connected$"):
        client.noop()
    assert client.sock is None
    assert server.last.ended()


@pytest.mark.parametrize("arguments, line", [
    (("NOOP",), b"NOOP\r\n"), (("NOOP", ""), b"NOOP\r\n"),
    (("NOOP", "x y"), b"NOOP x y\r\n"), (("noOp", " x"), b"noOp  x\r\n")])
def test_putcmd(arguments: tuple[str, ...], line: bytes, serve: Serve,
                connect: Connect) -> None:
    # smtplib E43
    server = serve()
    client = connect(server)
    assert client.putcmd(*arguments) is None
    assert client.getreply()[0] == 250
    assert bytes(server.last.octets) == line


@pytest.mark.parametrize("arguments, shown", [
    (("NOOP", "a\r\nDATA"), r"NOOP a\r\nDATA"),
    (("NOOP\n",), r"NOOP\n"), (("NOOP", "\r"), r"NOOP \r")])
def test_line_breaks_in_a_command(arguments: tuple[str, ...], shown: str,
                                  serve: Serve, connect: Connect) -> None:
    # smtplib E44
    server = serve()
    client = connect(server)
    for call in [client.putcmd, client.docmd]:
        with pytest.raises(ValueError) as caught:
            call(*arguments)
        assert str(caught.value).endswith(PROHIBITED + shown)
    assert client.noop()[0] == 250
    assert server.commands == ["NOOP"]


@pytest.mark.parametrize("call", [
    lambda client: client.ehlo("a\nb"), lambda client: client.helo("a\rb"),
    lambda client: client.help("a\nb"), lambda client: client.docmd("a", "\r"),
    lambda client: client.mail("a@x.example", ["SIZE=1\r\nDATA"]),
    lambda client: client.rcpt("a@x.example", ["NOTIFY=NEVER\nDATA"])],
    ids=["ehlo", "helo", "help", "docmd", "mail", "rcpt"])
def test_line_breaks_in_arguments(call: Any, serve: Serve,
                                  connect: Connect) -> None:
    # smtplib E44
    server = serve(loose=True)
    client = connect(server)
    client.ehlo()
    with pytest.raises(ValueError, match=PROHIBITED):
        call(client)
    assert client.noop()[0] == 250
    assert server.last.verbs == ["EHLO", "NOOP"]


@only_pneu
@pytest.mark.parametrize("call", [
    lambda client: client.putcmd("NOOP", "a\0b"),
    lambda client: client.ehlo("a\0"),
    lambda client: client.mail("a\0@x.example"),
    lambda client: client.rcpt("a@x.example", ["NOTIFY=\0"])],
    ids=["putcmd", "ehlo", "mail", "rcpt"])
def test_nul_in_arguments(call: Any, serve: Serve, connect: Connect) -> None:
    # smtplib E44: NUL is refused likewise
    server = serve(loose=True)
    client = connect(server)
    client.does_esmtp = True
    with pytest.raises(ValueError):
        call(client)
    assert client.noop()[0] == 250
    assert server.commands == ["NOOP"]


@pytest.mark.parametrize("where", ["sender", "recipient"])
@pytest.mark.parametrize("address", [
    "a@x.example\r\nRSET", "a@x.example\nRSET", "a\r\nRSET@x.example",
    "<a@x.example\r\nRSET>", "\r\nRSET", "\"a\r\nRSET\"@x.example",
    "a@x.example>\r\nRSET\r\n<", "A\nRSET <a@x.example>",
    "(a\r\nRSET)a@x.example", "<\r\nRSET\r\n"])
def test_line_breaks_in_addresses(address: str, where: str,
                                  serve_both: Serve,
                                  connect: Connect) -> None:
    # smtplib E45: cut, dropped or refused; none reaches the wire
    server = serve_both()
    client = connect(server)
    envelope = {"sender": "s@x.example", "recipient": "r@x.example",
                where: address}
    try:
        client.sendmail(envelope["sender"], [envelope["recipient"]], "x")
    except (ValueError, smtplib.SMTPException):
        pass
    if client.sock:
        client.noop()
    lines = bytes(server.last.octets).split(b"\n")
    outside = [line for line in lines if not line.startswith(
        (b"ehlo ", b"mail FROM:", b"rcpt TO:", b"MAIL FROM:", b"RCPT TO:"))]
    assert {line.upper() for line in outside} <= {
        b"", b"DATA\r", b"X\r", b".\r", b"NOOP\r", b"RSET\r"}
    resets = [line for line in lines if line.upper().startswith(b"RSET")]
    if server.envelopes:
        assert resets == []
    else:
        assert len(resets) <= 1


def test_docmd(serve: Serve, connect: Connect) -> None:
    # smtplib E46
    server = serve(answers={"XTWO": "250 fine"})
    client = connect(server)
    assert client.docmd("XONE", "x") == (500, b"5.5.2 what?")
    assert client.docmd("XTWO") == (250, b"fine")
    assert server.commands == ["XONE x", "XTWO"]


LONGEST = b"250 " + b"x" * 8186 + b"\r\n"
REPLIES: list[tuple[str, bytes, tuple[int, bytes]]] = [
    ("E47 one line", b"250 fine\r\n", (250, b"fine")),
    ("E47 lines", b"250-one\r\n250-two\r\n250 three\r\n",
     (250, b"one\ntwo\nthree")),
    ("E47 blanks", b"250 \t  fi ne\t \r\n", (250, b"fi ne")),
    ("E47 empty lines", b"250-\r\n250- \r\n250 end\r\n", (250, b"\n\nend")),
    ("E47 any code", b"999 odd\r\n", (999, b"odd")),
    ("E48 LF alone", b"250-one\n250 two\n", (250, b"one\ntwo")),
    ("E48 code alone", b"250\r\n", (250, b"")),
    ("E48 code and blank", b"250 \r\n", (250, b"")),
    ("E48 code and LF", b"250\n", (250, b"")),
    ("E49 no number", b"hello world\r\n", (-1, b"o world")),
    ("E49 empty line", b"\r\n", (-1, b"")),
    ("E49 within a reply", b"250-one\r\nwhat now\r\n", (-1, b"one\nnow")),
    ("E51 a letter", b"250abc\r\n", (250, b"bc")),
    ("E51 an underscore", b"250-a\r\n250_b\r\n", (250, b"a\nb")),
    ("E52 8 bits", b"250 \xff\x80\xc3\xa4\r\n", (250, b"\xff\x80\xc3\xa4")),
    ("E53 longest line", LONGEST, (250, b"x" * 8186)),
]


@pytest.mark.parametrize("said, reply", [each[1:] for each in REPLIES],
                         ids=[each[0] for each in REPLIES])
def test_replies(said: bytes, reply: tuple[int, bytes], serve: Serve,
                 connect: Connect) -> None:
    # smtplib E47, E48, E49, E51, E52, E53
    client = connect(serve(answers={"NOOP": [said, "250 next"]}))
    found = client.noop()
    assert found == reply
    assert type(found) is tuple
    assert type(found[0]) is int and type(found[1]) is bytes
    assert client.noop() == (250, b"next")


@pytest.mark.parametrize("said, reply", [each[1:] for each in REPLIES[:-1]],
                         ids=[each[0] for each in REPLIES[:-1]])
def test_replies_octet_by_octet(said: bytes, reply: tuple[int, bytes],
                                idle: Any) -> None:
    # smtplib E47 and those after it; a file that the program hands in
    class Slow(io.RawIOBase):
        rest = said

        def readable(self) -> bool:
            return True

        def readinto(self, room: Any) -> int:
            first, self.rest = self.rest[:1], self.rest[1:]
            room[:len(first)] = first
            return len(first)

    idle.file = io.BufferedReader(Slow())
    assert idle.getreply() == reply


def test_after_a_line_without_code(serve: Serve, connect: Connect) -> None:
    # smtplib E49: reading stops at that line
    client = connect(serve(answers={
        "NOOP": b"250-one\r\nwhat?\r\n250 rest\r\n"}))
    assert client.noop() == (-1, b"one\n?")
    assert client.getreply() == (250, b"rest")


@pytest.mark.parametrize("said, text", [
    (b"250-one\r\n550 two\r\n", b"one\ntwo"),
    (b"550-one\r\n250 two\r\n", b"one\ntwo")])
def test_mixed_codes(said: bytes, text: bytes, serve: Serve,
                     connect: Connect) -> None:
    # smtplib E50: the last line's code there; -1 in pneu, never a success
    client = connect(serve(answers={"NOOP": [said, "250 next"]}))
    last = int(said.split(b"\n")[1][:3])
    assert client.noop() == ((last if STANDARD else -1), text)
    assert client.noop() == (250, b"next")


@pytest.mark.parametrize("said", [
    b"250 " + b"x" * 8187 + b"\r\n", b"250-a\r\n250 " + b"x" * 9000 + b"\r\n",
    b"x" * 10000])
def test_a_line_too_long(said: bytes, serve: Serve,
                         connect: Connect) -> None:
    # smtplib E53
    server = serve(answers={"NOOP": said})
    client = connect(server)
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        client.noop()
    assert caught.value.args == (500, "Line too long.")
    assert client.sock is None
    assert server.last.ended()


@pytest.mark.parametrize("lines, octets", [(1025, 8), (200, 900)])
def test_a_reply_too_long(lines: int, octets: int, serve: Serve,
                          connect: Connect) -> None:
    # smtplib E53: there no limit; in pneu 1,024 lines and 128 KiB
    line = b"x" * (octets - 6)
    said = b"".join([b"250-" + line + b"\r\n"] * (lines - 1)
                    + [b"250 " + line + b"\r\n"])
    server = serve(answers={"NOOP": said})
    client = connect(server)
    if STANDARD:
        assert client.noop() == (250, b"\n".join([line] * lines))
        return
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        client.noop()
    assert caught.value.args == (500, "Reply too long.")
    assert client.sock is None
    assert server.last.ended()


def test_a_long_reply(serve: Serve, connect: Connect) -> None:
    # smtplib E53
    said = b"250-" + b"x" * 94 + b"\r\n"
    client = connect(serve(answers={"NOOP": said * 1000 + b"250 end\r\n"}))
    assert client.noop() == (250, (b"x" * 94 + b"\n") * 1000 + b"end")


def test_end_of_file(serve: Serve, connect: Connect) -> None:
    # smtplib E54
    client = connect(serve(answers={"NOOP": CLOSE}))
    with pytest.raises(smtplib.SMTPServerDisconnected,
                       match="^Connection unexpectedly closed$"):
        client.noop()
    assert client.sock is None


def test_end_of_file_within_a_reply(serve: Serve, connect: Connect) -> None:
    # smtplib E54
    client = connect(serve(answers={"NOOP": (b"250-one\r\n", CLOSE)}))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()
    assert client.sock is None


@pytest.mark.parametrize("said, reply", [
    (b"250 fine", (250, b"fine")), (b"250", (250, b"")),
    (b"25", (25, b"")), (b"250-one\r\n250 tw", (250, b"one\ntw"))])
def test_a_last_line_without_end(said: bytes, reply: tuple[int, bytes],
                                 serve: Serve, connect: Connect) -> None:
    # smtplib E54; two digits are no code in pneu (E57)
    client = connect(serve(answers={"NOOP": (said, CLOSE)}))
    if said == b"25" and not STANDARD:
        reply = (-1, b"")
    assert client.noop() == reply
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.getreply()


def test_a_read_error(serve: Serve, connect: Connect) -> None:
    # smtplib E55
    client = connect(serve(answers={"NOOP": RESET}))
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        client.noop()
    assert str(caught.value) == ("Connection unexpectedly closed: "
                                 "[Errno 104] Connection reset by peer")
    assert client.sock is None


def test_replies_stay_queued(serve: Serve, connect: Connect) -> None:
    # smtplib E56
    client = connect(serve(answers={
        "XTHREE": b"250 one\r\n251-two\r\n251 more\r\n252 three\r\n"}))
    client.putcmd("XTHREE")
    client.putcmd("NOOP")
    assert client.getreply() == (250, b"one")
    assert client.getreply() == (251, b"two\nmore")
    assert client.getreply() == (252, b"three")
    assert client.getreply() == (250, b"2.0.0 fine")


@pytest.mark.parametrize("code", [b" 25", b"+12", b"-1 ", b"1_0"])
def test_odd_codes(code: bytes, serve: Serve, connect: Connect) -> None:
    # smtplib E57: a stricter parse is allowed
    client = connect(serve(answers={"NOOP": code + b" text\r\n"}))
    assert client.noop() == ((int(code) if STANDARD else -1), b"text")


def test_a_reply_that_nobody_asked_for(serve_both: Serve,
                                       connect: Connect) -> None:
    # smtplib E56: programs may write a group by hand, and read its replies
    server = serve_both()
    client = connect(server)
    client.ehlo()
    client.send("MAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\n"
                "DATA\r\n")
    assert [client.getreply()[0] for _ in range(3)] == [250, 250, 354]
    client.send("x\r\n.\r\n")
    assert client.getreply() == (250, b"2.0.0 queued as 4711")
    assert client.sendmail("c@x.example", "d@x.example", "y") == {}
    assert [each.sender for each in server.envelopes] == ["a@x.example",
                                                          "c@x.example"]
