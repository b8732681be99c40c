"""What programs make of smtplib's classes: methods that are overridden in a
subclass, or replaced on one object."""

from __future__ import annotations

import re
import types
from typing import Any, Callable

import pytest
from servers.scripted import Talk
from servers.sink import Sink
from unchanged.heard import heard, verbs
from unchanged.shared import (ANN, BOB, BOTH, CYD, LETTER, Smtp, letter,
                              smtplib, start)

QUEUED = re.compile(rb"queued as (\w+)")


@BOTH
def test_getreply_keeps_the_last_reply(sink: Callable[..., Sink],
                                       pipelining: bool) -> None:
    """For the queue id, as Fuglu does."""
    class Keeping(Smtp):
        queue_id = None
        replies = 0

        def getreply(self) -> tuple[int, bytes]:
            code, text = Smtp.getreply(self)
            self.replies += 1
            if found := QUEUED.search(text):
                self.queue_id = found.group(1)
            return code, text

    server = start(sink, pipelining=pipelining)
    smtp = Keeping("localhost", server.port)
    assert smtp.sendmail(ANN, [BOB, CYD], LETTER) == {}
    assert smtp.queue_id and smtp.queue_id.decode() in server.log.read_text()
    assert smtp.replies == 7  # greeting, EHLO, MAIL, RCPT, RCPT, DATA, "."
    smtp.quit()


@BOTH
def test_getreply_replaced_on_the_object(sink: Callable[..., Sink],
                                         pipelining: bool) -> None:
    """As Checkmk does."""
    def getreply(self: Any) -> tuple[int, bytes]:
        self.last_code, self.last_repl = Smtp.getreply(self)
        return self.last_code, self.last_repl

    smtp = Smtp("localhost", start(sink, pipelining=pipelining).port)
    smtp.getreply = types.MethodType(getreply, smtp)
    smtp.sendmail(ANN, [BOB], LETTER)
    assert smtp.last_code == 250 and QUEUED.search(smtp.last_repl)
    smtp.quit()


@BOTH
def test_putcmd_in_capitals(sink: Callable[..., Sink],
                            pipelining: bool) -> None:
    """For servers that do not know lower-case verbs."""
    class Capitals(Smtp):
        def putcmd(self, cmd: str, args: str = "") -> None:
            Smtp.putcmd(self, cmd.upper(), args.replace("to:<", "TO:<"))

    server = start(sink, pipelining=pipelining)
    with Capitals("localhost", server.port) as smtp:
        smtp.sendmail(ANN, [BOB], LETTER)
    words = [line.split(" ")[0] for line in heard(server)]
    assert words == ["EHLO", "MAIL", "RCPT", "DATA", "(23", "QUIT"]


@BOTH
def test_docmd_and_send_that_note(sink: Callable[..., Sink],
                                  pipelining: bool) -> None:
    class Noting(Smtp):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            self.commands: list[str] = []
            self.octets = 0
            super().__init__(*arguments, **more)

        def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
            self.commands.append(cmd)
            return super().docmd(cmd, args)

        def send(self, s: str | bytes) -> None:
            self.octets += len(s)
            super().send(s)

    server = start(sink, pipelining=pipelining)
    smtp = Noting("localhost", server.port, "me.example")
    smtp.rset()
    smtp.sendmail(ANN, [BOB], LETTER)
    smtp.quit()
    assert smtp.commands == ["rset", "quit"]
    lines = [line for line in heard(server) if not line.startswith("(")]
    assert smtp.octets == sum(len(line) + 2 for line in lines) + len(
        LETTER) + len(".\r\n")


@BOTH
def test_data_that_changes_the_message(sink: Callable[..., Sink],
                                       pipelining: bool) -> None:
    class Stamping(Smtp):
        def data(self, msg: bytes) -> tuple[int, bytes]:
            assert isinstance(msg, bytes)
            return super().data(b"X-Stamp: 1\r\n" + msg)

    server = start(sink, pipelining=pipelining)
    with Stamping("localhost", server.port) as smtp:
        smtp.sendmail(ANN, [BOB], LETTER)
    assert server.letter().content.startswith(b"X-Stamp: 1\nSubject: hi\n")


@BOTH
def test_rcpt_and_mail_with_options(sink: Callable[..., Sink],
                                    pipelining: bool) -> None:
    """Other options for each recipient, and one more for the sender."""
    class Noticing(Smtp):
        def mail(self, sender: str, options: Any = ()) -> tuple[int, bytes]:
            return super().mail(sender, [*options, "ENVID=a1"])

        def rcpt(self, recip: str, options: Any = ()) -> tuple[int, bytes]:
            when = "NEVER" if recip == BOB else "SUCCESS,FAILURE"
            return super().rcpt(recip, [*options, f"NOTIFY={when}"])

    server = start(sink, "--json", pipelining=pipelining)
    with Noticing("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, [BOB, CYD], LETTER) == {}
    report = server.report()
    assert report["parameters"]["ENVID"] == "a1"
    assert report["recipient_parameters"] == [
        {"NOTIFY": "NEVER"}, {"NOTIFY": "SUCCESS,FAILURE"}]


@BOTH
def test_rcpt_that_refuses_by_itself(sink: Callable[..., Sink],
                                     pipelining: bool) -> None:
    """Its word counts as the server's."""
    class Strict(Smtp):
        def rcpt(self, recip: str, options: Any = ()) -> tuple[int, bytes]:
            if recip == CYD:
                return 550, b"not to Cyd"
            return super().rcpt(recip, options)

    server = start(sink, pipelining=pipelining)
    with Strict("localhost", server.port) as smtp:
        assert smtp.sendmail(ANN, [BOB, CYD], LETTER) == {
            CYD: (550, b"not to Cyd")}
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.sendmail(ANN, [CYD], LETTER)
    assert caught.value.recipients == {CYD: (550, b"not to Cyd")}
    assert server.letter().fields("X-Pneu-Recipient") == [f"<{BOB}>"]


@BOTH
def test_ehlo_that_edits_what_is_offered(sink: Callable[..., Sink],
                                         pipelining: bool) -> None:
    class Plain(Smtp):
        def ehlo(self, name: str = "") -> tuple[int, bytes]:
            answer = super().ehlo(name or "other.example")
            self.esmtp_features.pop("size", None)
            return answer

    server = start(sink, pipelining=pipelining)
    with Plain("localhost", server.port) as smtp:
        smtp.sendmail(ANN, [BOB], LETTER)
    assert [line.upper() for line in heard(server)[:2]] == [
        "EHLO OTHER.EXAMPLE", f"MAIL FROM:<{ANN}>".upper()]


@BOTH
def test_sendmail_overridden(sink: Callable[..., Sink],
                             pipelining: bool) -> None:
    """One that redirects all mail, as a test system wants; send_message()
    goes through it."""
    class Redirecting(Smtp):
        def sendmail(self, from_addr: str, to_addrs: Any, msg: Any,
                     mail_options: Any = (), rcpt_options: Any = ()) -> Any:
            return Smtp.sendmail(self, from_addr, "dev@example.com", msg,
                                 mail_options, rcpt_options)

    server = start(sink, pipelining=pipelining)
    with Redirecting("localhost", server.port) as smtp:
        smtp.send_message(letter(f"{BOB}, {CYD}"))
    assert server.letter().fields("X-Pneu-Recipient") == ["<dev@example.com>"]


def test_send_message_with_other_arguments(sink: Callable[..., Sink]
                                           ) -> None:
    """A name of the class used for something else, with HELO."""
    class Own(Smtp):
        def send_message(self, sender: str, receiver: str,  # type: ignore
                         message: str) -> tuple[int, bytes]:
            for step in (self.helo, lambda: self.mail(sender),
                         lambda: self.rcpt(receiver)):
                code, text = step()
                if not 200 <= code <= 299:
                    return code, text
            return self.data(message)

    server = start(sink)
    smtp = Own("localhost", server.port)
    assert smtp.send_message(ANN, BOB, LETTER)[0] == 250
    smtp.close()
    assert verbs(server) == ["HELO", "MAIL", "RCPT", "DATA", "(23"]


@BOTH
@pytest.mark.parametrize("name", ["rset", "close", "has_extn"])
def test_other_methods_are_called(scripted: Callable[..., Any], name: str,
                                  pipelining: bool) -> None:
    """rset() after a refusal, close() after a 421, has_extn() for SIZE."""
    called = []

    def noting(self: Any, *arguments: Any) -> Any:
        called.append(name)
        return getattr(Smtp, name)(self, *arguments)

    kind = type("Noting", (Smtp,), {name: noting})
    answer = "421 4.3.2 bye" if name == "close" else "550 5.7.1 no"
    server = scripted(Talk(["PIPELINING", "SIZE"] if pipelining else ["SIZE"],
                           answers={"MAIL": answer}))
    smtp = kind("127.0.0.1", server.port, "me.example")
    with pytest.raises(smtplib.SMTPSenderRefused):
        smtp.sendmail(ANN, [BOB], LETTER)
    assert set(called) == {name}
    smtp.close()


def test_debug_output_collected(sink: Callable[..., Sink]) -> None:
    """A mix-in that keeps the dialogue, for a page that shows it."""
    class Keeping:
        def __init__(self, *arguments: Any, **more: Any) -> None:
            self.shown: list[str] = []
            super().__init__(*arguments, **more)

        def _print_debug(self, *words: Any) -> None:
            self.shown.append(" ".join(str(word) for word in words))

    class Traced(Keeping, Smtp):
        pass

    server = start(sink)
    smtp = Traced(local_hostname="me.example", timeout=10)
    smtp.set_debuglevel(1)
    smtp.connect("localhost", server.port)
    smtp.sendmail(ANN, [BOB], LETTER)
    smtp.quit()
    assert smtp.shown[0] == \
        f"connect: to ('localhost', {server.port}) None"
    assert smtp.shown[1].startswith("reply: b'220 localhost")
    for line in ["send: 'ehlo me.example\\r\\n'",
                 f"send: 'mail FROM:<{ANN}> size=23\\r\\n'",
                 f"send: 'rcpt TO:<{BOB}>\\r\\n'", "send: 'data\\r\\n'",
                 "reply: retcode (221); Msg: b'2.0.0 Bye'"]:
        assert line in smtp.shown, smtp.shown


def test_class_attributes(sink: Callable[..., Sink]) -> None:
    """A subclass sets what an object begins with."""
    server = start(sink, "--lmtp")

    class Local(Smtp):
        default_port = server.port
        ehlo_msg = "lhlo"
        debuglevel = 0

    with Local("127.0.0.1") as smtp:
        assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    assert verbs(server)[0] == "LHLO"
    assert len(server.letters()) == 1
