"""smtplib, what its users complain of: each "# smtplib 3.N" is one complaint.
Where smtplib does it otherwise, its own way is asserted too."""

from __future__ import annotations

import base64
import email.message
import email.policy
import hashlib
import hmac
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from contract import (ME, MESSAGE, SECONDS, STANDARD, Connect, Serve,
                      only_pneu, smtplib)
from contract_cases import every_way
from scripted import CLOSE, SILENCE, Certificate

pytest_plugins = ["contract_fixtures"]

SENDER, B, C = "a@x.example", "b@x.example", "c@x.example"
OFF = "421 4.3.2 off"


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_421_closes_everywhere(verb: str, serve: Serve) -> None:
    # smtplib 3.2: to DATA the line stays open there
    first = every_way(
        serve, lambda: {"answers": {verb: OFF}},
        lambda client: client.sendmail(SENDER, [B, C], MESSAGE))[0]
    assert first.result is None
    assert first.open is (STANDARD and verb == "DATA")
    assert "RSET" not in first.verbs


@only_pneu
def test_421_to_one_recipient_over_lmtp(serve: Serve) -> None:
    # smtplib 3.1, 3.2: those who have the message have it
    attempts = every_way(
        serve, lambda: {"answers": {f". {C}": OFF}, "lmtp": True},
        lambda client: client.sendmail(SENDER, [B, C], MESSAGE))
    assert attempts[0].outcomes[0][1] == "accepted"
    assert attempts[0].result is not None and B not in attempts[0].result
    assert attempts[0].open is False


@only_pneu
def test_421_after_pipelined_commands_is_waited_for_briefly(
        serve: Serve, connect: Connect) -> None:
    # smtplib 3.2: a server that says 421 and then nothing
    server = serve(pipelining=True, answers={
        "MAIL": (OFF.encode() + b"\r\n", SILENCE)})
    client = connect(server)
    begin = time.monotonic()
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.sendmail(SENDER, B, MESSAGE)
    assert caught.value.smtp_code == 421
    assert client.sock is None
    assert time.monotonic() - begin < SECONDS


def test_mechanisms_after_a_535(serve: Serve, connect: Connect) -> None:
    # smtplib 3.5: kept as it is there
    server = serve(["AUTH PLAIN LOGIN"], answers={
        "AUTH": ["535 no", "235 fine"]})
    assert connect(server).login("ann", "secret") == (235, b"fine")
    assert server.last.verbs == ["EHLO", "AUTH", "AUTH"]


def test_a_message_with_8_bits(serve_both: Serve, connect: Connect) -> None:
    # smtplib 3.7: BODY=8BITMIME is stated, and stated once
    server = serve_both(["8BITMIME"])
    client = connect(server)
    text = b"Subject: x\r\n\r\n\xc3\xa4\r\n"
    client.sendmail(SENDER, B, text)
    client.sendmail(SENDER, B, text, ["body=8bitmime"])
    client.sendmail(SENDER, B, b"ascii\r\n")
    options = [each.options for each in server.envelopes]
    assert options == [[] if STANDARD else ["BODY=8BITMIME"],
                       ["body=8bitmime"], []]
    assert server.envelopes[0].content == text


@only_pneu
@pytest.mark.parametrize("hello", ["EHLO", "HELO"])
def test_a_message_with_8_bits_reencoded(hello: str, serve_both: Serve,
                                         connect: Connect) -> None:
    # smtplib 3.7: sendmail, for a server without 8BITMIME
    text = ("From: \u00c4nn <a@x.example>\r\nSubject: gr\u00fcn\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n\u00fc\r\n.\r\n").encode()
    answers = {"EHLO": "500 what?"} if hello == "HELO" else {}
    server = serve_both(answers=answers)
    assert connect(server).sendmail(SENDER, B, text) == {}
    content = server.envelopes[0].content
    assert content.isascii()
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert read["Subject"] == "gr\u00fcn"
    assert read.get_content() == "\u00fc\r\n.\r\n"


@only_pneu
def test_replies_of_accepted_recipients(serve_both: Serve,
                                        connect: Connect) -> None:
    # smtplib 3.8
    result = connect(serve_both()).sendmail(SENDER, [B, C], MESSAGE)
    assert result.reply == (250, b"2.0.0 queued as 4711")
    assert [(each.recipient, each.outcome, each.code, each.enhanced)
            for each in result.outcomes] == [
        (B, "accepted", 250, "2.0.0"), (C, "accepted", 250, "2.0.0")]


@pytest.mark.parametrize("names", [["Cc"], ["Bcc"], ["Cc", "Bcc"]])
def test_empty_fields(names: list[str], serve_both: Serve,
                      connect: Connect) -> None:
    # smtplib 3.10
    message = email.message.EmailMessage()
    message["From"], message["To"] = SENDER, B
    for name in names:
        message[name] = ""
    server = serve_both()
    connect(server).send_message(message)
    recipients = server.envelopes[0].recipients
    assert "" in recipients if STANDARD else recipients == [B]


@pytest.mark.parametrize("step, answers", [
    ("MAIL", ["550 no", "250 fine"]),
    ("RCPT", ["550 no", "550 no", "250 fine"]),
    ("DATA", ["554 no", "354 go on"]), (".", ["554 no", "250 fine"])])
def test_after_an_error_all_is_well(step: str, answers: list[str],
                                    serve: Serve) -> None:
    # smtplib 3.12, 3.28: RSET after each error, and the next message goes
    def call(client: Any) -> Any:
        with pytest.raises(smtplib.SMTPException):
            client.sendmail(SENDER, [B, C], "one")
        return client.sendmail(SENDER, [B, C], "two")

    def make() -> dict[str, Any]:
        return {"answers": {step: list(answers)}}

    first = every_way(serve, make, call)[0]
    if STANDARD and step == "DATA":
        assert first.error == "SMTPSenderRefused"  # 503: no RSET was sent
        return
    assert first.result == {}
    assert first.envelopes[-1].raw == b"two\r\n.\r\n"
    assert first.envelopes[-1].recipients == [B, C]
    assert first.verbs.count("RSET") == 1


def test_errors_name_the_mechanisms_offered(serve: Serve,
                                            connect: Connect) -> None:
    # smtplib 3.13
    client = connect(serve(["AUTH XOAUTH2 NTLM"]))
    with pytest.raises(smtplib.SMTPException) as caught:
        client.login("ann", "secret")
    assert ("XOAUTH2" in str(caught.value)) is not STANDARD


def test_cram_md5_without_md5(serve: Serve, connect: Connect,
                              monkeypatch) -> None:
    # smtplib 3.16: Python's own MD5 is not what pneu computes with
    def none(*_: Any, **__: Any) -> None:
        raise ValueError("unsupported hash type md5")

    server = serve(["AUTH CRAM-MD5"], answers={"AUTH": "334 PDFAeD4="})
    client = connect(server)
    digest = hmac.new(b"secret", b"<1@x>", "md5").hexdigest()
    monkeypatch.setattr(hmac, "HMAC", none)
    monkeypatch.setattr(hashlib, "md5", none)
    if STANDARD:
        with pytest.raises(ValueError, match="md5"):
            client.login("ann", "secret")
        return
    assert client.login("ann", "secret")[0] == 235
    assert base64.b64decode(server.last.commands[2]).decode() == (
        f"ann {digest}")


def test_own_name_can_be_set(serve: Serve) -> None:
    # smtplib 3.18
    server = serve()
    with smtplib.SMTP(*server.address, "[IPv6:2001:db8::1]") as client:
        client.ehlo()
        client.ehlo("other.example")
        client.local_hostname = "third.example"
        client.helo()
    assert server.commands[:3] == ["EHLO [IPv6:2001:db8::1]",
                                   "EHLO other.example", "HELO third.example"]


def test_never_in_clear_after_asking_for_tls(serve: Serve,
                                             connect: Connect) -> None:
    # smtplib 3.24
    server = serve(["STARTTLS"], answers={"STARTTLS": "454 not now"})
    client = connect(server)
    with pytest.raises(smtplib.SMTPResponseException):
        client.starttls()
        client.sendmail(SENDER, B, MESSAGE)
    assert server.last.verbs == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("how", ["greeting", "none", "tls", "lmtp"])
def test_no_failing_path_leaves_a_socket(how: str, serve: Serve,
                                         socket_path: Path) -> None:
    # smtplib 3.25
    server = serve(answers={"GREETING": CLOSE if how == "none"
                            else "554 no"})
    unix = serve(lmtp=True, path=socket_path,
                 answers={"GREETING": "554 no"})
    calls = {"greeting": lambda: smtplib.SMTP(*server.address),
             "none": lambda: smtplib.SMTP(*server.address),
             "tls": lambda: smtplib.SMTP_SSL(*server.address),
             "lmtp": lambda: smtplib.LMTP(unix.host)}
    with pytest.raises(OSError) as caught:
        calls[how]()
    used = unix if how == "lmtp" else server
    assert used.last.ended()  # while the exception still holds the frames
    assert caught.value.__traceback__ is not None


@only_pneu
def test_one_string_with_several_addresses(serve_both: Serve,
                                           connect: Connect) -> None:
    # smtplib 3.27
    server = serve_both()
    client = connect(server)
    for several in [f"{B}, {C}", f"{B},{C}", f"B <{B}>, C <{C}>"]:
        with pytest.raises(ValueError, match="list"):
            client.sendmail(SENDER, several, MESSAGE)
    assert client.sendmail(SENDER, "\"b, c\" <b@x.example>", MESSAGE) == {}
    assert client.sendmail(SENDER, "\"b,c\"@x.example", MESSAGE) == {}
    assert [each.recipients for each in server.envelopes] == [
        [B], ["\"b,c\"@x.example"]]
    assert server.last.verbs.count("MAIL") == 2


@only_pneu
def test_pipelined_groups(serve: Serve, connect: Connect) -> None:
    # smtplib 3.28: MAIL, every RCPT and DATA in one write
    server = serve(pipelining=True)
    client = connect(server)
    client.ehlo()
    before = len(server.last.octets)
    client.sendmail(SENDER, [B, C], MESSAGE)
    assert bytes(server.last.octets[before:]) == (
        f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{B}>\r\nRCPT TO:<{C}>\r\n"
        f"DATA\r\n{MESSAGE}.\r\n").encode()
    assert server.last.overlapped


@only_pneu
def test_354_though_nobody_was_accepted(serve: Serve,
                                        connect: Connect) -> None:
    # smtplib 3.28: a lone dot, whatever comes of it (RFC 2920 3.2)
    for end in ["554 no recipients", "250 fine"]:
        server = serve(pipelining=True, loose=True,
                       answers={"RCPT": "550 no", ".": end})
        client = connect(server)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            client.sendmail(SENDER, [B, C], MESSAGE)
        assert caught.value.recipients == {B: (550, b"no"),
                                           C: (550, b"no")}
        assert [each.raw for each in server.envelopes] == [b".\r\n"]
        assert client.sock is None or client.noop()[0] == 250


@only_pneu
def test_a_server_that_only_says_pipelining(serve: Serve,
                                            connect: Connect) -> None:
    # smtplib 3.28: groups confuse it; the message goes, and goes once
    def rset(connection: Any, _: str) -> str:
        connection.overlapped = False
        return "250 fine"

    server = serve(pipelining=True, answers={"RSET": rset})
    client = connect(server)
    for reply in ["500 what?", "502 what?"]:
        server.answers["RCPT"] = lambda connection, _: (
            reply if connection.overlapped else "250 fine")
        assert client.sendmail(SENDER, [B], MESSAGE) == {}
    assert [each.recipients for each in server.envelopes] == [[B], [B]]


def seconds(call: Any) -> float:
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


@only_pneu
def test_replies_one_by_one_are_not_slow(serve: Serve,
                                         connect: Connect) -> None:
    # smtplib 3.28: each reply in a segment of its own, and no delayed
    # acknowledgement, which would cost 40 ms a message
    server = serve(pipelining=True)
    client = connect(server)
    client.sendmail(SENDER, [B, C], MESSAGE)
    best = min(seconds(lambda: [client.sendmail(SENDER, [B, C], MESSAGE)
                                for _ in range(5)]) for _ in range(4))
    assert best < 5 * 0.040


@only_pneu
def test_an_interrupted_delivery_closes(serve_both: Serve,
                                        connect: Connect) -> None:
    # smtplib 3.12: what was begun cannot be gone on with
    class Interrupt(BaseException):
        pass

    def ring(*_: Any) -> None:
        raise Interrupt

    def interrupt(*_: Any) -> Any:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
        return SILENCE

    server = serve_both(answers={"RCPT": interrupt})
    client = connect(server)
    before = signal.signal(signal.SIGUSR1, ring)
    try:
        with pytest.raises(Interrupt):
            client.sendmail(SENDER, [B], MESSAGE)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert client.sock is None
    assert server.last.ended()


@only_pneu
def test_an_interruption_before_the_first_octet(serve_both: Serve,
                                                connect: Connect) -> None:
    # smtplib 3.12: a delivery that did not begin leaves the line as it was
    server = serve_both()
    client = connect(server)
    client.ehlo()
    refusing = [True]

    def hook(event: str, arguments: Any) -> None:
        if event == "smtplib.send" and arguments[0] is client and refusing:
            raise RuntimeError("not now")

    sys.addaudithook(hook)
    with pytest.raises(RuntimeError, match="not now"):
        client.sendmail(SENDER, [B], MESSAGE)
    refusing.clear()
    assert client.sendmail(SENDER, [B], MESSAGE) == {}
    assert server.last.verbs == ["EHLO", "MAIL", "RCPT", "DATA"]


@only_pneu
def test_a_failed_write_after_an_answer(serve: Serve) -> None:
    # smtplib 3.12, 3.2: the server refuses midway and hangs up; what it said
    # is told, not that writing failed
    message = b"x" * 78 + b"\r\n"
    for pipelining in [True, False]:
        server = serve(pipelining=pipelining)

        def hang_up(connection: Any, _: str) -> str:
            connection.say(b"354 go on\r\n")
            connection.line.recv(1000)
            connection.say(b"552 5.3.4 too much\r\n")
            connection.line.shutdown(socket.SHUT_RDWR)
            return ""

        server.answers["DATA"] = hang_up
        with smtplib.SMTP(*server.address, ME, SECONDS) as client:
            with pytest.raises(smtplib.SMTPException) as caught:
                client.sendmail(SENDER, [B], message * 200_000)
            assert caught.value.outcomes[0].outcome in (
                "refused for good", "not tried")
            assert client.sock is None


@only_pneu
@pytest.mark.parametrize("offered", [["LIMITS RCPTMAX=2"], []])
def test_recipients_past_the_server_s_limit(offered: list[str],
                                            serve_both: Serve,
                                            connect: Connect) -> None:
    # smtplib 3.12: split only where the server states it (RFC 9422)
    names = [f"u{n}@x.example" for n in range(5)]
    server = serve_both(offered)
    client = connect(server)
    assert client.sendmail(SENDER, names, MESSAGE) == {}
    taken = [each.recipients for each in server.envelopes]
    assert sum(taken, []) == names
    assert max(map(len, taken)) <= (2 if offered else 5)
    assert len(taken) == (3 if offered else 1)


@only_pneu
def test_context_by_default_over_tls(serve: Serve, throwaway: Certificate,
                                     monkeypatch) -> None:
    # smtplib 3.3, 3.15: verified, under the name connected to
    monkeypatch.setenv("SSL_CERT_FILE", str(throwaway.chain))
    server = serve(certificate=throwaway, implicit=True)
    with smtplib.SMTP_SSL(f"localhost:{server.port}") as client:
        assert client.sock.server_hostname == "localhost"
        assert client.noop()[0] == 250
