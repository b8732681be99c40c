"""smtplib, sendmail: its arguments, its result, and the wire."""

from __future__ import annotations

from typing import Any

import pytest

from contract import (ME, MESSAGE, SECONDS, STANDARD, Connect, Serve,
                      audited, only_pneu, smtplib)
from contract_cases import (BAD, B, C, D, DOUBT, GOOD, LATER, SENDER,
                            by_methods)
from scripted import CLOSE

pytest_plugins = ["contract_fixtures"]


def test_order_on_the_wire(serve_both: Serve, connect: Connect) -> None:
    # smtplib J90, J93, J94, J111: one command at a time, or in groups
    server = serve_both(["SIZE 1000", "DSN"])
    client = connect(server)
    for _ in range(2):
        client.sendmail(SENDER, [B, C], MESSAGE, ["RET=HDRS"],
                        ["NOTIFY=NEVER"])
    message = [f"MAIL FROM:<{SENDER}> size={len(MESSAGE)} RET=HDRS",
               f"RCPT TO:<{B}> NOTIFY=NEVER", f"RCPT TO:<{C}> NOTIFY=NEVER",
               "DATA"]
    assert server.commands == [f"EHLO {ME}", *message, *message]
    assert server.last.overlapped is (server.pipelining and not STANDARD)


@only_pneu
@pytest.mark.parametrize("way", ["class", "instance"])
def test_pipelining_can_be_switched_off(way: str, serve: Serve,
                                        connect: Connect) -> None:
    # smtplib J90
    server = serve(pipelining=True)
    kind = smtplib.SMTP
    if way == "class":
        kind = type("Slow", (kind,), {"pipelining": False})
    client = connect(server, kind)
    client.pipelining = False
    assert client.sendmail(SENDER, [B, C], MESSAGE) == {}
    assert server.last.overlapped is False


def test_non_ascii_str(serve_both: Serve, connect: Connect) -> None:
    # smtplib J91
    server = serve_both()
    client = connect(server)
    with pytest.raises(UnicodeEncodeError):
        client.sendmail(SENDER, B, "\u00e4")
    assert client.sendmail(SENDER, B, "x") == {}
    assert server.last.verbs == ["EHLO", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("kind", [
    list, tuple, set, frozenset, dict.fromkeys,
    lambda names: dict.fromkeys(names).keys()])
def test_recipients_of_any_kind(kind: Any, serve_both: Serve,
                                connect: Connect) -> None:
    # smtplib J92: sized, and each once
    server = serve_both()
    client = connect(server)
    assert client.sendmail(SENDER, kind([B, C, D]), MESSAGE) == {}
    assert sorted(server.envelopes[0].recipients) == [B, C, D]


@only_pneu
def test_recipients_from_a_generator(serve_both: Serve,
                                     connect: Connect) -> None:
    # smtplib J92
    server = serve_both(answers={f"RCPT TO:<{C}>": "550 no"})
    client = connect(server)
    given = (each for each in [B, C])
    assert client.sendmail(SENDER, given, MESSAGE) == {C: (550, b"no")}
    assert server.envelopes[0].recipients == [B]


@pytest.mark.parametrize("message, size, taken", [
    ("a\nb\rc\r\n", 9, b"a\r\nb\r\nc"), ("a", 1, b"a"), ("", 0, b""),
    (b"a\r\n.b\r\n", 7, b"a\r\n.b"), (b".\r\n.", 4, b".\r\n."),
    ("\n.\n", 5, b"\r\n.")])
def test_size(message: str | bytes, size: int, taken: bytes,
              serve_both: Serve, connect: Connect) -> None:
    # smtplib J93: before dots are doubled and the last CRLF is added
    server = serve_both(["SIZE"])
    client = connect(server)
    client.sendmail(SENDER, B, message, ["X=1"])
    assert server.envelopes[0].options == [f"size={size}", "X=1"]
    assert server.envelopes[0].content == taken + b"\r\n"


def test_maximum_size(serve_both: Serve, connect: Connect) -> None:
    # smtplib J93; pneu does not even begin, unless told so
    server = serve_both(["SIZE 10"])
    client = connect(server)
    if STANDARD:
        assert client.sendmail(SENDER, B, "x" * 11) == {}
        return
    assert client.sendmail(SENDER, B, "x" * 10) == {}
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.sendmail(SENDER, B, "x" * 11)
    assert caught.value.smtp_code == 552
    assert caught.value.sender == SENDER
    assert len(server.last.verbs) == 4
    client.esmtp_features["size"] = ""
    assert client.sendmail(SENDER, B, "x" * 11) == {}
    assert len(server.envelopes) == 2


def test_options_that_are_not_offered(serve_both: Serve,
                                      connect: Connect) -> None:
    # smtplib J94
    server = serve_both()
    connect(server).sendmail(SENDER, B, "x", ["RET=HDRS", "X=1"],
                             ["NOTIFY=NEVER"])
    assert server.commands[1:3] == [f"MAIL FROM:<{SENDER}> RET=HDRS X=1",
                                    f"RCPT TO:<{B}> NOTIFY=NEVER"]


def test_options_are_not_changed(serve_both: Serve,
                                 connect: Connect) -> None:
    # smtplib J95
    server = serve_both(["SIZE", "8BITMIME"])
    mail, rcpt, to = ["X=1"], ["NOTIFY=NEVER"], [B, C]
    connect(server).sendmail(SENDER, to, b"\xff\r\n", mail, rcpt)
    assert (mail, rcpt, to) == (["X=1"], ["NOTIFY=NEVER"], [B, C])


def test_lost_at_rset_is_told_later(serve_both: Serve,
                                    connect: Connect) -> None:
    # smtplib J106
    client = connect(serve_both(answers={"MAIL": "550 no", "RSET": CLOSE}))
    with pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail(SENDER, B, "x")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.noop()


@pytest.mark.parametrize("bad", ["\u00e4@x.example", "b@x.example\u2028"])
def test_an_address_that_cannot_be_sent(bad: str, serve_both: Serve,
                                        connect: Connect) -> None:
    # smtplib J109: MAIL stays open there; in pneu the next message goes
    server = serve_both()
    client = connect(server)
    with pytest.raises(UnicodeEncodeError):
        client.sendmail(SENDER, [B, bad], "x")
    if not STANDARD:
        assert client.sendmail(SENDER, [B], "y") == {}
        assert server.envelopes[0].recipients == [B]


@pytest.mark.parametrize("where", ["mail", "rcpt"])
def test_a_line_break_in_an_option(where: str, serve_both: Serve,
                                   connect: Connect) -> None:
    # smtplib E44, J109
    server = serve_both()
    client = connect(server)
    options = {"mail": (["X=1\r\nDATA"], ()), "rcpt": ((), ["X=1\nDATA"])}
    with pytest.raises(ValueError, match="prohibited newline"):
        client.sendmail(SENDER, B, "x", *options[where])
    if not STANDARD:
        assert client.sendmail(SENDER, B, "y") == {}
    assert "DATA" not in server.last.verbs[:2]
    assert not any("X=1" in line for line in server.commands)


def test_the_reply_to_the_message(serve_both: Serve,
                                  connect: Connect) -> None:
    # smtplib J110: lost there; in pneu the dictionary carries it
    server = serve_both(answers={f"RCPT TO:<{C}>": "550 5.1.1 who?"})
    result = connect(server).sendmail(SENDER, [B, C], "x")
    assert result == {C: (550, b"5.1.1 who?")}
    assert isinstance(result, dict)
    if STANDARD:
        return
    assert result.reply == (250, b"2.0.0 queued as 4711")
    first, second = result.outcomes
    assert (first.recipient, first.outcome, first.code, first.enhanced,
            first.text) == (B, GOOD, 250, "2.0.0", b"2.0.0 queued as 4711")
    assert (second.recipient, second.outcome, second.command, second.code,
            second.enhanced) == (C, BAD, "RCPT", 550, "5.1.1")
    assert second.text.endswith(b"who?")


@only_pneu
@pytest.mark.parametrize("half", [b"250-fine\r\n25", b"250-fine\r\n",
                                  b"25", b"250-fine\r\n550"])
@pytest.mark.parametrize("methods", [True, False])
def test_half_a_reply_is_no_reply(methods: bool, half: bytes,
                                  serve_both: Serve) -> None:
    # smtplib E54, J107
    server = serve_both(answers={".": (half, CLOSE)})
    kind = by_methods(smtplib.SMTP) if methods else smtplib.SMTP
    with kind(*server.address, local_hostname=ME, timeout=SECONDS) as client:
        with pytest.raises(smtplib.SMTPException) as caught:
            client.sendmail(SENDER, B, "x")
    assert [each.outcome for each in caught.value.outcomes] == [DOUBT]


@only_pneu
def test_exceptions_carry_outcomes(serve_both: Serve,
                                   connect: Connect) -> None:
    # smtplib J110
    assert smtplib.SMTPException().outcomes == ()
    server = serve_both(answers={"RCPT": "450 4.2.1 later"})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        connect(server).sendmail(SENDER, [B], "x")
    one, = caught.value.outcomes
    assert (one.recipient, one.outcome, one.command, one.code) == (
        B, LATER, "RCPT", 450)


def test_nothing_refused_is_an_empty_dictionary(serve_both: Serve,
                                                connect: Connect) -> None:
    # smtplib J103
    result = connect(serve_both()).sendmail(SENDER, B, "x")
    assert result == {} and not result
    assert repr(result) == "{}"


def test_no_second_greeting(serve_both: Serve, connect: Connect) -> None:
    # smtplib J111
    server = serve_both()
    client = connect(server)
    client.helo()
    client.sendmail(SENDER, B, "x")
    client.sendmail(SENDER, B, "x")
    assert server.last.verbs == ["HELO"] + 2 * ["MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("message", [
    b"no header at all\r\n", b"\r\n\r\n", b"From x\r\nFrom: a\r\n\r\nFrom y",
    b"To: z@z.example\r\nBcc: y@y.example\r\n\r\n" + bytes(range(32, 127))])
def test_headers_are_left_alone(message: bytes, serve_both: Serve,
                                connect: Connect) -> None:
    # smtplib J112
    server = serve_both()
    connect(server).sendmail(SENDER, B, message)
    wanted = message if message.endswith(b"\r\n") else message + b"\r\n"
    assert server.envelopes[0].content == wanted


def test_a_large_message(serve_both: Serve, connect: Connect) -> None:
    # smtplib I85, J107
    message = b"".join(b".line %d\r\n" % n for n in range(300_000))
    server = serve_both()
    assert connect(server).sendmail(SENDER, B, message) == {}
    assert server.envelopes[0].content == message


def test_many_recipients(serve_both: Serve, connect: Connect) -> None:
    # smtplib J90, J98
    names = [f"u{n}@x.example" for n in range(550)]
    server = serve_both(answers={f"RCPT TO:<{each}>": "550 no"
                                 for each in names[::7]})
    result = connect(server).sendmail(SENDER, names, MESSAGE)
    assert result == {each: (550, b"no") for each in names[::7]}
    assert list(result) == names[::7]
    assert server.envelopes[0].recipients == [
        each for each in names if each not in result]


@pytest.mark.parametrize("given, sent", [
    ("A B <b@x.example>", B), ("<b@x.example>", B), ("b", "b"),
    ("\"b c\"@x.example", "\"b c\"@x.example"), ("b@[192.0.2.1]",
                                                "b@[192.0.2.1]")])
def test_addresses(given: str, sent: str, serve_both: Serve,
                   connect: Connect) -> None:
    # smtplib H75, H80, Q173
    server = serve_both()
    connect(server).sendmail(given, [given], "x")
    assert server.commands[1:3] == [f"MAIL FROM:<{sent}>",
                                    f"RCPT TO:<{sent}>"]


def test_after_each_error_the_next_message_goes(serve_both: Serve,
                                                connect: Connect) -> None:
    # smtplib J96, J100, J105
    server = serve_both(answers={"MAIL": ["550 no", "250 fine"],
                                 "RCPT": ["550 no", "250 fine"],
                                 "DATA": "354 go on",
                                 ".": ["554 no", "250 fine"]})
    client = connect(server)
    found = []
    for _ in range(4):
        try:
            found.append(client.sendmail(SENDER, B, "x"))
        except smtplib.SMTPException as error:
            found.append(type(error).__name__)
    assert found == ["SMTPSenderRefused", "SMTPRecipientsRefused",
                     "SMTPDataError", {}]
    assert len(server.connections) == 1


def test_audit_hooks_see_every_octet(serve_both: Serve,
                                     connect: Connect) -> None:
    # smtplib A8, I89
    server = serve_both()
    client = connect(server)
    with audited() as events:
        client.sendmail(SENDER, [B, C], MESSAGE)
    client.close()
    assert server.last.ended()
    assert b"".join(bytes(arguments[1]) for _, arguments in events) == bytes(
        server.last.octets)


def test_smtputf8(serve_both: Serve, connect: Connect) -> None:
    # smtplib H77, H78, J108
    server = serve_both(["SMTPUTF8", "8BITMIME"])
    client = connect(server)
    client.sendmail("\u00e4@x.example", ["\u00f6@x.example"], "x",
                    ["SMTPUTF8"])
    envelope = server.envelopes[0]
    assert envelope.sender == "\u00e4@x.example"
    assert envelope.recipients == ["\u00f6@x.example"]
    assert envelope.options == ["SMTPUTF8"]
    client.rset()
    assert client.command_encoding == "ascii"


def test_by_methods_is_no_group(serve: Serve) -> None:
    # smtplib A5: an overridden method sees every command, one at a time
    server = serve(pipelining=True)
    with by_methods(smtplib.SMTP)(*server.address, local_hostname=ME,
                                  timeout=SECONDS) as client:
        client.sendmail(SENDER, [B, C], MESSAGE)
    assert server.last.ended()
    assert server.last.overlapped is False
    assert server.last.commands[1] == f"mail FROM:<{SENDER}>"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_buffers(kind: Any, serve_both: Serve, connect: Connect) -> None:
    # smtplib I85; smtplib itself takes no memoryview
    if STANDARD and kind is memoryview:
        pytest.skip("bytes and bytearray there")
    server = serve_both(["SIZE"])
    octets = b"a\r\n.b\r\n"
    assert connect(server).sendmail(SENDER, B, kind(octets)) == {}
    assert server.envelopes[0].content == octets
    assert server.envelopes[0].options == ["size=7"]


def test_long_lines(serve_both: Serve, connect: Connect) -> None:
    # smtplib I85, J112: they go as they are
    server = serve_both()
    message = b"x" * 100_000 + b"\r\n." + b"y" * 1000 + b"\r\n"
    assert connect(server).sendmail(SENDER, B, message) == {}
    assert server.envelopes[0].content == message


def test_getattribute_is_honoured(serve: Serve, connect: Connect) -> None:
    # smtplib A5: for every attribute of every command
    asked: list[str] = []

    class Watched(smtplib.SMTP):
        def __getattribute__(self, name: str) -> Any:
            asked.append(name)
            return super().__getattribute__(name)

    server = serve(pipelining=True)
    assert connect(server, Watched).sendmail(SENDER, B, "x") == {}
    assert {"mail", "rcpt", "data", "putcmd", "getreply"} <= set(asked)
    assert server.last.overlapped is False


def test_a_method_replaced_between_two_messages(serve: Serve,
                                                connect: Connect) -> None:
    # smtplib A4: it is looked at anew for every message
    seen: list[str] = []
    server = serve(pipelining=True)
    client = connect(server)
    whole = client.rcpt
    client.sendmail(SENDER, B, "x")
    client.rcpt = lambda recip, options=(): seen.append(recip) or whole(
        recip, options)
    client.sendmail(SENDER, [B, C], "x")
    del client.rcpt
    client.sendmail(SENDER, B, "x")
    assert seen == [B, C]
    assert len(server.envelopes) == 3


def test_errors_of_a_replaced_method_pass(serve_both: Serve,
                                          connect: Connect) -> None:
    # smtplib A5, J109: and in pneu no transaction stays open
    server = serve_both()
    client = connect(server)

    def rcpt(recip: str, options: Any = ()) -> Any:
        raise KeyError(recip)

    client.rcpt = rcpt
    with pytest.raises(KeyError, match=B):
        client.sendmail(SENDER, B, "x")
    del client.rcpt
    if not STANDARD:
        assert client.sendmail(SENDER, B, "y") == {}
        assert server.last.verbs[2] == "RSET"
