"""pneu.aio: connecting, commands, time-outs, several tasks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aio_helpers import (ANN, BOB, ME, MESSAGE, SECONDS, client, run,
                         with_client)
from contract import Serve, audited
from pneu import smtplib
from pneu.aio import (LMTP, SMTP, SMTP_SSL, SMTPConnectError, SMTPException,
                      SMTPHeloError,
                      SMTPResponseException, SMTPServerDisconnected)
from scripted import CLOSE, SILENCE

pytest_plugins = ["contract_fixtures"]
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def refused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port: int = line.getsockname()[1]
        return port


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port that takes no connection any more, and refuses none."""
    lines = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            line = socket.socket()
            line.setblocking(False)
            line.connect_ex(listener.getsockname())
            lines.append(line)
        yield listener.getsockname()[1]
    for line in lines:
        line.close()


# Connecting and leaving.


def test_with_connects_and_quits(serve: Serve) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        assert smtp.sock is not None
        assert await smtp.noop() == (250, b"2.0.0 fine")

    with_client(server, work)
    assert server.last.commands == ["NOOP", "QUIT"]
    assert server.last.ended()


def test_constructor_touches_nothing(refused_port: int) -> None:
    smtp = SMTP("127.0.0.1", refused_port, ME, 7.5, ("127.0.0.2", 0))
    assert smtp.sock is None
    assert (smtp.local_hostname, smtp.timeout) == (ME, 7.5)
    assert smtp.source_address == ("127.0.0.2", 0)
    assert smtp.esmtp_features == {} and smtp.does_esmtp is False
    assert smtp.ehlo_resp is None and smtp.helo_resp is None
    assert (SMTP.default_port, SMTP_SSL.default_port,
            LMTP.default_port) == (25, 465, 2003)
    smtp.close()


def test_has_the_methods_of_smtplib() -> None:
    names = {name for name in dir(smtplib.SMTP)
             if not name.startswith("_") and callable(getattr(smtplib.SMTP,
                                                              name))}
    assert {name for name in names if not hasattr(SMTP, name)} == set()
    assert smtplib.SMTPException is SMTPException


def test_greeting_that_is_a_refusal(serve: Serve) -> None:
    server = serve(answers={"GREETING": "554 go away"})

    async def by_hand() -> tuple[int, bytes]:
        smtp = client(server)
        reply = await smtp.connect()
        assert smtp.sock is not None
        smtp.close()
        return reply

    with pytest.raises(SMTPConnectError) as caught:
        with_client(server, lambda smtp: smtp.noop())
    assert caught.value.args == (554, b"go away")
    assert server.last.ended() and server.commands == []
    assert run(by_hand()) == (554, b"go away")


def test_host_and_port(serve: Serve) -> None:
    server = serve()

    async def to(smtp: SMTP, *where: Any) -> int:
        code, _ = await smtp.connect(*where)
        smtp.close()
        return code

    host = f"127.0.0.1:{server.port}"
    assert run(to(SMTP(host))) == 220
    assert run(to(SMTP(), host)) == 220
    assert run(to(SMTP("other.invalid", 1), "127.0.0.1", server.port)) == 220
    assert run(to(LMTP(host))) == 220
    for wrong in ("127.0.0.1:x", "127.0.0.1:"):
        with pytest.raises(OSError, match="^nonnumeric port$"):
            run(to(SMTP(wrong)))


def test_source_address(serve: Serve) -> None:
    server = serve()
    with_client(server, lambda smtp: smtp.noop(),
                source_address=("127.0.0.2", 0))
    assert server.last.peer[0] == "127.0.0.2"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nobody_listens(refused_port: int, host: str) -> None:
    with pytest.raises(ConnectionRefusedError):
        run(SMTP(host, refused_port, timeout=SECONDS).connect())


def test_unknown_host() -> None:
    with pytest.raises(socket.gaierror):
        run(SMTP("no.such.host.invalid", 25, timeout=SECONDS).connect())


def test_all_addresses_are_tried(serve: Serve, monkeypatch: pytest.MonkeyPatch,
                                 refused_port: int) -> None:
    server = serve()
    usual = socket.getaddrinfo

    def several(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        return (usual("127.0.0.1", refused_port, *more, **named)
                + usual("127.0.0.1", port, *more, **named))

    monkeypatch.setattr(socket, "getaddrinfo", several)
    with_client(server, lambda smtp: smtp.noop())
    assert server.commands == ["NOOP", "QUIT"]


@pytest.mark.parametrize("kind", [SMTP, SMTP_SSL, LMTP])
def test_timeout_of_0(refused_port: int, kind: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="timeout=0"):
        run(kind("127.0.0.1", refused_port, timeout=0).connect())


def test_timeout_of_connecting(full_port: int) -> None:
    with pytest.raises(TimeoutError, match="timed out") as caught:
        run(SMTP("127.0.0.1", full_port, timeout=0.2).connect())
    assert not isinstance(caught.value, SMTPException)


def test_timeout_by_default(serve: Serve, monkeypatch: pytest.MonkeyPatch
                            ) -> None:
    server = serve(answers={"NOOP": SILENCE})
    monkeypatch.setattr(socket, "getdefaulttimeout", lambda: 0.2)

    async def work() -> None:
        smtp = SMTP(*server.address)
        await smtp.connect()
        await smtp.noop()

    with pytest.raises(SMTPServerDisconnected, match="timed out"):
        run(work())


@pytest.mark.parametrize("step", ["GREETING", "NOOP"])
def test_timeout_of_a_reply(serve: Serve, step: str) -> None:
    server = serve(answers={step: SILENCE})

    async def work() -> SMTP:
        smtp = client(server, timeout=0.2)
        with pytest.raises(SMTPServerDisconnected, match="timed out"):
            await smtp.connect()
            await smtp.noop()
        return smtp

    assert run(work()).sock is None
    assert server.last.ended()


def test_socket_that_was_made_elsewhere(serve: Serve) -> None:
    server = serve(["AUTH PLAIN"])

    async def work() -> None:
        smtp = SMTP(local_hostname=ME, timeout=SECONDS)
        await smtp.connect("mail.example",
                           sock=socket.create_connection(server.address))
        async with smtp:
            # Who knows where a proxy sends it.
            with pytest.raises(SMTPException, match="starttls"):
                await smtp.login("ann", "secret")
            assert server.commands == []

    run(work())


def test_reconnecting_closes_and_forgets(serve: Serve) -> None:
    server = serve(["SIZE 1000"])

    async def work() -> None:
        smtp = client(server)
        await smtp.connect()
        await smtp.ehlo()
        assert smtp.has_extn("Size") and smtp.does_esmtp
        await smtp.connect()
        assert not smtp.has_extn("size") and not smtp.does_esmtp
        assert smtp.ehlo_resp is None
        await smtp.quit()

    run(work())
    first, second = server.connections
    assert first.ended() and first.commands == [f"EHLO {ME}"]
    assert second.commands == ["QUIT"]


def test_quit_forgets_and_ends(serve: Serve) -> None:
    server = serve(["SIZE 1000"])

    async def work() -> None:
        smtp = client(server)
        await smtp.connect()
        await smtp.ehlo()
        assert await smtp.quit() == (221, b"2.0.0 bye")
        assert smtp.sock is None and smtp.esmtp_features == {}
        for _ in range(2):
            with pytest.raises(SMTPServerDisconnected, match="connect"):
                await smtp.quit()
        smtp.close()

    run(work())


def test_quit_that_is_refused(serve: Serve) -> None:
    server = serve(answers={"QUIT": "500 no"})
    with pytest.raises(SMTPResponseException) as caught:
        with_client(server, lambda smtp: smtp.noop())
    assert caught.value.smtp_code == 500
    assert server.last.ended()


def test_leaving_with_an_exception(serve: Serve) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        with_client(server, work)
    assert server.commands == ["QUIT"]


def test_leaving_when_the_server_has_left(serve: Serve) -> None:
    server = serve(answers={"NOOP": ("250 last", CLOSE)})
    assert with_client(server, lambda smtp: smtp.noop()) == (250, b"last")


# Commands.


def test_commands(serve: Serve) -> None:
    server = serve(["SIZE 1000", "AUTH PLAIN"], answers={
        "VRFY": "550 no", "HELP": "214-one\n214 two"})

    async def work(smtp: SMTP) -> None:
        assert (await smtp.helo("me.example"))[0] == 250
        assert smtp.helo_resp == b"mail.example"
        assert (await smtp.ehlo())[0] == 250
        assert smtp.esmtp_features == {"size": "1000", "auth": " PLAIN"}
        assert smtp.has_extn("SIZE") and not smtp.has_extn("dsn")
        assert await smtp.help("me") == b"one\ntwo"
        assert await smtp.vrfy("Ann <a@x.example>") == (550, b"no")
        assert (await smtp.verify(ANN))[0] == 550
        assert (await smtp.expn("list"))[0] == 250
        assert (await smtp.mail(ANN, ["SIZE=5"]))[0] == 250
        assert (await smtp.rcpt(f"<{BOB}>", ["NOTIFY=NEVER"]))[0] == 250
        assert (await smtp.data(MESSAGE))[0] == 250
        assert (await smtp.rset())[0] == 250
        assert await smtp.docmd("noop", "x") == (250, b"2.0.0 fine")
        await smtp.putcmd("NOOP")
        assert (await smtp.getreply())[0] == 250

    with_client(server, work)
    assert server.last.commands == [
        "HELO me.example", f"EHLO {ME}", "HELP me", "VRFY a@x.example",
        f"VRFY {ANN}", "EXPN list", f"MAIL FROM:<{ANN}> SIZE=5",
        f"RCPT TO:<{BOB}> NOTIFY=NEVER", "DATA", "RSET", "noop x", "NOOP",
        "QUIT"]
    assert server.envelopes[0].content == MESSAGE.encode()


def test_data_by_hand(serve: Serve) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        await smtp.mail("")
        await smtp.rcpt(BOB)
        assert (await smtp.docmd("DATA"))[0] == 354
        await smtp.send("one\r\n")
        await smtp.send(b"two\r\n.\r\n")
        assert (await smtp.getreply())[0] == 250

    with_client(server, work)
    assert server.envelopes[0].content == b"one\r\ntwo\r\n"
    assert server.envelopes[0].sender == ""


@pytest.mark.parametrize("bad", ["a\r", "a\nRSET", "a\0"])
def test_line_breaks_are_refused(serve: Serve, bad: str) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        await smtp.ehlo()
        for call in (smtp.docmd("NOOP", bad), smtp.putcmd(bad),
                     smtp.helo(bad), smtp.help(bad),
                     smtp.mail(ANN, [bad]), smtp.rcpt(BOB, [bad])):
            with pytest.raises(ValueError, match="prohibited"):
                await call
        with pytest.raises(ValueError):
            await smtp.sendmail(ANN, BOB, MESSAGE, [bad])
        with pytest.raises(ValueError):
            await smtp.sendmail(ANN, BOB, MESSAGE, [], [bad])

    with_client(server, work)
    assert server.commands == [f"EHLO {ME}", "QUIT"]


def test_ehlo_or_helo(serve: Serve) -> None:
    server = serve(answers={"EHLO": "502 what?"})

    async def work(smtp: SMTP) -> None:
        await smtp.ehlo_or_helo_if_needed()
        await smtp.ehlo_or_helo_if_needed()
        assert not smtp.does_esmtp

    with_client(server, work)
    assert server.commands == [f"EHLO {ME}", f"HELO {ME}", "QUIT"]
    server.answers["HELO"] = "550 no"
    with pytest.raises(SMTPHeloError) as caught:
        with_client(server, work)
    assert caught.value.args == (550, b"no")


def test_lmtp_has_no_helo(serve: Serve) -> None:
    # RFC 2033 4.1
    server = serve(lmtp=True, answers={"LHLO": "500 what?"})
    with pytest.raises(SMTPHeloError):
        with_client(server, lambda smtp: smtp.ehlo_or_helo_if_needed())
    assert server.commands == [f"LHLO {ME}", "QUIT"]


def test_own_name_is_looked_up(serve: Serve, monkeypatch: pytest.MonkeyPatch
                               ) -> None:
    server = serve()
    monkeypatch.setattr(socket, "getfqdn", lambda: "here.example")
    with_client(server, lambda smtp: smtp.ehlo(), local_hostname=None)
    assert server.commands == ["EHLO here.example", "QUIT"]


@pytest.mark.parametrize("said, code, text", [
    (b"250 " + b"x" * 9000 + b"\r\n", 500, "Line too long."),
    (b"250-x\r\n" * 1100, 500, "Reply too long."),
])
def test_replies_without_end(serve: Serve, said: bytes, code: int, text: str
                             ) -> None:
    server = serve(answers={"NOOP": said})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPResponseException) as caught:
            await smtp.noop()
        assert caught.value.args == (code, text)
        assert smtp.sock is None

    with_client(server, work)


@pytest.mark.parametrize("said, reply", [
    ("250-one\n550 two", (-1, b"one\ntwo")),
    (b"25", (-1, b"")),
    ("250-a\n250 b", (250, b"a\nb")),
    (b"hello there\r\n", (-1, b"o there")),
])
def test_odd_replies(serve: Serve, said: Any, reply: Any) -> None:
    server = serve(answers={"NOOP": (said, CLOSE)})
    assert with_client(server, lambda smtp: smtp.noop()) == reply


def test_server_hangs_up(serve: Serve) -> None:
    server = serve(answers={"NOOP": CLOSE})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPServerDisconnected, match="closed"):
            await smtp.noop()
        assert smtp.sock is None
        with pytest.raises(SMTPServerDisconnected, match="connect"):
            await smtp.noop()

    with_client(server, work)


def test_debug_output(serve: Serve, capsys: pytest.CaptureFixture[str]
                      ) -> None:
    server = serve(["AUTH PLAIN"])

    async def work(smtp: SMTP) -> None:
        await smtp.login("ann", "secret")
        await smtp.sendmail(ANN, BOB, MESSAGE)

    async def whole() -> None:
        smtp = client(server)
        smtp.set_debuglevel(1)
        async with smtp:
            await work(smtp)

    run(whole())
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0].startswith("connect: to ('127.0.0.1', ")
    assert "send: 'AUTH PLAIN [hidden]\\r\\n'" in lines
    assert f"send: 'MAIL FROM:<{ANN}>\\r\\n'" in lines
    assert "reply: b'354 go on\\r\\n'" in lines
    assert lines[-1] == "reply: retcode (221); Msg: b'2.0.0 bye'"


def test_audit_events(serve: Serve) -> None:
    server = serve()

    async def work() -> SMTP:
        async with client(server) as smtp:
            await smtp.noop()
            return smtp

    with audited() as events:
        smtp = run(work())
    assert events == [("smtplib.connect", (smtp, *server.address)),
                      ("smtplib.send", (smtp, b"NOOP\r\n")),
                      ("smtplib.send", (smtp, b"QUIT\r\n"))]


# Several tasks.


def test_tasks_take_turns(serve: Serve) -> None:
    server = serve(["SIZE 1000"], pipelining=True,
                   answers={"NOOP": (0.01, "250 fine")})

    async def work(smtp: SMTP) -> None:
        calls = [smtp.sendmail(f"{i}@x.example", [f"to{i}@x.example"], MESSAGE)
                 for i in range(20)]
        noops = [smtp.noop() for _ in range(5)]
        assert await asyncio.gather(*calls) == [{}] * 20
        assert {code for code, _ in await asyncio.gather(*noops)} == {250}

    with_client(server, work)
    assert len(server.connections) == 1
    assert sorted((each.sender, each.recipients)
                  for each in server.envelopes) == sorted(
        (f"{i}@x.example", [f"to{i}@x.example"]) for i in range(20))


def test_cancelled_while_waiting_its_turn(serve: Serve) -> None:
    server = serve(answers={"NOOP": (0.3, "250 fine")})

    async def work(smtp: SMTP) -> None:
        first = asyncio.create_task(smtp.noop())
        second = asyncio.create_task(smtp.vrfy(BOB))
        await asyncio.sleep(0.05)
        second.cancel()
        assert (await first)[0] == 250
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await smtp.rset())[0] == 250

    with_client(server, work)
    assert server.commands == ["NOOP", "RSET", "QUIT"]


def test_cancelled_command_closes(serve: Serve) -> None:
    server = serve(answers={"NOOP": (0.2, "250 late")})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await smtp.noop()
        assert smtp.sock is None

    with_client(server, work)
    assert server.last.ended()


def test_cancelled_getreply_goes_on(serve: Serve) -> None:
    server = serve(answers={"NOOP": (b"250-a\r\n", 0.2, b"250 b\r\n")})

    async def work(smtp: SMTP) -> None:
        await smtp.putcmd("NOOP")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await smtp.getreply()
        assert await smtp.getreply() == (250, b"a\nb")

    with_client(server, work)


def test_cancelled_block_does_not_wait_for_quit(serve: Serve) -> None:
    server = serve(answers={"QUIT": SILENCE})

    async def work() -> None:
        async with asyncio.timeout(0.1):
            async with client(server):
                await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        run(work())
    assert server.last.ended() and server.commands == []


def test_cancelled_connect_leaves_nothing(serve: Serve) -> None:
    server = serve(answers={"GREETING": SILENCE})

    async def work() -> None:
        smtp = client(server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await smtp.connect()
        assert smtp.sock is None

    run(work())
    assert server.last.ended()


def test_close_wakes_whoever_waits(serve: Serve) -> None:
    server = serve(answers={"NOOP": SILENCE})

    async def work(smtp: SMTP) -> None:
        waiting = asyncio.create_task(smtp.noop())
        await asyncio.sleep(0.05)
        smtp.close()
        with pytest.raises(SMTPServerDisconnected):
            await waiting

    with_client(server, work)
