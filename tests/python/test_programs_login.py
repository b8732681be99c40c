"""How programs log in beside login(): XOAUTH2 through auth() and by hand,
their own mechanisms, a mechanism that they choose themselves."""

from __future__ import annotations

import base64
import importlib
import json
from typing import Any, Callable

import pytest
from servers.scripted import Peer
from servers.sink import Sink
from unchanged.heard import heard, verbs
from unchanged.instead import MODULE

smtplib: Any = importlib.import_module(MODULE)

ANN, BOB = "ann@example.com", "bob@example.com"
USERS = {ANN: "horse-42"}
TOKEN = f"user={ANN}\1auth=Bearer {USERS[ANN]}\1\1"
LETTER = "Subject: hi\r\n\r\nHello.\r\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def start(sink: Callable[..., Sink], mechanisms: str) -> Sink:
    return sink("--verbose", "--require-auth", "--allow-cleartext-auth",
                "--mechanisms", mechanisms, users=USERS)


def begin(server: Any) -> Any:
    smtp = smtplib.SMTP(server.host, server.port, "me.example", 10)
    smtp.ehlo()
    return smtp


def send_and_quit(smtp: Any) -> None:
    assert smtp.sendmail(ANN, [BOB], LETTER) == {}
    smtp.quit()


# XOAUTH2

@pytest.mark.parametrize("initial", [True, False])
def test_xoauth2_by_auth(sink: Callable[..., Sink], initial: bool) -> None:
    smtp = begin(start(sink, "XOAUTH2"))
    code, _ = smtp.auth("XOAUTH2", lambda challenge=None: TOKEN,
                        initial_response_ok=initial)
    assert code == 235
    send_and_quit(smtp)


def test_xoauth2_refused_by_auth(scripted: Callable[..., Any]) -> None:
    """The server says why in a challenge, to which nothing is the answer."""
    why = {"status": "401", "schemes": "bearer"}

    def talk(peer: Peer) -> None:
        peer.say("220 hi")
        peer.line()
        peer.say("250-hi\n250 AUTH XOAUTH2")
        assert peer.line() == f"AUTH XOAUTH2 {encoded(TOKEN)}"
        peer.say(f"334 {encoded(json.dumps(why))}")
        assert peer.line() == ""
        peer.say("535 5.7.8 Bad token")
        while True:
            peer.line()
            peer.say("250 fine")

    told = []

    def token(challenge: bytes | None = None) -> str:
        if challenge is None:
            return TOKEN
        told.append(json.loads(challenge))
        return ""

    smtp = begin(scripted(talk))
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        smtp.auth("XOAUTH2", token)
    assert (caught.value.smtp_code, told) == (535, [why])
    assert smtp.noop() == (250, b"fine")
    smtp.close()


@pytest.mark.parametrize("words", [
    ("AUTH", f"XOAUTH2 {encoded(TOKEN)}"),
    (f"AUTH XOAUTH2 {encoded(TOKEN)}",),
], ids=["two arguments", "one argument"])
def test_xoauth2_by_docmd(sink: Callable[..., Sink],
                          words: tuple[str, ...]) -> None:
    smtp = begin(start(sink, "XOAUTH2"))
    code, text = smtp.docmd(*words)
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)
    send_and_quit(smtp)


def test_xoauth2_refused_by_docmd(sink: Callable[..., Sink]) -> None:
    """A program that got a challenge says that it has read it."""
    server = start(sink, "XOAUTH2")
    smtp = begin(server)
    bad = encoded(f"user={ANN}\1auth=Bearer bad\1\1")
    code, _ = smtp.docmd("AUTH", f"XOAUTH2 {bad}")
    assert code == 334
    assert smtp.docmd("")[0] == 535
    assert smtp.docmd("AUTH", f"XOAUTH2 {encoded(TOKEN)}")[0] == 235
    send_and_quit(smtp)


# Old mechanisms by hand

def test_login_by_hand(sink: Callable[..., Sink]) -> None:
    """AUTH LOGIN, and each answer as a command."""
    smtp = begin(start(sink, "LOGIN"))
    code, prompt = smtp.docmd("AUTH", "LOGIN")
    assert code == 334
    assert base64.b64decode(prompt).lower().startswith(b"user")
    assert smtp.docmd(encoded(ANN))[0] == 334
    assert smtp.docmd(encoded(USERS[ANN]))[0] == 235
    send_and_quit(smtp)


@pytest.mark.parametrize("form", ["docmd", "putcmd", "send"])
def test_plain_by_hand(sink: Callable[..., Sink], form: str) -> None:
    smtp = begin(start(sink, "PLAIN"))
    answer = encoded(f"\0{ANN}\0{USERS[ANN]}")
    if form == "docmd":
        code, _ = smtp.docmd("AUTH PLAIN " + answer)
    else:
        if form == "putcmd":
            smtp.putcmd("AUTH", "PLAIN " + answer)
        else:
            smtp.send(f"AUTH PLAIN {answer}\r\n")
        code, _ = smtp.getreply()
    assert code == 235
    send_and_quit(smtp)


@pytest.mark.parametrize("name", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_one_mechanism_of_the_classes_own(sink: Callable[..., Sink],
                                          name: str) -> None:
    """user and password set by the program, and an auth_ method of its
    choice."""
    server = start(sink, "CRAM-MD5 PLAIN LOGIN")
    smtp = begin(server)
    smtp.user, smtp.password = ANN, USERS[ANN]
    method = getattr(smtp, "auth_" + name.lower().replace("-", "_"))
    assert smtp.auth(name, method)[0] == 235
    assert any(line.startswith(f"AUTH {name}") for line in heard(server))
    send_and_quit(smtp)


@pytest.mark.parametrize("offer, used", [
    ("LOGIN PLAIN", "PLAIN"), ("LOGIN", "LOGIN"), (" PLAIN", "PLAIN")])
def test_features_edited(sink: Callable[..., Sink], offer: str,
                         used: str) -> None:
    """For servers whose better mechanisms do not work."""
    server = start(sink, "CRAM-MD5 PLAIN LOGIN")
    smtp = begin(server)
    smtp.esmtp_features["auth"] = offer
    assert smtp.login(ANN, USERS[ANN])[0] == 235
    used_first = [line for line in heard(server) if line.startswith("AUTH")]
    assert used_first[0].startswith(f"AUTH {used}")
    send_and_quit(smtp)


@pytest.mark.parametrize("initial", [True, False])
def test_without_initial_response(sink: Callable[..., Sink],
                                  initial: bool) -> None:
    server = start(sink, "PLAIN")
    smtp = begin(server)
    assert smtp.login(ANN, USERS[ANN], initial_response_ok=initial)[0] == 235
    assert ("AUTH PLAIN" in heard(server)) == (not initial)
    send_and_quit(smtp)


# Methods of a program's own

def test_mechanism_of_many_steps(scripted: Callable[..., Any]) -> None:
    """As NTLM has them: octets that are no text go as they are in a str."""
    said: list[bytes] = []

    def talk(peer: Peer) -> None:
        peer.say("220 hi")
        peer.line()
        peer.say("250-hi\n250 AUTH NTLM")
        verb, name, first = peer.line().split(" ")
        assert (verb, name) == ("AUTH", "NTLM")
        said.append(base64.b64decode(first))
        peer.say("334 " + base64.b64encode(b"\0\xff one").decode())
        said.append(base64.b64decode(peer.line()))
        peer.say("235 in")
        peer.line()
        peer.say("221 bye")

    challenges: list[Any] = []

    def answer(challenge: bytes | None = None) -> str:
        challenges.append(challenge)
        return f"step {len(challenges)}"

    smtp = begin(scripted(talk))
    assert smtp.auth("ntlm", answer) == (235, b"in")
    smtp.quit()
    assert challenges == [None, b"\0\xff one"]
    assert said == [b"step 1", b"step 2"]


def test_subclass_with_a_mechanism_of_its_own(sink: Callable[..., Sink]
                                              ) -> None:
    """login() replaced, auth() used."""
    class Bearer(smtplib.SMTP):  # type: ignore[misc, name-defined]
        def auth_xoauth2(self, challenge: bytes | None = None) -> str:
            return f"user={self.user}\1auth=Bearer {self.password}\1\1"

        def login(self, user: str, password: str, **more: Any) -> Any:
            self.ehlo_or_helo_if_needed()
            self.user, self.password = user, password
            if "XOAUTH2" in self.esmtp_features["auth"].split():
                return self.auth("XOAUTH2", self.auth_xoauth2)
            return super().login(user, password, **more)

    for mechanism in ("XOAUTH2", "CRAM-MD5"):
        server = start(sink, mechanism)
        smtp = Bearer(server.host, server.port)
        assert smtp.login(ANN, USERS[ANN])[0] == 235
        send_and_quit(smtp)


def test_auth_method_overridden(sink: Callable[..., Sink]) -> None:
    """login() uses it, and goes on to the next mechanism when its word is
    wrong."""
    class NoMd5(smtplib.SMTP):  # type: ignore[misc, name-defined]
        asked = 0

        def auth_cram_md5(self, challenge: bytes | None = None) -> str | None:
            NoMd5.asked += 1
            return None if challenge is None else "nobody 0"

    server = start(sink, "CRAM-MD5 PLAIN")
    smtp = NoMd5(server.host, server.port)
    assert smtp.login(ANN, USERS[ANN])[0] == 235
    assert NoMd5.asked == 2
    assert [line.split(" ")[1] for line in heard(server)
            if line.startswith("AUTH")] == ["CRAM-MD5", "PLAIN"]
    send_and_quit(smtp)


def test_second_try_on_the_same_connection(sink: Callable[..., Sink]) -> None:
    server = start(sink, "PLAIN")
    smtp = begin(server)
    for password in ("wrong", "wronger"):
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            smtp.login(ANN, password)
        assert caught.value.smtp_code == 535
        assert isinstance(caught.value.smtp_error, bytes)
    assert smtp.login(ANN, USERS[ANN])[0] == 235
    send_and_quit(smtp)
    assert verbs(server).count("EHLO") == 1


def test_clauses_for_a_login_that_cannot_work(scripted: Callable[..., Any]
                                              ) -> None:
    """What programs catch when a server offers no AUTH, or none of ours."""
    def offers(line: str) -> Callable[[Peer], None]:
        def talk(peer: Peer) -> None:
            peer.say("220 hi")
            peer.line()
            peer.say(f"250-hi\n250 {line}")
            peer.wait()
        return talk

    smtp = begin(scripted(offers("HELP")))
    with pytest.raises(smtplib.SMTPNotSupportedError):
        smtp.login(ANN, "x")
    smtp.close()
    smtp = begin(scripted(offers("AUTH GSSAPI")))
    with pytest.raises(smtplib.SMTPException) as caught:
        smtp.login(ANN, "x")
    assert type(caught.value) is smtplib.SMTPException
    smtp.close()
