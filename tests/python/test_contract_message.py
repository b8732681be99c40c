"""smtplib, send_message. Each runs with and without PIPELINING."""

from __future__ import annotations

import email.encoders
import email.message
import email.policy
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import pytest

from contract import STANDARD, Connect, Serve, only_pneu, smtplib
from contract_cases import every_way

pytest_plugins = ["contract_fixtures"]

SENDER, B, C = "a@x.example", "b@x.example", "c@x.example"


def letter(text: str = "hello\n", **headers: str) -> email.message.Message:
    """Made with compat32, the policy of programs of old."""
    made = email.message.Message()
    for name, value in {"From": SENDER, "To": B, **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_payload(text)
    return made


def test_greets_first(serve_both: Serve, connect: Connect) -> None:
    # smtplib K113
    server = serve_both()
    with pytest.raises(ValueError):
        connect(server).send_message(resent_twice())
    assert server.last.verbs == ["EHLO"]


def resent_twice() -> email.message.Message:
    made = letter()
    made["Resent-Date"] = "Mon, 1 Jan 2024 00:00:00 +0000"
    made["Resent-Date"] = "Tue, 2 Jan 2024 00:00:00 +0000"
    return made


def test_two_resent_dates(serve_both: Serve, connect: Connect) -> None:
    # smtplib K114
    server = serve_both()
    client = connect(server)
    with pytest.raises(ValueError, match="more than one 'Resent-'"):
        client.send_message(resent_twice())
    assert client.send_message(letter()) == {}
    assert len(server.envelopes) == 1


RESENT: dict[str, str] = {"Resent_From": "r@x.example",
                          "Resent_To": "s@x.example",
                          "Resent_Cc": "t@x.example",
                          "Resent_Bcc": "u@x.example"}


def test_resent(serve_both: Serve, connect: Connect) -> None:
    # smtplib K114, K115, K116, K119: the plain headers are ignored
    server = serve_both()
    message = letter(Sender="no@x.example", Cc="no@x.example",
                     Bcc="no@x.example", Resent_Date="today", **RESENT)
    connect(server).send_message(message)
    envelope = server.envelopes[0]
    assert envelope.sender == "r@x.example"
    assert envelope.recipients == ["s@x.example", "u@x.example",
                                   "t@x.example"]
    assert b"bcc" not in envelope.content.lower()
    assert b"Resent-To: s@x.example\r\n" in envelope.content


def test_resent_without_date(serve_both: Serve, connect: Connect) -> None:
    # smtplib K114
    server = serve_both()
    connect(server).send_message(letter(**RESENT))
    envelope = server.envelopes[0]
    assert (envelope.sender, envelope.recipients) == (SENDER, [B])


def test_resent_sender(serve_both: Serve, connect: Connect) -> None:
    # smtplib K115
    server = serve_both()
    connect(server).send_message(letter(
        Resent_Date="today", Resent_Sender="q@x.example", **RESENT))
    assert server.envelopes[0].sender == "q@x.example"


@pytest.mark.parametrize("headers, sender", [
    ({"From": "A <a1@x.example>"}, "a1@x.example"),
    ({"From": "a1@x.example, a2@x.example"}, "a1@x.example"),
    ({"From": "a1@x.example", "Sender": "S <s@x.example>"}, "s@x.example"),
    ({"From": "\"x, y\" <a1@x.example>"}, "a1@x.example")])
def test_sender(headers: dict[str, str], sender: str, serve_both: Serve,
                connect: Connect) -> None:
    # smtplib K115
    server = serve_both()
    connect(server).send_message(letter(**headers))
    assert server.envelopes[0].sender == sender


def test_recipients(serve_both: Serve, connect: Connect) -> None:
    # smtplib K116: To, Bcc, Cc, in that order; the first of each name
    message = letter(Cc="E <e@x.example>, f@x.example", Bcc="g@x.example")
    message["To"] = "not-read@x.example"
    message.replace_header("To", "\"B, b\" <b@x.example>, c@x.example")
    message["Cc"] = "neither@x.example"
    server = serve_both()
    connect(server).send_message(message)
    assert server.envelopes[0].recipients == [
        B, C, "g@x.example", "e@x.example", "f@x.example"]


@pytest.mark.parametrize("headers", [{}, {"Subject": "x"}])
def test_no_from(headers: dict[str, str], serve_both: Serve,
                 connect: Connect) -> None:
    # smtplib K117: "None" is the sender there, an error in pneu
    message = letter(**headers)
    del message["From"]
    server = serve_both()
    client = connect(server)
    if STANDARD:
        client.send_message(message)
        assert server.envelopes[0].sender == "None"
        return
    with pytest.raises(ValueError, match="(?i)from"):
        client.send_message(message)
    assert server.last.verbs in (["EHLO"], [])
    assert client.send_message(message, SENDER) == {}
    assert server.envelopes[0].sender == SENDER


@pytest.mark.parametrize("name", ["Cc", "Bcc"])
def test_empty_fields(name: str, serve_both: Serve,
                      connect: Connect) -> None:
    # smtplib K118: an empty recipient there, skipped in pneu
    server = serve_both()
    connect(server).send_message(letter(**{name: ""}))
    assert server.envelopes[0].recipients == ([B, ""] if STANDARD else [B])


def test_the_message_is_not_changed(serve_both: Serve,
                                    connect: Connect) -> None:
    # smtplib K119, K124
    message = letter(Bcc=C, Resent_Bcc=C)
    before = message.as_bytes()
    server = serve_both()
    client = connect(server)
    client.send_message(message)
    client.send_message(message, SENDER, [B])
    assert message.as_bytes() == before
    assert message["Bcc"] == C
    for envelope in server.envelopes:
        assert b"bcc" not in envelope.content.lower()
    assert [each.recipients for each in server.envelopes] == [[B, C], [B]]


def test_international_addresses(serve_both: Serve,
                                 connect: Connect) -> None:
    # smtplib K120
    message = email.message.EmailMessage()
    message["From"] = "\u00e4@x.example"
    message["To"] = B
    message["Subject"] = "\u00fc"
    message.set_content("x\n")
    server = serve_both(["SMTPUTF8", "8BITMIME", "SIZE"])
    options = ("RET=HDRS",)
    client = connect(server)
    assert client.send_message(message, mail_options=options) == {}
    envelope = server.envelopes[0]
    assert envelope.sender == "\u00e4@x.example"
    assert envelope.options[1:] == ["RET=HDRS", "SMTPUTF8", "BODY=8BITMIME"]
    assert envelope.content.startswith(
        "From: \u00e4@x.example\r\nTo: b@x.example\r\n"
        "Subject: \u00fc\r\n".encode())
    assert options == ("RET=HDRS",)


@pytest.mark.parametrize("where", ["From", "To", "argument"])
def test_international_addresses_not_supported(where: str, serve_both: Serve,
                                               connect: Connect) -> None:
    # smtplib K120: nothing is sent
    message = email.message.EmailMessage()
    message["From"] = "\u00e4@x.example" if where == "From" else SENDER
    message["To"] = "\u00e4@x.example" if where == "To" else B
    server = serve_both(["8BITMIME"])
    client = connect(server)
    to = ["\u00e4@x.example"] if where == "argument" else None
    with pytest.raises(smtplib.SMTPNotSupportedError, match="SMTPUTF8"):
        client.send_message(message, None, to)
    assert server.last.verbs == ["EHLO"]
    assert client.noop()[0] == 250


def test_international_names_alone(serve_both: Serve,
                                   connect: Connect) -> None:
    # smtplib K121
    message = email.message.EmailMessage()
    message["From"] = "\u00c4 <a@x.example>"
    message["To"] = B
    message.set_content("\u00fc\n", cte="quoted-printable")
    server = serve_both(["SMTPUTF8"])
    connect(server).send_message(message)
    envelope = server.envelopes[0]
    assert envelope.options == []
    assert b"From: =?utf-8?" in envelope.content
    assert b"=C3=BC" in envelope.content


def test_line_ends(serve_both: Serve, connect: Connect) -> None:
    # smtplib K122
    server = serve_both()
    connect(server).send_message(letter("one\ntwo\r\n.three\n"))
    assert server.envelopes[0].content == (
        b"From: a@x.example\r\nTo: b@x.example\r\n\r\n"
        b"one\r\ntwo\r\n.three\r\n")


def test_policy_of_the_message(serve_both: Serve, connect: Connect) -> None:
    # smtplib K122: its length of lines, and not its line ends
    policy = email.policy.SMTP.clone(max_line_length=40, linesep="\n")
    message = email.message.EmailMessage(policy=policy)
    message["From"] = SENDER
    message["To"] = B
    message["Subject"] = "word " * 12 + "end"
    message.set_content("x\n")
    server = serve_both()
    connect(server).send_message(message)
    content = server.envelopes[0].content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 40


def eight_bits() -> email.message.EmailMessage:
    message = email.message.EmailMessage()
    message["From"] = SENDER
    message["To"] = B
    message.set_content("gr\u00fcn\n", cte="8bit")
    return message


def test_eight_bits(serve_both: Serve, connect: Connect) -> None:
    # smtplib K122: BODY=8BITMIME is not stated there
    server = serve_both(["8BITMIME"])
    message = eight_bits()
    client = connect(server)
    client.send_message(message)
    client.send_message(message, mail_options=["BODY=8BITMIME"])
    first, second = server.envelopes
    assert first.options == ([] if STANDARD else ["BODY=8BITMIME"])
    assert second.options == ["BODY=8BITMIME"]
    assert "gr\u00fcn\r\n".encode() in first.content


def test_eight_bits_not_offered(serve_both: Serve, connect: Connect) -> None:
    # smtplib K122: raw there, in seven bits in pneu
    server = serve_both()
    connect(server).send_message(eight_bits())
    envelope = server.envelopes[0]
    assert envelope.options == []
    if STANDARD:
        assert "gr\u00fcn".encode() in envelope.content
        return
    assert envelope.content.isascii()
    read = email.message_from_bytes(envelope.content,
                                    policy=email.policy.default)
    assert read.get_content() == "gr\u00fcn\r\n"


@pytest.mark.parametrize("policy", ["compat32", "default", "SMTP"])
def test_from_at_line_start(policy: str, serve_both: Serve,
                            connect: Connect) -> None:
    # smtplib K123: mangled there, and never in pneu
    message = letter("one\nFrom here\n")
    message.policy = getattr(email.policy, policy)
    server = serve_both()
    connect(server).send_message(message)
    assert server.envelopes[0].content.endswith(
        b"one\r\n>From here\r\n" if STANDARD else b"one\r\nFrom here\r\n")


def test_explicit_arguments(serve_both: Serve, connect: Connect) -> None:
    # smtplib K124
    server = serve_both(["DSN"])
    connect(server).send_message(letter(Bcc="z@x.example"), "q@x.example",
                                 [C], ["RET=HDRS"], ["NOTIFY=NEVER"])
    envelope = server.envelopes[0]
    assert (envelope.sender, envelope.recipients) == ("q@x.example", [C])
    assert b"Bcc" not in envelope.content
    assert server.commands[1:3] == ["MAIL FROM:<q@x.example> RET=HDRS",
                                    f"RCPT TO:<{C}> NOTIFY=NEVER"]


def test_explicit_str(serve_both: Serve, connect: Connect) -> None:
    # smtplib K124, J92
    server = serve_both()
    connect(server).send_message(letter(), to_addrs=C)
    assert server.envelopes[0].recipients == [C]


@pytest.mark.parametrize("answers", [
    {}, {"RCPT": "550 no"}, {"MAIL": "550 no"}, {"DATA": "554 no"},
    {".": "451 later"}, {"RCPT TO:<c@x.example>": "550 no"}],
    ids=lambda answers: "".join(answers) or "none")
def test_returns_what_sendmail_returns(answers: dict[str, str],
                                       serve: Serve) -> None:
    # smtplib K125
    message = letter(Cc=C)

    def make() -> dict[str, Any]:
        return {"answers": dict(answers)}

    by_message = every_way(
        serve, make, lambda client: client.send_message(message))[0]
    by_mail = every_way(
        serve, make, lambda client: client.sendmail(
            SENDER, [B, C], message.as_string()))[0]
    assert (by_message.result, by_message.error, by_message.arguments) == (
        by_mail.result, by_mail.error, by_mail.arguments)
    assert by_message.outcomes == by_mail.outcomes
    assert by_message.envelopes == by_mail.envelopes


def test_mime(serve_both: Serve, connect: Connect) -> None:
    # smtplib K122
    whole = MIMEMultipart(boundary="=b=")
    whole["From"] = SENDER
    whole["To"] = Header("b@x.example")
    whole["Subject"] = Header("gr\u00fcn", "utf-8")
    whole.attach(MIMEText("gr\u00fcn", _charset="utf-8"))
    part = MIMEBase("application", "octet-stream")
    part.set_payload(b"\0\1\2")
    email.encoders.encode_base64(part)
    whole.attach(part)
    server = serve_both()
    assert connect(server).send_message(whole) == {}
    read = email.message_from_bytes(server.envelopes[0].content)
    assert server.envelopes[0].recipients == [B]
    assert [each.get_payload(decode=True) for each in read.get_payload()] == [
        "gr\u00fcn".encode(), b"\0\1\2"]


def signed(kind: str) -> bytes:
    body = "gr\u00fcn\r\n".encode()
    if kind == "multipart/signed":
        return (b"From: a@x.example\r\nMIME-Version: 1.0\r\nContent-Type: "
                b"multipart/signed; boundary=b; protocol=\"x/y\"\r\n\r\n"
                b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
                b"Content-Transfer-Encoding: 8bit\r\n\r\n" + body
                + b"--b\r\nContent-Type: x/y\r\n\r\nsignature\r\n--b--\r\n")
    return (b"DKIM-Signature: v=1; a=rsa-sha256\r\nFrom: a@x.example\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8"
            b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body)


@only_pneu
@pytest.mark.parametrize("kind", ["multipart/signed", "DKIM"])
def test_signed_messages_are_not_reencoded(kind: str, serve_both: Serve,
                                           connect: Connect) -> None:
    # smtplib K122: refused with nothing sent, unless the program insists
    server = serve_both()
    client = connect(server)
    with pytest.raises(smtplib.SMTPNotSupportedError, match="8BITMIME"):
        client.sendmail(SENDER, B, signed(kind))
    with pytest.raises(smtplib.SMTPNotSupportedError, match="8BITMIME"):
        client.send_message(email.message_from_bytes(signed(kind)), SENDER, B)
    assert server.last.verbs == ["EHLO"]
    client.esmtp_features["8bitmime"] = ""
    client.sendmail(SENDER, B, signed(kind))
    assert server.envelopes[0].content == signed(kind)
