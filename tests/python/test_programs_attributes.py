"""What programs edit on smtplib's objects, what they pass to them, and the
commands that they send by hand."""

from __future__ import annotations

import email
from typing import Any, Callable, Iterable

import pytest
from servers.line import trusting
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.heard import heard, verbs
from unchanged.shared import (ANN, BOB, BOTH, CYD, LETTER, Smtp, letter,
                              smtplib, start)


@BOTH
@pytest.mark.parametrize("value", [0, False])
def test_does_esmtp_taken_back(sink: Callable[..., Sink], value: Any,
                               pipelining: bool) -> None:
    """Then nothing is said of what the server offers."""
    server = start(sink, pipelining=pipelining)
    with Smtp("localhost", server.port) as smtp:
        smtp.ehlo()
        smtp.does_esmtp = value
        smtp.sendmail(ANN, [BOB], LETTER, ["BODY=8BITMIME"], ["NOTIFY=NEVER"])
    spoken = [line.upper() for line in heard(server)]
    assert f"MAIL FROM:<{ANN}>".upper() in spoken
    assert f"RCPT TO:<{BOB}>".upper() in spoken


@BOTH
def test_size_taken_out(sink: Callable[..., Sink], pipelining: bool) -> None:
    """For servers that offer SIZE and refuse it in MAIL."""
    server = start(sink, pipelining=pipelining)
    with Smtp("localhost", server.port) as smtp:
        smtp.ehlo()
        assert int(smtp.esmtp_features["size"]) > 1000
        del smtp.esmtp_features["size"]
        smtp.sendmail(ANN, [BOB], LETTER)
    assert not any("size=" in line.lower() for line in heard(server))


def test_pipelining_taken_out(sink: Callable[..., Sink]) -> None:
    """What the server offers is what the dictionary says at the time: this
    server ends the connection of whoever sends commands in a group."""
    server = start(sink, "--refuse-pipelining=421 4.7.0 One at a time")
    with Smtp("localhost", server.port) as smtp:
        smtp.ehlo()
        smtp.esmtp_features = {}
        assert smtp.sendmail(ANN, [BOB, CYD], LETTER) == {}


def test_features_put_in(scripted: Callable[..., Any]) -> None:
    server = scripted(Talk())
    smtp = Smtp("127.0.0.1", server.port)
    smtp.ehlo()
    smtp.esmtp_features["size"] = ""
    smtp.sendmail(ANN, [BOB], LETTER)
    smtp.close()
    assert any("size=23" in line.lower() for line in server.lines())


@BOTH
@pytest.mark.parametrize("make", [
    set, frozenset, tuple, list, dict.fromkeys,
    lambda names: dict.fromkeys(names).keys(),
], ids=["set", "frozenset", "tuple", "list", "dict", "keys"])
def test_kinds_of_recipient_lists(sink: Callable[..., Sink],
                                  make: Callable[[Iterable[str]], Any],
                                  pipelining: bool) -> None:
    server = start(sink, pipelining=pipelining)
    with Smtp("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, make([BOB, CYD]), LETTER) == {}
    assert sorted(server.letter().fields("X-Pneu-Recipient")) == [
        f"<{BOB}>", f"<{CYD}>"]


def test_addresses_with_names(sink: Callable[..., Sink]) -> None:
    """A display name is left out of the envelope."""
    server = start(sink)
    with Smtp("localhost", server.port) as smtp:
        smtp.sendmail(f"Ann <{ANN}>", [f'"Bob, the second" <{BOB}>'], LETTER)
    letter = server.letter()
    assert letter.field("Return-Path") == f"<{ANN}>"
    assert letter.fields("X-Pneu-Recipient") == [f"<{BOB}>"]


def test_header_values_as_addresses(sink: Callable[..., Sink]) -> None:
    """sendmail(msg["From"], msg["To"], …): header objects are a kind of
    str."""
    server = start(sink)
    message = letter(f"Bob <{BOB}>")
    old = email.message_from_string(message.as_string())
    with Smtp("localhost", server.port) as smtp:
        for each in (message, old):
            for to in (each["To"], [each["To"]]):
                smtp.sendmail(each["From"], to, each.as_string())
    letters = server.letters()
    assert len(letters) == 4
    for each in letters:
        assert each.field("Return-Path") == f"<{ANN}>"
        assert each.fields("X-Pneu-Recipient") == [f"<{BOB}>"]


@BOTH
@pytest.mark.parametrize("options", [
    None, {}, set(), {"NOTIFY=NEVER"}, ["NOTIFY=NEVER"]],
    ids=["None", "dict", "set", "one in a set", "one in a list"])
def test_kinds_of_recipient_options(sink: Callable[..., Sink], options: Any,
                                    pipelining: bool) -> None:
    server = start(sink, "--json", pipelining=pipelining)
    with Smtp("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER, (), options) == {}
        assert smtp.send_message(letter(), rcpt_options=options) == {}
    wanted = {"NOTIFY": "NEVER"} if options else {}
    for _ in range(2):
        assert server.report()["recipient_parameters"] == [wanted]


@BOTH
@pytest.mark.parametrize("kind", [list, set, dict.fromkeys, iter],
                         ids=["list", "set", "dict", "iterator"])
def test_kinds_of_mail_options(sink: Callable[..., Sink],
                               kind: Callable[[list[str]], Any],
                               pipelining: bool) -> None:
    server = start(sink, "--json", pipelining=pipelining)
    with Smtp("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER, kind(["ENVID=a1"])) == {}
        assert smtp.sendmail(ANN, [BOB], LETTER, kind([])) == {}
    assert server.report()["parameters"]["ENVID"] == "a1"
    assert "ENVID" not in server.report()["parameters"]


def test_port_from_a_file(sink: Callable[..., Sink]) -> None:
    """A port that is a str, as it comes out of an environment or a file."""
    server = sink(tls="starttls")
    with Smtp("localhost", str(server.port), timeout=10) as smtp:
        smtp.starttls(context=trusting(server))
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    server = sink(tls="implicit")
    with smtplib.SMTP_SSL("localhost", str(server.port),
                          context=trusting(server)) as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    smtp = Smtp()
    assert smtp.connect(f"localhost:{sink().port}")[0] == 220
    smtp.quit()


# Commands by hand

def test_address_checked_and_nothing_sent(sink: Callable[..., Sink]) -> None:
    """How many programs ask a server whether it knows an address."""
    server = start(sink, "--refuse", "gone@example.com=550 5.1.1 Gone")
    smtp = Smtp(timeout=10)
    assert smtp.connect("localhost", server.port)[0] == 220
    smtp.helo(smtp.local_hostname)
    assert smtp.mail("")[0] == 250
    assert smtp.rcpt(BOB)[0] == 250
    assert smtp.rcpt("gone@example.com") == (550, b"5.1.1 Gone")
    assert smtp.rset()[0] == 250
    smtp.quit()
    assert verbs(server) == ["HELO", "MAIL", "RCPT", "RCPT", "RSET", "QUIT"]
    assert heard(server)[1] == "mail FROM:<>"


def test_message_by_hand(sink: Callable[..., Sink]) -> None:
    """DATA with putcmd, getreply and send, and a method call after it."""
    server = start(sink)
    smtp = Smtp("localhost", server.port)
    smtp.ehlo()
    for line in (f"MAIL FROM:<{ANN}>", f"RCPT TO:<{BOB}>"):
        assert smtp.docmd(line)[0] == 250
    smtp.putcmd("DATA")
    assert smtp.getreply()[0] == 354
    smtp.send(b"Subject: by hand\r\n\r\n")
    smtp.send("Hello.\r\n")
    smtp.send("." + smtplib.CRLF)
    assert smtp.getreply()[0] == 250
    assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    smtp.quit()
    assert len(server.letters()) == 2


def test_chunk_by_hand(sink: Callable[..., Sink]) -> None:
    """BDAT (RFC 3030), which smtplib does not know."""
    server = start(sink)
    smtp = Smtp("localhost", server.port)
    smtp.ehlo()
    assert smtp.has_extn("chunking")
    smtp.mail(ANN)
    smtp.rcpt(BOB)
    smtp.putcmd("BDAT", f"{len(LETTER)} LAST")
    smtp.send(LETTER.encode())
    assert smtp.getreply()[0] == 250
    smtp.quit()
    assert server.letter().content == b"Subject: hi\n\nHello.\n"


def test_commands_sent_ahead(scripted: Callable[..., Any]) -> None:
    """putcmd three times, then getreply three times."""
    server = scripted(Talk(["PIPELINING"], answers={
        "NOOP": "250 one", "VRFY": "252 two", "RSET": "250 three"}))
    smtp = Smtp("127.0.0.1", server.port)
    smtp.ehlo()
    for command in ("noop", "vrfy nobody", "rset"):
        smtp.putcmd(command)
    assert [smtp.getreply() for _ in range(3)] == [
        (250, b"one"), (252, b"two"), (250, b"three")]
    assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    smtp.quit()


def test_xclient(sink: Callable[..., Sink]) -> None:
    """A command that smtplib does not know; the session begins again."""
    server = start(sink, "--xclient", "--json")
    smtp = Smtp("localhost", server.port)
    smtp.ehlo()
    assert "ADDR" in smtp.esmtp_features["xclient"].split()
    assert smtp.docmd("XCLIENT", "ADDR=192.0.2.7 NAME=other.example")[0] \
        == 220
    smtp.ehlo()
    smtp.sendmail(ANN, [BOB], LETTER)
    smtp.quit()
    assert server.report()["xclient"]["ADDR"] == "192.0.2.7"


def test_kept_alive(sink: Callable[..., Sink]) -> None:
    """noop() to see whether it is still there, and a new connection if it is
    not: a pattern that is found everywhere."""
    def is_connected(smtp: Any) -> bool:
        try:
            return smtp.noop()[0] == 250
        except smtplib.SMTPServerDisconnected:
            return False

    server = start(sink)
    smtp = Smtp()
    assert not is_connected(smtp)
    for _ in range(2):
        smtp.connect("localhost", server.port)
        assert is_connected(smtp)
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
        smtp.quit()
        assert not is_connected(smtp)
    assert verbs(server).count("EHLO") == 2


def test_quit_inside_with(sink: Callable[..., Sink]) -> None:
    server = start(sink)
    with Smtp("localhost", server.port) as smtp:
        smtp.send_message(letter())
        smtp.quit()
    assert smtp.sock is None


def test_clauses_that_programs_have(scripted: Callable[..., Any]) -> None:
    """Codes and texts as they take them out of exceptions."""
    server = scripted(Talk(answers={"RCPT": "550 5.1.1 Nobody\u00fc"}))
    smtp = Smtp("127.0.0.1", server.port)
    told = []
    try:
        smtp.sendmail(ANN, [BOB], LETTER)
    except smtplib.SMTPResponseException as error:
        told.append(error.smtp_error)
    except smtplib.SMTPRecipientsRefused as error:
        for who, (code, text) in error.recipients.items():
            told.append(f"{who}: {code} {text.decode('utf-8', 'replace')}")
    assert told == [f"{BOB}: 550 5.1.1 Nobodyü"]
    smtp.close()
    with pytest.raises(OSError):
        smtp.noop()
