"""smtplib, auth and login."""

from __future__ import annotations

import base64
import hmac
import socket
from typing import Any

import pytest

from contract import (ME, SECONDS, STANDARD, Connect, Serve, only_pneu,
                      smtplib)
from scripted import Certificate, Server

pytest_plugins = ["contract_fixtures"]


def b64(text: str | bytes) -> str:
    octets = text.encode() if isinstance(text, str) else text
    return base64.b64encode(octets).decode()


def challenge(text: str | bytes) -> str:
    return "334 " + b64(text)


def answers(server: Server) -> list[str]:
    """All lines after EHLO."""
    return server.last.commands[1:]


@pytest.mark.parametrize("initial, sent", [
    ("one", f"AUTH XOWN {b64('one')}"), (None, "AUTH XOWN"),
    ("", "AUTH XOWN ")])
def test_initial_response(initial: str | None, sent: str, serve: Serve,
                          connect: Connect) -> None:
    # smtplib L126, L127: an empty one is nothing after a blank
    server = serve()
    client = connect(server)
    asked: list[Any] = []

    def authobject(*arguments: Any) -> str | None:
        asked.append(arguments)
        return initial

    assert client.auth("xOwn", authobject) == (235, b"2.7.0 welcome")
    assert server.last.commands == [sent]
    assert asked == [()]


def test_without_initial_response(serve: Serve, connect: Connect) -> None:
    # smtplib L126
    server = serve(answers={"AUTH": challenge("who")})
    client = connect(server)
    assert client.auth("XOWN", lambda got: got.decode() + "!",
                       initial_response_ok=False)[0] == 235
    assert server.last.commands == ["AUTH XOWN", b64("who!")]


def test_many_steps(serve: Serve, connect: Connect) -> None:
    # smtplib L128: each challenge decoded, each answer on one line
    server = serve(answers={
        "AUTH": challenge(b"\0\xff"),
        "ANSWER": [challenge("two"), challenge(b""), "235 fine"]})
    client = connect(server)
    seen: list[bytes] = []

    def authobject(got: bytes | None = None) -> str | None:
        if got is None:
            return None
        seen.append(got)
        return "x" * 200

    assert client.auth("XOWN", authobject) == (235, b"fine")
    assert seen == [b"\0\xff", b"two", b""]
    assert server.last.commands == ["AUTH XOWN"] + 3 * [b64("x" * 200)]


@pytest.mark.parametrize("initial, sent", [(None, 6), ("x", 5)])
def test_challenges_without_end(initial: str | None, sent: int, serve: Serve,
                                connect: Connect) -> None:
    # smtplib L129
    server = serve(answers={"AUTH": challenge("more"),
                            "ANSWER": challenge("more")})
    client = connect(server)
    with pytest.raises(smtplib.SMTPException) as caught:
        client.auth("XOWN", lambda got=None: initial if got is None else "y")
    assert type(caught.value) is smtplib.SMTPException
    assert str(caught.value).startswith(
        "Server AUTH mechanism infinite loop. Last response: (334, ")
    assert len(server.last.commands) == 1 + sent


@pytest.mark.parametrize("reply, good", [
    ("235 fine", True), ("503 already", True), ("535 no", False),
    ("250 what", False), ("454 later", False), ("500 what", False)])
def test_end_of_an_exchange(reply: str, good: bool, serve: Serve,
                            connect: Connect) -> None:
    # smtplib L130
    client = connect(serve(answers={"AUTH": reply}))
    expected = (int(reply[:3]), reply[4:].encode())
    if good:
        assert client.auth("XOWN", lambda: "x") == expected
        return
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        client.auth("XOWN", lambda: "x")
    assert caught.value.args == expected
    assert client.noop()[0] == 250


@pytest.mark.parametrize("user, password", [("\u00e4nn", "p"),
                                            ("ann", "p\u00e4ss")])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_non_ascii_credentials(mechanism: str, user: str, password: str,
                               serve: Serve, connect: Connect) -> None:
    # smtplib L131: an error there, UTF-8 in pneu (RFC 4616 2)
    server = serve([f"AUTH {mechanism}"], answers={
        "AUTH": challenge("c") if mechanism != "PLAIN" else "235 fine",
        "ANSWER": "235 fine"})
    client = connect(server)
    if STANDARD:
        with pytest.raises(UnicodeEncodeError):
            client.login(user, password)
        return
    assert client.login(user, password)[0] == 235
    if mechanism == "PLAIN":
        assert answers(server) == [
            "AUTH PLAIN " + b64(f"\0{user}\0{password}")]
    if mechanism == "LOGIN":
        assert answers(server)[0] == f"AUTH LOGIN {b64(user)}"
    if mechanism == "CRAM-MD5":
        digest = hmac.new(password.encode(), b"c", "md5").hexdigest()
        assert answers(server)[1] == b64(f"{user} {digest}")


def test_a_failing_authobject(serve: Serve, connect: Connect) -> None:
    # smtplib L132: the exchange stays open, no "*" is sent
    server = serve(answers={"AUTH": challenge("x")})
    client = connect(server)

    def authobject(got: bytes | None = None) -> None:
        if got is not None:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        client.auth("XOWN", authobject)
    assert client.sock is not None
    assert client.docmd("*")[0] == 235
    assert server.last.commands == ["AUTH XOWN", "*"]


def test_auth_plain(idle: Any) -> None:
    # smtplib L133
    idle.user, idle.password = "ann", "secret"
    assert idle.auth_plain() == "\0ann\0secret"
    assert idle.auth_plain(b"x") == "\0ann\0secret"


def test_auth_login(idle: Any) -> None:
    # smtplib L133: the count of challenges tells, and no prompt
    idle.user, idle.password = "ann", "secret"
    assert idle.auth_login() == "ann"
    for count, said in [(0, "ann"), (1, "ann"), (2, "secret"),
                        (3, "secret")]:
        idle._auth_challenge_count = count
        assert idle.auth_login(b"Username:") == said


def test_auth_cram_md5(idle: Any) -> None:
    # smtplib L133: the example of RFC 2195 2
    idle.user, idle.password = "tim", "tanstaaftanstaaf"
    assert idle.auth_cram_md5() is None
    assert idle.auth_cram_md5(
        b"<1896.697170952@postoffice.reston.mci.net>") == (
        "tim b913a602c7eda7a495b4e6e7334d3890")


def test_no_auth_offered(serve: Serve, connect: Connect) -> None:
    # smtplib L134
    server = serve()
    with pytest.raises(smtplib.SMTPNotSupportedError) as caught:
        connect(server).login("ann", "secret")
    assert str(caught.value) == "SMTP AUTH extension not supported by server."
    assert server.last.verbs == ["EHLO"]


def test_none_of_ours(serve: Serve, connect: Connect) -> None:
    # smtplib L134; pneu says what is offered
    server = serve(["AUTH GSSAPI XOWN"])
    with pytest.raises(smtplib.SMTPException) as caught:
        connect(server).login("ann", "secret")
    assert type(caught.value) is smtplib.SMTPException
    assert str(caught.value).startswith(
        "No suitable authentication method found.")
    if not STANDARD:
        assert "GSSAPI XOWN" in str(caught.value)
    assert server.last.verbs == ["EHLO"]


@pytest.mark.parametrize("offered, tried", [
    ("LOGIN PLAIN CRAM-MD5", ["CRAM-MD5", "PLAIN", "LOGIN"]),
    ("LOGIN PLAIN", ["PLAIN", "LOGIN"]), ("XOWN LOGIN", ["LOGIN"])])
def test_order(offered: str, tried: list[str], serve: Serve,
               connect: Connect) -> None:
    # smtplib L135, L136: each refusal goes on to the next; the last is told
    server = serve([f"AUTH {offered}"], answers={
        "AUTH": [f"535 no {n}" for n in range(1, len(tried) + 1)]})
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        connect(server).login("ann", "secret")
    assert caught.value.args == (535, f"no {len(tried)}".encode())
    assert [line.split()[1] for line in answers(server)] == tried


@pytest.mark.parametrize("offered", ["plain", "Plain login"])
def test_mechanisms_in_lower_case(offered: str, serve: Serve,
                                  connect: Connect) -> None:
    # smtplib L135: upper case only there, any case in pneu
    server = serve([f"AUTH {offered}"])
    client = connect(server)
    if STANDARD:
        with pytest.raises(smtplib.SMTPException, match="No suitable"):
            client.login("ann", "secret")
        return
    assert client.login("ann", "secret")[0] == 235
    assert answers(server) == ["AUTH PLAIN " + b64("\0ann\0secret")]


def test_second_mechanism(serve: Serve, connect: Connect) -> None:
    # smtplib L136, L137
    server = serve(["AUTH CRAM-MD5 PLAIN"], answers={
        "AUTH CRAM-MD5": "504 not really", "AUTH": "235 fine"})
    client = connect(server)
    assert client.login("ann", "secret") == (235, b"fine")
    assert (client.user, client.password) == ("ann", "secret")
    assert answers(server) == ["AUTH CRAM-MD5",
                               "AUTH PLAIN " + b64("\0ann\0secret")]


def test_login_cram_md5(serve: Serve, connect: Connect) -> None:
    # smtplib L133, L135
    server = serve(["AUTH CRAM-MD5"], answers={"AUTH": challenge("<1@x>")})
    assert connect(server).login("ann", "secret")[0] == 235
    digest = hmac.new(b"secret", b"<1@x>", "md5").hexdigest()
    assert answers(server) == ["AUTH CRAM-MD5", b64(f"ann {digest}")]


@pytest.mark.parametrize("initial_response_ok, sent", [
    (True, [f"AUTH LOGIN {b64('ann')}", b64("secret")]),
    (False, ["AUTH LOGIN", b64("ann"), b64("secret")])])
def test_login_login(initial_response_ok: bool, sent: list[str], serve: Serve,
                     connect: Connect) -> None:
    # smtplib L126, L133
    more = [challenge("Password:")] if not initial_response_ok else []
    server = serve(["AUTH LOGIN"], answers={
        "AUTH": challenge("Anything"), "ANSWER": [*more, "235 fine"]})
    assert connect(server).login(
        "ann", "secret", initial_response_ok=initial_response_ok)[0] == 235
    assert answers(server) == sent


def test_login_plain_without_initial_response(serve: Serve,
                                              connect: Connect) -> None:
    # smtplib L126, L133, L140
    server = serve(["AUTH PLAIN"], answers={"AUTH": b"334\r\n"})
    assert connect(server).login("ann", "secret",
                                 initial_response_ok=False)[0] == 235
    assert answers(server) == ["AUTH PLAIN", b64("\0ann\0secret")]


def test_a_bare_334(serve: Serve, connect: Connect) -> None:
    # smtplib L140
    seen: list[bytes] = []
    server = serve(answers={"AUTH": b"334\r\n", "ANSWER": [b"334 \r\n",
                                                          "235 fine"]})
    connect(server).auth("XOWN", lambda got: seen.append(got) or "x",
                         initial_response_ok=False)
    assert seen == [b"", b""]


def test_login_greets_only_if_needed(serve: Serve, connect: Connect) -> None:
    # smtplib L134
    server = serve(["AUTH PLAIN"])
    client = connect(server)
    client.ehlo()
    client.login("ann", "secret")
    assert server.last.verbs == ["EHLO", "AUTH"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_clear_text_over_a_private_line(host: str, serve: Serve,
                                        connect: Connect) -> None:
    # smtplib L138: over a loopback address, in pneu too
    server = serve(["AUTH PLAIN"], host=host)
    assert connect(server).login("ann", "secret")[0] == 235


def test_clear_text_over_a_unix_socket(socket_path: Any, serve: Serve,
                                       connect: Connect) -> None:
    # smtplib L138, N157
    server = serve(["AUTH PLAIN"], path=socket_path, lmtp=True)
    assert connect(server).login("ann", "secret")[0] == 235
    assert server.last.verbs == ["LHLO", "AUTH"]


class Far(socket.socket):
    """A line of which it is not known where it leads."""


@pytest.fixture
def far(serve: Serve) -> Any:
    """A client whose line is not private; the server is its attribute."""
    server = serve(["AUTH PLAIN LOGIN"], loose=True)

    class Proxied(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> Far:
            line = Far(socket.AF_INET)
            line.settimeout(timeout)
            line.connect((host, port))
            return line

    client = Proxied(*server.address, local_hostname=ME, timeout=SECONDS)
    client.server = server
    yield client
    client.close()


@pytest.mark.parametrize("call", [
    lambda client: client.login("ann", "secret"),
    lambda client: client.auth("PLAIN", lambda: "\0ann\0secret"),
    lambda client: client.docmd("AUTH", "PLAIN AGFubgBzZWNyZXQ="),
    lambda client: client.putcmd("auth PLAIN AGFubgBzZWNyZXQ=")],
    ids=["login", "auth", "docmd", "putcmd"])
def test_clear_text_over_other_lines(call: Any, far: Any) -> None:
    # smtplib L138: refused in pneu, unless the program says otherwise
    if STANDARD:
        call(far)
        return
    with pytest.raises(smtplib.SMTPException,
                       match="allow_cleartext_auth") as caught:
        call(far)
    assert "secret" not in str(caught.value)
    assert far.noop()[0] == 250
    assert "AUTH" not in far.server.last.verbs
    far.allow_cleartext_auth = True
    call(far)
    far.noop()
    assert "AUTH" in far.server.last.verbs


@only_pneu
def test_clear_text_allowed_by_a_class(serve: Serve) -> None:
    # smtplib L138
    assert smtplib.SMTP.allow_cleartext_auth is False


def test_login_over_tls(serve: Serve, throwaway: Certificate,
                        connect: Connect) -> None:
    # smtplib L134, M149
    server = serve(["AUTH PLAIN"], certificate=throwaway, implicit=True)
    client = connect(server, smtplib.SMTP_SSL, context=throwaway.client())
    assert client.login("ann", "secret")[0] == 235
    assert answers(server) == ["AUTH PLAIN " + b64("\0ann\0secret")]


@pytest.mark.parametrize("feature", ["AUTH=PLAIN", "auth=LOGIN PLAIN"])
def test_old_style(feature: str, serve: Serve, connect: Connect) -> None:
    # smtplib L139
    server = serve([feature])
    assert connect(server).login("ann", "secret")[0] == 235
    assert server.last.commands[1].startswith("AUTH PLAIN")


def test_own_methods_are_called(serve: Serve, connect: Connect) -> None:
    # smtplib L135, A5: login goes through auth, and auth through auth_plain
    calls: list[Any] = []

    class Own(smtplib.SMTP):
        def auth(self, mechanism, authobject, *, initial_response_ok=True):
            calls.append((mechanism, initial_response_ok))
            return super().auth(mechanism, authobject,
                                initial_response_ok=initial_response_ok)

        def auth_plain(self, challenge=None):
            calls.append(challenge)
            return "own"

    server = serve(["AUTH PLAIN"])
    connect(server, Own).login("ann", "secret")
    assert calls == [("PLAIN", True), None]
    assert answers(server) == ["AUTH PLAIN " + b64("own")]


@only_pneu
def test_authobjects_may_return_bytes(serve: Serve,
                                      connect: Connect) -> None:
    # smtplib L126, L128
    server = serve(answers={"AUTH": challenge("x")})
    connect(server).auth("XOWN", lambda got=None: b"\xff")
    assert server.last.commands == ["AUTH XOWN /w==", "/w=="]


@pytest.mark.parametrize("password", ["a\r\nb", "a\0b", ""])
def test_odd_passwords(password: str, serve: Serve,
                       connect: Connect) -> None:
    # smtplib L128: nothing is injected
    server = serve(["AUTH LOGIN"], answers={
        "AUTH": challenge("x"), "ANSWER": "235 fine"})
    client = connect(server)
    try:
        client.login("ann", password)
    except (ValueError, smtplib.SMTPException):
        assert not STANDARD
    else:
        assert server.last.commands[2] == b64(password)
    assert len(bytes(server.last.octets).split(b"\r\n")) == 1 + len(
        server.last.commands)


# smtplib 3.4
@only_pneu
def test_a_secret_that_is_no_text_is_not_quoted() -> None:
    smtp = smtplib.SMTP()
    smtp.allow_cleartext_auth = True
    with pytest.raises(ValueError, match="hidden") as caught:
        smtp.putcmd("AUTH", "PLAIN secret\udc80")
    assert "secret" not in repr(caught.value)
    assert caught.value.__context__ is None
