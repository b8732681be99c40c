"""pneu.aio: TLS and credentials."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aio_helpers import (ANN, BOB, ME, MESSAGE, SECONDS, client, run,
                         with_client)
from contract import Serve
from pneu.aio import (SMTP, SMTP_SSL, SMTPAuthenticationError, SMTPException,
                      SMTPNotSupportedError, SMTPResponseException)
from scripted import Certificate
from servers.sink import Sink

pytest_plugins = ["contract_fixtures"]
pytestmark = pytest.mark.filterwarnings("error")

USERS = {"ann": "Correct horse 42 b\xe4tterie"}
PASSWORD = USERS["ann"]
Start = Callable[..., Sink]


# TLS.


def test_starttls(serve: Serve, throwaway: Certificate) -> None:
    server = serve(["STARTTLS"], certificate=throwaway)

    async def work(smtp: SMTP) -> None:
        assert (await smtp.starttls(context=throwaway.client()))[0] == 220
        assert isinstance(smtp.sock, ssl.SSLObject)
        assert smtp.ehlo_resp is None and smtp.esmtp_features == {}
        assert not smtp.does_esmtp
        assert await smtp.sendmail(ANN, BOB, MESSAGE) == {}

    with_client(server, work)
    assert server.last.secure
    assert server.last.verbs == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT",
                                 "DATA", "QUIT"]


def test_certificates_are_verified(serve: Serve, throwaway: Certificate,
                                   tmp_path: Path) -> None:
    other = Certificate.make(tmp_path, "DNS:mail.example.net")
    cases = [(throwaway, None), (other, other.client())]
    for certificate, context in cases:
        server = serve(["STARTTLS"], certificate=certificate)

        async def work(smtp: SMTP) -> None:
            with pytest.raises(ssl.SSLCertVerificationError):
                await smtp.starttls(context=context)
            assert smtp.sock is None

        with_client(server, work)
        implicit = serve(certificate=certificate, implicit=True)
        with pytest.raises(ssl.SSLCertVerificationError):
            run(client(implicit, SMTP_SSL, context=context).connect())


def test_starttls_refused(serve: Serve) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPNotSupportedError, match="STARTTLS"):
            await smtp.starttls()
        server.features.append("STARTTLS")
        await smtp.ehlo()
        with pytest.raises(SMTPResponseException) as caught:
            await smtp.starttls()
        assert caught.value.args == (454, b"not now")
        assert (await smtp.noop())[0] == 250

    server.answers["STARTTLS"] = "454 not now"
    with_client(server, work)


@pytest.mark.parametrize("behind", [b"250 mail.example\r\n", b"2"])
@pytest.mark.parametrize("together", [True, False])
def test_nothing_may_stand_behind_the_220(
        serve: Serve, behind: bytes, together: bool,
        monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 3207 6
    answer = b"220 begin\r\n"
    server = serve(["STARTTLS"], answers={"STARTTLS": answer + behind})
    if not together:  # what is behind it stays in the stream's buffer
        monkeypatch.setattr("pneu._stream._READ_OCTETS", len(answer))

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPException, match="in the clear"):
            await smtp.starttls()
        assert smtp.sock is None

    with_client(server, work)
    assert server.last.ended()


def test_nothing_may_come_in_place_of_tls(serve: Serve) -> None:
    server = serve(["STARTTLS"], answers={
        "STARTTLS": ("220 begin", 0.1, "250 mail.example")})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(ssl.SSLError):
            await smtp.starttls()
        assert smtp.sock is None

    with_client(server, work)


def test_octets_that_nobody_read_are_seen(serve: Serve,
                                          throwaway: Certificate) -> None:
    """They come while nobody reads, and lie in the stream's buffer."""
    server = serve(["STARTTLS"], certificate=throwaway,
                   answers={"NOOP": ("250 fine", "250 injected")})

    async def work(smtp: SMTP) -> None:
        await smtp.ehlo()
        await smtp.noop()
        await asyncio.sleep(0.1)
        # The reply to STARTTLS is now that to NOOP.
        with pytest.raises(SMTPResponseException) as caught:
            await smtp.starttls(context=throwaway.client())
        assert caught.value.smtp_error == b"injected"
        smtp.close()

    with_client(server, work)
    assert server.commands[-1] == "STARTTLS"


def test_handshake_without_answer(serve: Serve) -> None:
    server = serve(["STARTTLS"], answers={"STARTTLS": ("220 begin", 0.8)})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(TimeoutError, match="timed out"):
            await smtp.starttls()
        assert smtp.sock is None

    with_client(server, work, timeout=0.3)
    with pytest.raises(TimeoutError, match="timed out"):
        run(client(serve(answers={"GREETING": 0.8}), SMTP_SSL,
                   timeout=0.3).connect())


def test_implicit_tls(serve: Serve, throwaway: Certificate) -> None:
    server = serve(["SIZE 1000"], certificate=throwaway, implicit=True)

    async def work(smtp: SMTP) -> None:
        assert isinstance(smtp.sock, ssl.SSLObject)
        assert await smtp.sendmail(ANN, BOB, MESSAGE) == {}

    with_client(server, work, SMTP_SSL, context=throwaway.client())
    assert server.envelopes[0].content == MESSAGE.encode()


# Credentials.


def trusting(server: Sink) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file))


@pytest.mark.parametrize("mechanism", [
    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1",
    "CRAM-MD5", "PLAIN", "LOGIN"])
@pytest.mark.parametrize("initial", [True, False])
def test_mechanisms(sink: Start, mechanism: str, initial: bool) -> None:
    server = sink("--json", "--mechanisms", mechanism, "--tls-max", "1.2",
                  tls="starttls", users=USERS)

    async def work() -> None:
        async with SMTP(server.host, server.port or 0, ME, SECONDS) as smtp:
            await smtp.starttls(context=trusting(server))
            code, _ = await smtp.login("ann", PASSWORD,
                                       initial_response_ok=initial)
            assert code == 235
            await smtp.sendmail(ANN, BOB, MESSAGE)

    run(work())
    report = server.report()
    assert (report["user"], report["mechanism"]) == ("ann", mechanism)


def test_strongest_mechanism(sink: Start) -> None:
    server = sink("--json", tls="implicit", users=USERS)

    async def work() -> None:
        smtp = SMTP_SSL(server.host, server.port or 0, ME, timeout=SECONDS,
                        context=trusting(server))
        async with smtp:
            with pytest.raises(SMTPAuthenticationError) as caught:
                await smtp.login("ann", "wrong")
            assert caught.value.smtp_code == 535
            await smtp.login("ann", PASSWORD)
            await smtp.sendmail(ANN, BOB, MESSAGE)

    run(work())
    assert server.report()["mechanism"] == "SCRAM-SHA-256"


def test_loopback_and_unix_sockets_are_private(serve: Serve, socket_path: Path
                                               ) -> None:
    for path in (None, socket_path):
        server = serve(["AUTH PLAIN"], lmtp=path is not None, path=path)

        async def work(smtp: SMTP) -> None:
            assert (await smtp.login("ann", "secret"))[0] == 235

        with_client(server, work)
        assert server.commands[1] == "AUTH PLAIN AGFubgBzZWNyZXQ="


def test_no_credentials_in_the_clear(serve: Serve,
                                     monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(["AUTH PLAIN"])
    monkeypatch.setattr("pneu._stream.Stream.is_local", lambda stream: False)

    async def work(smtp: SMTP) -> None:
        await smtp.ehlo()
        for call in (smtp.login("ann", "secret"), smtp.docmd("auth", "PLAIN"),
                     smtp.auth("PLAIN", lambda _=None: "x"),
                     smtp.putcmd("AUTH PLAIN")):
            with pytest.raises(SMTPException, match="allow_cleartext_auth"):
                await call
        assert server.commands == [f"EHLO {ME}"]
        smtp.allow_cleartext_auth = True
        assert (await smtp.login("ann", "secret"))[0] == 235

    with_client(server, work)


def test_a_success_must_be_proved(serve: Serve) -> None:
    # RFC 5802 3
    server = serve(["AUTH SCRAM-SHA-256"])

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPAuthenticationError, match="not proved"):
            await smtp.login("ann", "secret")
        assert smtp.sock is None

    with_client(server, work)
    assert server.last.ended()


def slow_scram(_: Any, line: str) -> str:
    """A challenge that asks for as many iterations as a server may."""
    first = base64.b64decode(line.split()[2]).decode()
    nonce = first.partition("r=")[2] + "more"
    said = f"r={nonce},s=c2FsdA==,i=1000000"
    return "334 " + base64.b64encode(said.encode()).decode()


def test_the_loop_goes_on_while_scram_is_computed(serve: Serve) -> None:
    server = serve(["AUTH SCRAM-SHA-256"], answers={"AUTH": slow_scram,
                                                    "ANSWER": "535 no"})

    async def longest_wait(of: asyncio.Task[Any]) -> float:
        longest, last = 0.0, time.monotonic()
        while not of.done():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        return longest

    async def work(smtp: SMTP) -> None:
        begun = time.monotonic()
        login = asyncio.create_task(smtp.login("ann", "secret"))
        longest = await longest_wait(login)
        assert longest < (time.monotonic() - begun) / 2
        with pytest.raises(SMTPAuthenticationError, match="no"):
            login.result()

    with_client(server, work)


def test_cancelled_while_scram_is_computed(serve: Serve) -> None:
    server = serve(["AUTH SCRAM-SHA-256"], answers={"AUTH": slow_scram})

    async def work(smtp: SMTP) -> None:
        login = asyncio.create_task(smtp.login("ann", "secret"))
        while not smtp._exchange or smtp._auth_challenge_count < 2:
            await asyncio.sleep(0.001)
        login.cancel()
        with pytest.raises(asyncio.CancelledError):
            await login
        assert smtp.sock is None

    with_client(server, work)
    assert server.last.ended()


def test_an_authobject_of_a_program_stays_in_the_loop(serve: Serve) -> None:
    threads = []

    class Mine(SMTP):
        def auth_scram_sha_256(self, challenge: bytes | None = None
                               ) -> bytes | None:
            threads.append(threading.current_thread())
            return super().auth_scram_sha_256(challenge)

    server = serve(["AUTH SCRAM-SHA-256"], answers={
        "AUTH": "334 bm9uc2Vuc2U=", "ANSWER": "501 ended"})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPException):
            await smtp.login("ann", "secret")

    with_client(server, work, Mine)
    assert threads == [threading.main_thread()] * 2


def test_no_mechanism(serve: Serve) -> None:
    server = serve()

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPNotSupportedError, match="AUTH"):
            await smtp.login("ann", "secret")
        server.features.append("AUTH GSSAPI NTLM")
        await smtp.ehlo()
        with pytest.raises(SMTPException, match="GSSAPI NTLM"):
            await smtp.login("ann", "secret")

    with_client(server, work)


def test_the_next_mechanism_is_tried(serve: Serve) -> None:
    server = serve(["AUTH PLAIN LOGIN"], answers={
        "AUTH PLAIN AGFubgBzZWNyZXQ=": "504 no",
        "AUTH LOGIN YW5u": "334 UGFzcw=="})

    async def work(smtp: SMTP) -> None:
        assert (await smtp.login("ann", "secret"))[0] == 235

    with_client(server, work)
    assert server.last.commands[1:] == [
        "AUTH PLAIN AGFubgBzZWNyZXQ=", "AUTH LOGIN YW5u", "c2VjcmV0", "QUIT"]


def test_an_exchange_that_fails_here_is_ended(serve: Serve) -> None:
    # RFC 4954 4
    server = serve(["AUTH X"], answers={"AUTH": "334 YQ==",
                                        "ANSWER": "501 cancelled"})

    def answer(challenge: bytes | None = None) -> Any:
        if challenge is None:
            return None
        raise KeyError(challenge)

    async def work(smtp: SMTP) -> None:
        with pytest.raises(KeyError, match="b'a'"):
            await smtp.auth("x", answer)
        with pytest.raises(TypeError, match="None"):
            await smtp.auth("x", lambda challenge=None: None)
        assert (await smtp.noop())[0] == 250

    with_client(server, work)
    assert server.commands == ["AUTH X", "*", "AUTH X", "*", "NOOP", "QUIT"]


@pytest.mark.parametrize("initial, count", [(None, 6), ("x", 5)])
def test_challenges_without_end(serve: Serve, initial: Any, count: int
                                ) -> None:
    server = serve(["AUTH X"], answers={"AUTH": "334 YQ==",
                                        "ANSWER": "334 YQ==",
                                        "*": "501 ended"})

    async def work(smtp: SMTP) -> None:
        with pytest.raises(SMTPException, match="infinite loop"):
            await smtp.auth("X", lambda challenge=None:
                            initial if challenge is None else b"y")

    with_client(server, work)
    assert server.last.commands.count("eQ==") == count
    assert server.commands[-2:] == ["*", "QUIT"]


def test_fifty_at_once(sink: Start) -> None:
    server = sink(tls="starttls", users=USERS)
    context = trusting(server)

    async def one(i: int) -> dict[str, tuple[int, bytes]]:
        async with SMTP(server.host, server.port or 0, ME, 30) as smtp:
            await smtp.starttls(context=context)
            await smtp.login("ann", PASSWORD)
            return await smtp.sendmail(ANN, [f"to{i}@x.example", BOB],
                                       MESSAGE * 10)

    async def work() -> None:
        assert await asyncio.gather(*map(one, range(50))) == [{}] * 50

    run(work())
    assert len(server.letters()) == 50
