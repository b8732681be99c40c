"""smtplib, MAIL, RCPT and DATA by their own methods."""

from __future__ import annotations

from typing import Any

import pytest

from contract import STANDARD, Connect, Serve, audited, only_pneu, smtplib

pytest_plugins = ["contract_fixtures"]


@pytest.fixture
def greeted(serve: Serve, connect: Connect) -> Any:
    """A client of a server that keeps no order, after EHLO; the server is
    its attribute."""
    server = serve(["SIZE 1000", "SMTPUTF8", "DSN"], loose=True)
    client = connect(server)
    client.ehlo()
    client.server = server
    return client


@pytest.mark.parametrize("sender, options, line", [
    ("a@x.example", (), b"mail FROM:<a@x.example>"),
    ("a@x.example", ["SIZE=5", "RET=HDRS"],
     b"mail FROM:<a@x.example> SIZE=5 RET=HDRS"),
    ("A B <a@x.example>", ("X=1",), b"mail FROM:<a@x.example> X=1"),
    ("", (), b"mail FROM:<>"), ("<>", (), b"mail FROM:<>"),
    ("postmaster", [], b"mail FROM:<postmaster>")])
def test_mail(sender: str, options: Any, line: bytes, greeted: Any) -> None:
    # smtplib H75, H82
    del greeted.server.last.octets[:]
    assert greeted.mail(sender, options) == (250, b"2.1.0 sender fine")
    assert bytes(greeted.server.last.octets) == line + b"\r\n"


@pytest.mark.parametrize("recipient, options, line", [
    ("a@x.example", (), b"rcpt TO:<a@x.example>"),
    ("a@x.example", ["NOTIFY=NEVER", "X=1"],
     b"rcpt TO:<a@x.example> NOTIFY=NEVER X=1"),
    ("<a@x.example>", (), b"rcpt TO:<a@x.example>"),
    ("", (), b"rcpt TO:<>")])
def test_rcpt(recipient: str, options: Any, line: bytes,
              greeted: Any) -> None:
    # smtplib H80, H82
    del greeted.server.last.octets[:]
    assert greeted.rcpt(recipient, options) == (250, b"2.1.5 recipient fine")
    assert bytes(greeted.server.last.octets) == line + b"\r\n"


def test_no_options_without_esmtp(serve: Serve, connect: Connect) -> None:
    # smtplib H76
    server = serve(loose=True)
    client = connect(server)
    client.helo()
    client.mail("a@x.example", ["SMTPUTF8", "SIZE=5"])
    client.rcpt("b@x.example", ["NOTIFY=NEVER"])
    assert server.commands[1:] == ["MAIL FROM:<a@x.example>",
                                   "RCPT TO:<b@x.example>"]
    assert client.command_encoding == "ascii"


@pytest.mark.parametrize("option", ["SMTPUTF8", "smtputf8", "SmtpUtf8"])
def test_smtputf8(option: str, greeted: Any) -> None:
    # smtplib H77, H78
    greeted.mail("\u00e4@x.example", ["X=1", option])
    assert greeted.command_encoding == "utf-8"
    greeted.rcpt("\u00f6@x.example")
    assert greeted.server.commands[1:] == [
        f"MAIL FROM:<\u00e4@x.example> X=1 {option}",
        "RCPT TO:<\u00f6@x.example>"]
    greeted.noop()
    assert greeted.command_encoding == "utf-8"
    greeted.rset()
    assert greeted.command_encoding == "ascii"


def test_smtputf8_not_offered(greeted: Any) -> None:
    # smtplib H77
    del greeted.esmtp_features["smtputf8"]
    with pytest.raises(smtplib.SMTPNotSupportedError,
                       match="SMTPUTF8 not supported by server"):
        greeted.mail("a@x.example", ["SMTPUTF8"])
    assert greeted.command_encoding == "ascii"
    greeted.noop()
    assert greeted.server.last.verbs == ["EHLO", "NOOP"]


@pytest.mark.parametrize("call", [
    lambda client: client.mail("\u00e4@x.example"),
    lambda client: client.rcpt("\u00e4@x.example"),
    lambda client: client.vrfy("\u00e4"), lambda client: client.ehlo("\u00e4"),
    lambda client: client.mail("a@x.example", ["X=\u00e4"])],
    ids=["mail", "rcpt", "vrfy", "ehlo", "option"])
def test_what_ascii_does_not_have(call: Any, greeted: Any) -> None:
    # smtplib H79
    with pytest.raises(UnicodeEncodeError):
        call(greeted)
    assert greeted.noop()[0] == 250
    assert greeted.server.last.verbs == ["EHLO", "NOOP"]


def test_refusals_are_replies(greeted: Any) -> None:
    # smtplib H81
    greeted.server.answers.update(MAIL="550 no", RCPT="421 off")
    assert greeted.mail("a@x.example") == (550, b"no")
    greeted.server.answers["RCPT"] = b"421 off\r\n"
    assert greeted.rcpt("b@x.example") == (421, b"off")
    assert greeted.noop()[0] == 250


@pytest.mark.parametrize("reply", ["554 no", "250 odd", "300 odd"])
def test_data_refused(reply: str, greeted: Any) -> None:
    # smtplib I83
    greeted.server.answers["DATA"] = reply
    with pytest.raises(smtplib.SMTPDataError) as caught:
        greeted.data(b"x")
    assert caught.value.args == (int(reply[:3]), reply[4:].encode())
    assert greeted.noop()[0] == 250
    assert greeted.server.last.verbs == ["EHLO", "DATA", "NOOP"]


def test_data_answered_421(greeted: Any) -> None:
    # smtplib I83; pneu closes
    greeted.server.answers["DATA"] = b"421 off\r\n"
    with pytest.raises(smtplib.SMTPDataError) as caught:
        greeted.data(b"x")
    assert caught.value.args == (421, b"off")
    assert (greeted.sock is not None) is STANDARD


TEXTS = [("a\r\nb", b"a\r\nb"), ("a\nb", b"a\r\nb"), ("a\rb", b"a\r\nb"),
         ("a\n\rb", b"a\r\n\r\nb"), ("a\r\r\nb", b"a\r\n\r\nb"),
         ("\n", b""), ("a\n", b"a"), ("a\r", b"a"), ("a\n\n", b"a\r\n"),
         ("\r.\r", b"\r\n..")]


@pytest.mark.parametrize("text, raw", TEXTS)
def test_data_str(text: str, raw: bytes, greeted: Any) -> None:
    # smtplib I84
    greeted.data(text)
    assert greeted.server.envelopes[0].raw == raw + b"\r\n.\r\n"


def test_data_non_ascii(greeted: Any) -> None:
    # smtplib I84; pneu encodes before it sends DATA
    with pytest.raises(UnicodeEncodeError):
        greeted.data("\u00e4")
    if STANDARD:
        assert greeted.server.last.verbs == ["EHLO", "DATA"]
        greeted.close()
    else:
        assert greeted.noop()[0] == 250
        assert greeted.server.last.verbs == ["EHLO", "NOOP"]


OCTETS = [
    (b"a\r\nb\r\n", b"a\r\nb\r\n"), (b"\xff\xfe\r\n", b"\xff\xfe\r\n"),
    (b"a", b"a\r\n"), (b"", b"\r\n"), (b".", b"..\r\n"),
    (b".\r\n.\r\n", b"..\r\n..\r\n"), (b"..a\r\n", b"...a\r\n"),
    (b"a\r\n.b", b"a\r\n..b\r\n"), (b"a\r\n\r\n", b"a\r\n\r\n"),
    (b"a.\r\n", b"a.\r\n")]


@pytest.mark.parametrize("octets, raw", OCTETS)
def test_data_bytes(octets: bytes, raw: bytes, greeted: Any) -> None:
    # smtplib I85, I86, I87
    assert greeted.data(octets) == (250, b"2.0.0 queued as 4711")
    assert greeted.server.envelopes[0].raw == raw + b".\r\n"


BARE = [(b"a\nb\r\n", b"a\nb\r\n", b"a\r\nb\r\n"),
        (b"a\n.b\r\n", b"a\n..b\r\n", b"a\r\n..b\r\n"),
        (b"a\rb\r\n", b"a\rb\r\n", b"a\r\nb\r\n"),
        (b"a\r.b\r\n", b"a\r.b\r\n", b"a\r\n..b\r\n"),
        (b"a\n", b"a\n\r\n", b"a\r\n"), (b"a\r", b"a\r\r\n", b"a\r\n"),
        (b"a\n.\nQUIT\n", b"a\n..\nQUIT\n\r\n", b"a\r\n..\r\nQUIT\r\n"),
        (b"a\r.\rQUIT\r\n", b"a\r.\rQUIT\r\n", b"a\r\n..\r\nQUIT\r\n")]


@pytest.mark.parametrize("octets, standard, pneu", BARE)
def test_data_bytes_with_bare_line_ends(octets: bytes, standard: bytes,
                                        pneu: bytes, greeted: Any) -> None:
    # smtplib I85, I86, I87: bytes unchanged there; in pneu CR and LF alone
    # become CRLF, so that no server can see the end of the message in them
    greeted.data(octets)
    raw = standard if STANDARD else pneu
    assert greeted.server.envelopes[0].raw == raw + b".\r\n"


@only_pneu
@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_data_other_buffers(kind: Any, greeted: Any) -> None:
    # smtplib I85
    greeted.data(kind(b"a\r\n.b"))
    assert greeted.server.envelopes[0].raw == b"a\r\n..b\r\n.\r\n"


@pytest.mark.parametrize("reply", ["250 fine", "554 no", "451 later",
                                   "354 odd"])
def test_data_returns_the_final_reply(reply: str, greeted: Any) -> None:
    # smtplib I88
    greeted.server.answers["."] = reply
    assert greeted.data(b"x") == (int(reply[:3]), reply[4:].encode())
    assert greeted.noop()[0] == 250
    assert greeted.server.last.verbs[-2:] == ["DATA", "NOOP"]


def test_data_goes_in_one_piece(greeted: Any) -> None:
    # smtplib I89
    with audited() as events:
        greeted.data(b"x" * 300_000)
    written = [bytes(arguments[1]) for _, arguments in events]
    assert written == [b"data\r\n", b"x" * 300_000 + b"\r\n.\r\n"]


@only_pneu
def test_data_refuses_nul(greeted: Any) -> None:
    # smtplib I85: NUL has no place in a message
    for message in ["a\0b", b"a\0b"]:
        with pytest.raises(ValueError):
            greeted.data(message)
    assert greeted.noop()[0] == 250
    assert greeted.server.last.verbs == ["EHLO", "NOOP"]
