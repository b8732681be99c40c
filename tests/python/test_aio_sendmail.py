"""pneu.aio: deliveries, and what becomes of them."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from aio_helpers import (ANN, BOB, EVE, ME, MESSAGE, SECONDS, client, run,
                         with_client)
from contract import Serve, audited
from pneu.aio import (LMTP, SMTP, Outcome, Refused, SMTPDataError,
                      SMTPException, SMTPNotSupportedError,
                      SMTPRecipientsRefused, SMTPSenderRefused,
                      SMTPServerDisconnected)
from scripted import CLOSE, RESET, SILENCE
from servers.sink import Sink

pytest_plugins = ["contract_fixtures"]
pytestmark = pytest.mark.filterwarnings("error")

Start = Callable[..., Sink]


def kinds(outcomes: Any) -> list[tuple[str, str]]:
    return [(row.outcome, row.command) for row in outcomes]


def fails(server: Any, expected: type[SMTPException], to: Any = (BOB, EVE),
          message: Any = MESSAGE, **more: Any) -> Any:
    """Sends, which raises this; the connection is used again if it is left
    open. Returns the exception, and whether it was."""
    async def work() -> tuple[SMTPException, bool]:
        smtp = client(server, **more)
        await smtp.connect()
        with pytest.raises(expected) as caught:
            await smtp.sendmail(ANN, to, message)
        assert type(caught.value) is expected
        is_open = smtp.sock is not None
        if is_open:
            assert (await smtp.docmd("NOOP"))[0] == 250
            await smtp.quit()
        return caught.value, is_open

    return run(work())


# What is sent.


def test_sendmail(serve_both: Serve) -> None:
    server = serve_both(["SIZE 1000", "8BITMIME"])

    async def work(smtp: SMTP) -> None:
        refused = await smtp.sendmail(ANN, [BOB, EVE], "a\n.b\rc",
                                      ["RET=HDRS"], ["NOTIFY=NEVER"])
        assert isinstance(refused, Refused) and refused == {}
        assert refused.reply == (250, b"2.0.0 queued as 4711")
        assert refused.outcomes == [
            Outcome(each, "accepted", "end of message", 250, "2.0.0",
                    b"2.0.0 queued as 4711") for each in (BOB, EVE)]

    with_client(server, work)
    assert server.last.commands == [
        f"EHLO {ME}", f"MAIL FROM:<{ANN}> size=8 RET=HDRS",
        f"RCPT TO:<{BOB}> NOTIFY=NEVER", f"RCPT TO:<{EVE}> NOTIFY=NEVER",
        "DATA", "QUIT"]
    assert server.envelopes[0].raw == b"a\r\n..b\r\nc\r\n.\r\n"
    assert server.last.overlapped is server.pipelining


def test_pipelining_can_be_switched_off(serve: Serve) -> None:
    server = serve(pipelining=True)

    async def work(smtp: SMTP) -> None:
        smtp.pipelining = False
        assert await smtp.sendmail(ANN, [BOB, EVE], MESSAGE) == {}

    with_client(server, work)
    assert not server.last.overlapped


@pytest.mark.parametrize("message", [
    MESSAGE.encode(), bytearray(MESSAGE.encode()),
    memoryview(MESSAGE.encode())])
@pytest.mark.parametrize("to", [
    BOB, {BOB}, {BOB: 1}.keys(), (BOB,), iter([BOB])])
def test_kinds_of_arguments(serve: Serve, message: Any, to: Any) -> None:
    server = serve()
    if isinstance(to, Iterator):
        to = iter([BOB])
    with_client(server, lambda smtp: smtp.sendmail(ANN, to, message))
    assert server.envelopes[0].recipients == [BOB]
    assert server.envelopes[0].content == MESSAGE.encode()


def test_after_helo_no_options(serve: Serve) -> None:
    server = serve(answers={"EHLO": "500 what?"})
    with_client(server, lambda smtp: smtp.sendmail(
        ANN, BOB, MESSAGE, ["RET=HDRS"], ["NOTIFY=NEVER"]))
    assert server.commands[2:4] == [f"MAIL FROM:<{ANN}>",
                                    f"RCPT TO:<{BOB}>"]


def test_addresses_as_they_were_given(serve_both: Serve) -> None:
    named = "Eve <eve@x.example>"
    server = serve_both(answers={f"RCPT TO:<{EVE}>": "550 5.1.1 who?",
                                 "MAIL FROM:<bad@x.example>": "553 no"})

    async def work(smtp: SMTP) -> None:
        refused = await smtp.sendmail("Ann <ann@x.example>",
                                      [f"<{BOB}>", named], MESSAGE)
        assert refused == {named: (550, b"5.1.1 who?")}
        assert [row.recipient for row in refused.outcomes] == [f"<{BOB}>",
                                                               named]
        with pytest.raises(SMTPRecipientsRefused) as nobody:
            await smtp.sendmail(ANN, [named], MESSAGE)
        assert nobody.value.recipients == refused
        with pytest.raises(SMTPSenderRefused) as caught:
            await smtp.sendmail("B <bad@x.example>", [BOB], MESSAGE)
        assert caught.value.sender == "B <bad@x.example>"

    with_client(server, work)
    assert server.envelopes[0].sender == ANN


def test_send_message(serve: Serve) -> None:
    server = serve(["8BITMIME"])
    message = EmailMessage()
    message["From"] = "Ann <ann@x.example>"
    message["To"] = BOB
    message["Bcc"] = EVE
    message.set_content("Gr\xfc\xdfe\n", cte="8bit")
    before = message.as_bytes()
    refused = with_client(server, lambda smtp: smtp.send_message(message))
    assert refused == {} and refused.reply is not None
    taken = server.envelopes[0]
    assert (taken.sender, taken.recipients) == (ANN, [BOB, EVE])
    assert taken.options == ["BODY=8BITMIME"]
    assert b"Bcc" not in taken.content
    assert "Gr\xfc\xdfe\r\n".encode() in taken.content
    assert message.as_bytes() == before
    del message["From"]
    with pytest.raises(ValueError, match="From"):
        with_client(server, lambda smtp: smtp.send_message(message))


def test_8_bit_where_it_is_not_offered(serve: Serve) -> None:
    server = serve()
    text = "Subject: hi\r\n\r\nGr\xfc\xdfe\r\n".encode()
    with_client(server, lambda smtp: smtp.sendmail(ANN, BOB, text))
    assert b"\r\nGr=C3=BC=C3=9Fe" in server.envelopes[0].content
    signed = b"Content-Type: multipart/signed; boundary=x\r\n\r\n\xe4\r\n"
    with pytest.raises(SMTPNotSupportedError, match="signed"):
        with_client(server, lambda smtp: smtp.sendmail(ANN, BOB, signed))


def test_addresses_beyond_ascii(serve: Serve) -> None:
    server = serve(["SMTPUTF8", "8BITMIME", "SIZE 1000"],
                   answers={f"RCPT TO:<{EVE}>": "450 4.2.0 later"})
    message = EmailMessage()
    message["From"] = "\xe4nn@x.example"
    message["To"] = f"b\xf6b@x.example, {EVE}"
    message.set_content("hello\n")

    async def work(smtp: SMTP) -> None:
        refused = await smtp.send_message(message)
        assert refused == {EVE: (450, b"4.2.0 later")}
        assert refused.reply == (250, b"2.0.0 queued as 4711")
        assert kinds(refused.outcomes) == [("accepted", "end of message"),
                                           ("refused for now", "RCPT")]
        assert smtp.command_encoding == "ascii"
        with pytest.raises(UnicodeEncodeError):
            await smtp.sendmail("\xe4nn@x.example", BOB, MESSAGE)
        assert await smtp.sendmail(ANN, BOB, MESSAGE) == {}

    with_client(server, work)
    first, second = server.envelopes
    assert first.sender == "\xe4nn@x.example"
    assert first.recipients == ["b\xf6b@x.example"]
    assert first.options[1:] == ["SMTPUTF8", "BODY=8BITMIME"]
    assert second.sender == ANN
    server.features.remove("SMTPUTF8")
    with pytest.raises(SMTPNotSupportedError, match="SMTPUTF8"):
        with_client(server, lambda smtp: smtp.send_message(message))


def test_refused_here_and_nothing_sent(serve: Serve) -> None:
    server = serve(["SIZE 10"])

    async def work(smtp: SMTP) -> None:
        for sender in (ANN, "\"odd one\"@x.example"):
            with pytest.raises(SMTPSenderRefused) as caught:
                await smtp.sendmail(sender, BOB, MESSAGE)
            assert caught.value.smtp_code == 552
            assert caught.value.sender == sender
            assert caught.value.outcomes == [
                Outcome(BOB, "not tried", "MAIL", 0, "",
                        caught.value.smtp_error)]
        with pytest.raises(ValueError, match="NUL"):
            await smtp.sendmail(ANN, BOB, b"a\0b")
        with pytest.raises(UnicodeEncodeError):
            await smtp.sendmail(ANN, BOB, "\xe4")
        with pytest.raises(ValueError, match="2 addresses"):
            await smtp.sendmail(ANN, f"{BOB}, {EVE}", "x")

    with_client(server, work)
    assert server.commands == [f"EHLO {ME}", "QUIT"]


def test_nobody_to_send_to(serve_both: Serve) -> None:
    server = serve_both()
    error, is_open = fails(server, SMTPRecipientsRefused, [])
    assert error.recipients == {} and is_open
    assert server.envelopes == []


# Refusals.


@pytest.mark.parametrize("given, refused", [
    ([BOB, ""], [""]), (["", BOB], [""]), (["\x7f<", BOB], ["\x7f<"]),
    ([""], [""])])
def test_an_empty_recipient(given: list[str], refused: list[str],
                            serve_both: Serve) -> None:
    """The server has its word about it, and about it alone."""
    server = serve_both(answers={"RCPT TO:<>": "501 5.1.3 who"})
    codes = {each: (501, b"5.1.3 who") for each in refused}
    if BOB not in given:
        error, is_open = fails(server, SMTPRecipientsRefused, given)
        assert error.recipients == codes and is_open
        assert server.envelopes == []
        return

    async def work(smtp: SMTP) -> None:
        result = await smtp.sendmail(ANN, given, MESSAGE)
        assert result == codes
        assert kinds(result.outcomes) == [
            ("accepted", "end of message") if each == BOB
            else ("refused for good", "RCPT") for each in given]

    with_client(server, work)
    assert len(server.envelopes) == 1


def test_some_are_refused(serve_both: Serve) -> None:
    server = serve_both(answers={f"RCPT TO:<{EVE}>": "550 5.1.1 who?",
                                 "RCPT TO:<c@x.example>": "252 perhaps"})

    async def work(smtp: SMTP) -> None:
        refused = await smtp.sendmail(ANN, [EVE, BOB, "c@x.example"], MESSAGE)
        assert refused == {EVE: (550, b"5.1.1 who?"),
                           "c@x.example": (252, b"perhaps")}
        assert kinds(refused.outcomes) == [
            ("refused for good", "RCPT"), ("accepted", "end of message"),
            ("accepted", "end of message")]
        assert refused.outcomes[0].enhanced == "5.1.1"

    with_client(server, work)
    assert server.envelopes[0].recipients == [BOB, "c@x.example"]


@pytest.mark.parametrize("steps", [False, True], ids=["group", "steps"])
@pytest.mark.parametrize("answers, kind, values, outcome", [
    ({"MAIL": "550 5.7.1 not you"}, SMTPSenderRefused,
     (550, b"5.7.1 not you", ANN), ("refused for good", "MAIL")),
    ({"RCPT": "450 4.2.0 later"}, SMTPRecipientsRefused,
     ({BOB: (450, b"4.2.0 later"), EVE: (450, b"4.2.0 later")},),
     ("refused for now", "RCPT")),
    ({"DATA": "554 5.7.1 no"}, SMTPDataError, (554, b"5.7.1 no"),
     ("refused for good", "DATA")),
    ({".": "452 4.3.1 full"}, SMTPDataError, (452, b"4.3.1 full"),
     ("refused for now", "end of message")),
])
def test_refusals_leave_the_connection_open(
        serve_both: Serve, answers: Any, kind: Any, values: Any, outcome: Any,
        steps: bool, capsys: Any) -> None:
    server = serve_both(answers=answers)

    class Watched(SMTP):
        debuglevel = int(steps)  # one command at a time, then

    error, is_open = fails(server, kind, kind=Watched)
    assert error.args == values
    assert kinds(error.outcomes) == [outcome, outcome]
    assert is_open
    assert "RSET" in server.commands
    assert server.commands[-2:] == ["NOOP", "QUIT"]


@pytest.mark.parametrize("steps", [False, True], ids=["group", "steps"])
@pytest.mark.parametrize("step, kind", [
    ("MAIL", SMTPSenderRefused), ("RCPT", SMTPRecipientsRefused),
    ("DATA", SMTPDataError), (".", SMTPDataError)])
def test_421_closes(serve_both: Serve, step: str, kind: Any, steps: bool,
                    capsys: Any) -> None:
    # RFC 5321 3.8
    server = serve_both(answers={step: "421 4.3.2 leaving"})

    class Watched(SMTP):
        debuglevel = int(steps)

    error, is_open = fails(server, kind, kind=Watched)
    assert not is_open
    assert {row.outcome for row in error.outcomes} <= {"not tried",
                                                       "refused for now"}
    assert "RSET" not in server.commands and server.last.ended()


def test_a_group_that_is_not_understood(sink: Start) -> None:
    server = sink("--refuse-pipelining", "--verbose")

    async def work() -> None:
        async with SMTP(server.host, server.port or 0, ME, SECONDS) as smtp:
            for _ in range(2):
                assert await smtp.sendmail(ANN, [BOB, EVE], MESSAGE) == {}

    run(work())
    assert len(server.letters()) == 2


def test_a_reply_that_nobody_read(serve: Serve) -> None:
    """putcmd() without getreply(): replies are matched by counting."""
    server = serve(pipelining=True)

    async def work(smtp: SMTP) -> None:
        await smtp.ehlo()
        await smtp.putcmd("NOOP")
        await smtp.putcmd("NOOP")
        await asyncio.sleep(0.1)
        await smtp.getreply()
        assert await smtp.getreply() == (250, b"2.0.0 fine")
        assert await smtp.sendmail(ANN, BOB, MESSAGE) == {}

    with_client(server, work)


# A line that breaks.


@pytest.mark.parametrize("steps", [False, True], ids=["group", "steps"])
@pytest.mark.parametrize("step, how, outcome", [
    ("MAIL", CLOSE, "not tried"), ("RCPT", RESET, "not tried"),
    ("DATA", CLOSE, "not tried"), (".", CLOSE, "in doubt"),
    (".", RESET, "in doubt")])
def test_lines_that_break(serve_both: Serve, step: str, how: Any, outcome: str,
                          steps: bool, capsys: Any) -> None:
    server = serve_both(answers={step: how})

    class Watched(SMTP):
        debuglevel = int(steps)

    error, is_open = fails(server, SMTPServerDisconnected, kind=Watched)
    assert [row.outcome for row in error.outcomes] == [outcome, outcome]
    assert not is_open


@pytest.mark.parametrize("steps, outcome", [
    (["MAIL", "RCPT", "DATA"], "not tried"), (["."], "in doubt")])
def test_time_outs(serve_both: Serve, steps: list[str], outcome: str) -> None:
    server = serve_both(answers={step: SILENCE for step in steps})
    error, is_open = fails(server, SMTPServerDisconnected, timeout=0.3)
    assert "timed out" in str(error)
    assert [row.outcome for row in error.outcomes] == [outcome, outcome]
    assert not is_open and server.last.ended()


class Deaf:
    """A server that takes MAIL, RCPT and DATA, and then does not read on until
    it is told; it may say something first."""

    def __init__(self, words: bytes = b"") -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self.lmtp = False
        self.heard = b""
        self._words = words
        self._go_on = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self) -> bytes:
        """Lets it read to the end; returns all that it read."""
        self._go_on.set()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()
        self._listener.close()
        return self.heard

    def _run(self) -> None:
        try:
            self._serve()
        except (ConnectionResetError, BrokenPipeError):
            pass  # the client has gone; what was heard till then counts

    def _serve(self) -> None:
        line, _ = self._listener.accept()
        with line, line.makefile("rb") as lines:
            line.sendall(b"220 hi\r\n")
            while not self.heard.endswith(b"DATA\r\n"):
                self.heard += lines.readline()
                line.sendall(b"250 fine\r\n"
                             if not self.heard.endswith(b"DATA\r\n")
                             else b"354 go on\r\n")
            if self._words:
                self.heard += line.recv(1000)
                line.sendall(self._words)
                return  # with octets unread: that is a reset
            self._go_on.wait(SECONDS)
            while octets := line.recv(65536):
                self.heard += octets


BIG = b"x" * 70 + b"\r\n"


def test_cancelled_in_the_midst_of_a_message() -> None:
    server = Deaf()

    async def work() -> None:
        async with client(server) as smtp:  # type: ignore[arg-type]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await smtp.sendmail(ANN, BOB, BIG * 200_000)
            assert smtp.sock is None

    run(work())
    heard = server.finish()
    assert len(heard) < len(BIG) * 200_000
    assert not heard.endswith(b"\r\n.\r\n")


def test_a_server_that_does_not_read() -> None:
    server = Deaf()
    error, is_open = fails(server, SMTPServerDisconnected,
                           message=BIG * 200_000, timeout=0.3)
    assert not is_open and {row.outcome for row in error.outcomes} <= {
        "not tried", "in doubt"}
    assert not server.finish().endswith(b"\r\n.\r\n")


def test_what_was_said_before_the_line_broke() -> None:
    server = Deaf(b"552 5.3.4 too big\r\n")
    error, is_open = fails(server, SMTPDataError, message=BIG * 200_000)
    server.finish()
    assert error.args == (552, b"5.3.4 too big")
    assert not is_open


def test_a_long_message(sink: Start) -> None:
    server = sink()
    message = b"Subject: long\r\n\r\n" + BIG * 60_000

    async def work() -> None:
        async with SMTP(server.host, server.port or 0, ME, SECONDS) as smtp:
            assert await smtp.sendmail(ANN, BOB, message) == {}

    run(work())
    assert server.letter().content.replace(b"\r\n", b"\n") == (
        message.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("step", ["MAIL", "."])
def test_cancelled_delivery_closes(serve_both: Serve, step: str) -> None:
    server = serve_both(answers={step: SILENCE})

    async def work() -> None:
        async with client(server) as smtp:
            task = asyncio.create_task(smtp.sendmail(ANN, BOB, MESSAGE))
            await asyncio.sleep(0.15)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert smtp.sock is None
            await smtp.connect()
            assert (await smtp.noop())[0] == 250

    run(work())
    assert server.connections[0].ended()


def test_an_audit_hook_may_refuse(serve: Serve) -> None:
    server = serve(pipelining=True)
    refusing = True

    def hook(event: str, arguments: Any) -> None:
        if refusing and event == "smtplib.send" and b"MAIL" in arguments[1]:
            raise RuntimeError("not that")

    sys.addaudithook(hook)

    async def work(smtp: SMTP) -> None:
        nonlocal refusing
        with pytest.raises(RuntimeError, match="not that"):
            await smtp.sendmail(ANN, BOB, MESSAGE)
        refusing = False
        with audited() as events:
            assert await smtp.sendmail(ANN, BOB, MESSAGE) == {}
        assert [type(each[1][1]) for each in events] == [bytes, bytes]

    try:
        with_client(server, work)
    finally:
        refusing = False


# LMTP.


@pytest.mark.parametrize("pipelining", [True, False])
def test_lmtp(serve: Serve, socket_path: Path, pipelining: bool) -> None:
    # RFC 2033 4.2
    server = serve(lmtp=True, path=socket_path, pipelining=pipelining,
                   answers={f". {EVE}": "550 5.2.2 full"})

    async def work(smtp: SMTP) -> None:
        for _ in range(2):
            refused = await smtp.sendmail(ANN, [BOB, EVE, "c@x.example"],
                                          MESSAGE)
            assert refused == {EVE: (550, b"5.2.2 full")}
            assert kinds(refused.outcomes) == [
                ("accepted", "end of message"),
                ("refused for good", "end of message"),
                ("accepted", "end of message")]

    with_client(server, work)
    assert server.last.commands[0] == f"LHLO {ME}"


def test_lmtp_by_hand(serve: Serve) -> None:
    server = serve(lmtp=True, answers={f". {EVE}": "550 full"})

    async def work(smtp: SMTP) -> None:
        await smtp.mail(ANN)
        await smtp.rcpt(BOB)
        await smtp.rcpt(EVE)
        assert await smtp.data(MESSAGE) == (550, b"full")
        assert (await smtp.noop())[0] == 250

    with_client(server, work)


@pytest.mark.parametrize("steps", [False, True], ids=["group", "steps"])
def test_lmtp_that_breaks_midway(serve: Serve, steps: bool, capsys: Any
                                 ) -> None:
    server = serve(lmtp=True, answers={f". {EVE}": CLOSE})

    class Watched(LMTP):
        debuglevel = int(steps)

    async def work(smtp: SMTP) -> None:
        refused = await smtp.sendmail(ANN, [BOB, EVE], MESSAGE)
        assert list(refused) == [EVE] and refused[EVE][0] == -1
        assert [row.outcome for row in refused.outcomes] == ["accepted",
                                                             "in doubt"]
        assert smtp.sock is None

    with_client(server, work, kind=Watched)


def test_lmtp_at_the_sink(sink: Start, short_path: Path) -> None:
    server = sink("--lmtp", "--refuse-delivery", EVE,
                  unix=short_path / "lmtp")

    async def work() -> None:
        async with LMTP(server.host, local_hostname=ME) as smtp:
            refused = await smtp.sendmail(ANN, [EVE, BOB], MESSAGE)
            assert list(refused) == [EVE]

    run(work())
    with pytest.raises(FileNotFoundError):
        run(LMTP(str(short_path / "none")).connect())
