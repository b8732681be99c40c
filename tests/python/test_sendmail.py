"""sendmail from the inside: commands in groups and commands by methods come to
the same, whatever happens to the line, to the thread or to the message."""

from __future__ import annotations

import copy
import email
import pickle
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest

import pneu.smtplib as smtplib
from contract import ME, MESSAGE, SECONDS, Serve
from scripted import CLOSE, Server

pytest_plugins = ["contract_fixtures"]

A, B, C = "a@x.example", "b@x.example", "c@x.example"
END = b"\r\n.\r\n"

refuse_audit: list[str] = []  # what the hook below refuses, once


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if refuse_audit and event == "smtplib.send":
        if refuse_audit[0].encode() in arguments[1].upper():
            refuse_audit.clear()
            raise PermissionError("not here")


sys.addaudithook(_hook)


class Line(socket.socket):
    """A real socket; a test says what goes wrong with it."""

    written: list[bytes]
    options: list[tuple[int, int]]

    def setsockopt(self, level: int, name: int, value: Any = None) -> None:
        self.options.append((level, name))
        super().setsockopt(level, name, value)

    def sendall(self, octets: Any, flags: int = 0) -> None:
        self.before_write(bytes(octets))
        self.written.append(bytes(octets))
        super().sendall(octets)

    def recv(self, size: int, flags: int = 0) -> bytes:
        self.before_read(self.written)
        return super().recv(size)

    def before_write(self, octets: bytes) -> None:
        """Nothing goes wrong."""

    def before_read(self, written: list[bytes]) -> None:
        """Nothing goes wrong."""


class Grouped(smtplib.SMTP):
    """Its socket is a Line."""

    def _get_socket(self, host: str, port: int, timeout: Any) -> Any:
        plain = super()._get_socket(host, port, timeout)
        line = Line(fileno=plain.detach())
        line.settimeout(timeout)
        line.written, line.options = [], []
        return line


class ByMethods(Grouped):
    """The same; a replaced method keeps sendmail from grouping."""

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        return super().docmd(cmd, args)


class GroupedLmtp(Grouped, smtplib.LMTP):
    def __init__(self, host: str, port: int, **more: Any) -> None:
        smtplib.LMTP.__init__(self, host, port, **more)


class LmtpByMethods(ByMethods, GroupedLmtp):
    pass


@pytest.fixture(params=[Grouped, ByMethods])
def client(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """client(server): in a group, and by methods."""
    made = []

    def make(server: Server) -> Any:
        kind = request.param
        if server.lmtp:
            kind = GroupedLmtp if kind is Grouped else LmtpByMethods
        made.append(kind(*server.address, local_hostname=ME, timeout=SECONDS))
        return made[-1]

    yield make
    for each in made:
        each.close()


def is_grouped(client: Any) -> bool:
    return not isinstance(client, ByMethods)


def rows(of: Any) -> list[tuple[str, str, str, int]]:
    return [each[:4] for each in of.outcomes]


def test_a_group_is_one_write(serve: Serve, client: Any) -> None:
    # RFC 2920 3.1
    smtp = client(serve(pipelining=True))
    smtp.ehlo()
    del smtp.sock.written[:]
    assert smtp.sendmail(A, [B, C], MESSAGE) == {}
    assert len(smtp.sock.written) == (2 if is_grouped(smtp) else 5)


def test_pipelining_can_be_switched_off(serve: Serve) -> None:
    server = serve(pipelining=True)
    smtp = smtplib.SMTP(*server.address, local_hostname=ME)
    smtp.pipelining = False
    smtp.sendmail(A, [B, C], MESSAGE)
    assert not server.last.overlapped
    smtp.pipelining = True
    smtp.sendmail(A, [B, C], MESSAGE)
    assert server.last.overlapped
    smtp.close()


def test_a_server_that_knows_no_groups(serve: Serve) -> None:
    """It offers PIPELINING, and refuses what comes in a group: the message
    goes one command at a time, and so do those after it."""
    server = serve(pipelining=True, loose=True)

    def mail(connection: Any, line: str) -> str:
        connection.grouped = connection._unread != b""
        return "250 fine"

    def in_group(connection: Any, line: str) -> str:
        return "500 what?" if connection.grouped else "250 fine"

    def data(connection: Any, line: str) -> str:
        return "503 no" if connection.grouped else "354 go"

    server.answers.update({"MAIL": mail, "RCPT": in_group, "DATA": data})
    smtp = smtplib.SMTP(*server.address, local_hostname=ME)
    assert smtp.sendmail(A, B, MESSAGE) == {}
    assert smtp.sendmail(A, B, MESSAGE) == {}
    assert len(server.envelopes) == 2
    assert server.last.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "RSET",
                                 *["MAIL", "RCPT", "DATA"] * 2]
    smtp.close()


@pytest.mark.parametrize("said, error, kind, code", [
    ("552 5.3.4 too much", smtplib.SMTPDataError, "refused for good", 552),
    ("421 off", smtplib.SMTPDataError, "refused for now", 421),
    ("", smtplib.SMTPServerDisconnected, "in doubt", 0)])
@pytest.mark.parametrize("pipelining", [True, False])
def test_writing_the_message_fails(said: str, error: type, kind: str,
                                   code: int, pipelining: bool, serve: Serve,
                                   client: Any) -> None:
    """What the server had said before is not lost."""
    answer = ("354 go", said, CLOSE) if said else ("354 go", CLOSE)
    smtp = client(serve(pipelining=pipelining, answers={"DATA": answer}))

    def fail(octets: bytes) -> None:
        if END in octets:
            select.select([smtp.sock], [], [], SECONDS)
            raise BrokenPipeError(32, "Broken pipe")

    smtp.sock.before_write = fail
    with pytest.raises(error) as caught:
        smtp.sendmail(A, [B, C], MESSAGE)
    assert smtp.sock is None
    assert [(each.outcome, each.code) for each in caught.value.outcomes] == [
        (kind, code)] * 2
    if said:
        assert caught.value.args == (code, said[4:].encode())


@pytest.mark.parametrize("said", ["421 off", ""])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_writing_a_command_fails(verb: str, said: str, serve: Serve,
                                 client: Any) -> None:
    server = serve(answers={"RCPT": "250 fine"})
    smtp = client(server)
    smtp.ehlo()

    def fail(octets: bytes) -> None:
        if octets.upper().startswith(verb.encode()):
            if said:
                server.last.say(said.encode() + b"\r\n")
            server.last.line.shutdown(socket.SHUT_WR)
            raise BrokenPipeError(32, "Broken pipe")

    smtp.sock.before_write = fail
    with pytest.raises(smtplib.SMTPException) as caught:
        smtp.sendmail(A, [B, C], MESSAGE)
    assert smtp.sock is None
    assert [each.outcome for each in caught.value.outcomes] == [
        "refused for now" if said else "not tried",
        "refused for now" if said and verb == "MAIL" else "not tried"]
    if said:
        assert type(caught.value) is (smtplib.SMTPSenderRefused
                                      if verb == "MAIL" else
                                      smtplib.SMTPRecipientsRefused)
    else:
        assert type(caught.value) is smtplib.SMTPServerDisconnected


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("after", ["MAIL", "DATA", "\r\n.\r\n"])
def test_an_interruption_closes(after: str, interruption: type, serve: Serve,
                                client: Any) -> None:
    server = serve(pipelining=True)
    smtp = client(server)
    smtp.ehlo()

    def interrupt(written: list[bytes]) -> None:
        if after.encode() in written[-1].upper():
            raise interruption

    smtp.sock.before_read = interrupt
    with pytest.raises(interruption):
        smtp.sendmail(A, [B, C], MESSAGE)
    assert smtp.sock is None
    assert server.last.ended()
    assert "QUIT" not in server.last.verbs
    with pytest.raises(smtplib.SMTPServerDisconnected):
        smtp.sendmail(A, B, MESSAGE)
    smtp.connect(*server.address)
    assert smtp.sendmail(A, B, MESSAGE) == {}


def test_an_interrupted_write_closes(serve: Serve, client: Any) -> None:
    server = serve(pipelining=True)
    smtp = client(server)
    smtp.ehlo()

    def interrupt(octets: bytes) -> None:
        raise KeyboardInterrupt

    smtp.sock.before_write = interrupt
    with pytest.raises(KeyboardInterrupt):
        smtp.sendmail(A, B, MESSAGE)
    assert smtp.sock is None


@pytest.mark.parametrize("refused, verbs", [
    ("MAIL", ["EHLO"]),
    ("RCPT", ["EHLO", "MAIL", "RSET"]),
    ("HELLO", None)])
def test_an_audit_hook_refuses(refused: str, verbs: list[str] | None,
                               serve: Serve, client: Any) -> None:
    """Before anything was sent, or by methods between two commands, the
    connection stays; otherwise it is closed."""
    server = serve()
    smtp = client(server)
    smtp.ehlo()
    refuse_audit[:] = [refused]
    with pytest.raises(PermissionError):
        smtp.sendmail(A, B, MESSAGE)
    stays = refused == "MAIL" or not is_grouped(smtp) and refused == "RCPT"
    assert (smtp.sock is not None) is stays
    if stays:
        assert smtp.sendmail(A, B, MESSAGE) == {}
        assert server.last.verbs == [*(verbs or []), "MAIL", "RCPT", "DATA"]
    else:
        assert server.last.ended()
        assert server.envelopes == []


@pytest.mark.parametrize("sender, recipients", [
    ("a\u00e9@x.example", [B]), (A, [B, "c\u00e9@x.example"])])
def test_an_address_that_cannot_go_out(sender: str, recipients: list[str],
                                       serve: Serve, client: Any) -> None:
    server = serve(pipelining=True)
    smtp = client(server)
    with pytest.raises(UnicodeEncodeError):
        smtp.sendmail(sender, recipients, MESSAGE)
    assert smtp.sendmail(A, B, MESSAGE) == {}
    assert [each.recipients for each in server.envelopes] == [[B]]


def test_a_second_thread(serve: Serve, client: Any) -> None:
    """Nobody gets at the line while a message is under way."""
    goes_on = threading.Event()

    def end(*_: object) -> str:
        goes_on.wait(SECONDS)
        return "250 taken"

    server = serve(pipelining=True, answers={".": end})
    smtp = client(server)
    results = []
    thread = threading.Thread(
        target=lambda: results.append(smtp.sendmail(A, B, MESSAGE)))
    thread.start()
    while not server.envelopes:
        thread.join(0.01)
    for call in (smtp.noop, smtp.getreply, lambda: smtp.send("x\r\n"),
                 lambda: smtp.connect(*server.address),
                 lambda: smtp.sendmail(A, B, MESSAGE)):
        with pytest.raises(smtplib.SMTPException, match="delivery"):
            call()
    goes_on.set()
    thread.join(SECONDS)
    assert results == [{}]
    assert smtp.noop()[0] == 250
    assert server.last.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "NOOP"]


def test_a_second_thread_may_close(serve: Serve, client: Any) -> None:
    def end(connection: Any, line: str) -> Any:
        smtp.sock.shutdown(socket.SHUT_RDWR)
        smtp.close()
        return CLOSE

    smtp = client(serve(pipelining=True, answers={".": end}))
    with pytest.raises(smtplib.SMTPServerDisconnected) as caught:
        smtp.sendmail(A, B, MESSAGE)
    assert [each.outcome for each in caught.value.outcomes] == ["in doubt"]


def test_replies_in_segments_of_their_own(serve: Serve) -> None:
    """Each is acknowledged at once: the server may wait for that."""
    server = serve(pipelining=True, answers={"RCPT": (0.05, "250 fine")})
    smtp = Grouped(*server.address, local_hostname=ME, timeout=SECONDS)
    smtp.ehlo()
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY) in smtp.sock.options
    del smtp.sock.options[:]
    assert smtp.sendmail(A, [B, C], MESSAGE) == {}
    quick = (socket.IPPROTO_TCP, socket.TCP_QUICKACK)
    assert smtp.sock.options.count(quick) >= 2
    server.answers["RCPT"] = "250 fine"
    smtp.pipelining = False
    del smtp.sock.options[:]
    assert smtp.sendmail(A, [B, C], MESSAGE) == {}
    assert smtp.sock.options == []
    smtp.close()


def test_no_quick_acknowledgement_over_a_unix_socket(serve: Serve,
                                                     socket_path: Any) -> None:
    server = serve(pipelining=True, lmtp=True, path=socket_path,
                   answers={"RCPT": (0.05, "250 fine")})
    smtp = smtplib.LMTP(server.host, local_hostname=ME)
    line = Line(fileno=smtp.sock.detach())
    line.written, line.options = [], []
    smtp.sock = line
    assert smtp.sendmail(A, [B, C], MESSAGE) == {}
    assert line.options == []
    smtp.close()


def test_names_as_they_were_given(serve: Serve, client: Any) -> None:
    named, bracketed = '"C, the third" <c@x.example>', "<b@x.example>"
    server = serve(answers={f"RCPT TO:<{C}>": "550 no"})
    smtp = client(server)
    refused = smtp.sendmail("Ann <a@x.example>", [bracketed, named], MESSAGE)
    assert refused == {named: (550, b"no")}
    assert rows(refused) == [(bracketed, "accepted", "end of message", 250),
                             (named, "refused for good", "RCPT", 550)]
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        smtp.sendmail(A, named, MESSAGE)
    assert caught.value.args == ({named: (550, b"no")},)
    assert caught.value.recipients == {named: (550, b"no")}
    assert rows(caught.value) == [(named, "refused for good", "RCPT", 550)]
    server.answers["MAIL"] = "553 no"
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        smtp.sendmail("Ann <a@x.example>", B, MESSAGE)
    assert caught.value.sender == "Ann <a@x.example>"
    assert caught.value.args == (553, b"no", "Ann <a@x.example>")


def test_one_mailbox_twice(serve: Serve, client: Any) -> None:
    smtp = client(serve(answers={"RCPT": ["550 no", "250 fine"]}))
    refused = smtp.sendmail(A, ["B <b@x.example>", B], MESSAGE)
    assert refused == {"B <b@x.example>": (550, b"no")}
    assert [each.outcome for each in refused.outcomes] == ["refused for good",
                                                           "accepted"]


@pytest.mark.parametrize("given, refused", [
    ([B, ""], [""]), (["", B], [""]), (["\x7f<", B], ["\x7f<"]),
    (["<>", B, "<>"], ["<>"]), ([""], [""]), (["\x7f<"], ["\x7f<"])])
def test_an_empty_recipient(given: list[str], refused: list[str],
                            serve_both: Serve, client: Any) -> None:
    """The server has its word about it, and about it alone."""
    server = serve_both(answers={"RCPT TO:<>": "501 5.1.3 who"})
    smtp = client(server)
    codes = {each: (501, b"5.1.3 who") for each in refused}
    if B in given:
        result = smtp.sendmail(A, given, MESSAGE)
        assert result == codes
        assert len(server.envelopes) == 1
    else:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            smtp.sendmail(A, given, MESSAGE)
        assert caught.value.recipients == codes
        result = caught.value
        assert server.envelopes == []
    assert rows(result) == [
        (each, "accepted", "end of message", 250) if each == B
        else (each, "refused for good", "RCPT", 501) for each in given]
    assert smtp.noop()[0] == 250


def test_the_result(serve: Serve, client: Any) -> None:
    server = serve(answers={f"RCPT TO:<{C}>": "450 4.2.1 later"})
    refused = client(server).sendmail(A, {B: 1, C: 2}.keys(), MESSAGE)
    assert type(refused) is smtplib.Refused
    assert isinstance(refused, dict)
    assert refused.reply == (250, b"2.0.0 queued as 4711")
    assert refused.outcomes == [
        (B, "accepted", "end of message", 250, "2.0.0",
         b"2.0.0 queued as 4711"),
        (C, "refused for now", "RCPT", 450, "4.2.1", b"4.2.1 later")]
    assert refused.outcomes is refused.outcomes
    assert type(refused.outcomes[0]) is smtplib.Outcome
    for again in (pickle.loads(pickle.dumps(refused)), copy.copy(refused),
                  copy.deepcopy(refused)):
        assert type(again) is smtplib.Refused
        assert again == refused
        assert again.reply == refused.reply
        assert again.outcomes == refused.outcomes


def test_exceptions_can_be_pickled(serve: Serve, client: Any) -> None:
    smtp = client(serve(answers={"MAIL": "550 5.1.8 no"}))
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        smtp.sendmail(A, B, MESSAGE)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.args == (550, b"5.1.8 no", A)
    assert again.sender == A
    assert again.outcomes == caught.value.outcomes
    assert rows(again) == [(B, "refused for good", "MAIL", 550)]


def eight_bits(*, signed: bool = False) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = A, "Zo\u00eb <b@x.example>"
    message["Subject"] = "gr\u00fcn"
    message.set_content("gr\u00fcn\n.\n", cte="8bit")
    if signed:
        message["DKIM-Signature"] = "v=1"
    return message.as_bytes()


@pytest.mark.parametrize("hello", ["250 hi", "500 what?"])
def test_re_encoded_to_seven_bits(hello: str, serve: Serve,
                                  client: Any) -> None:
    # RFC 6152 3, RFC 2045 6
    server = serve(answers={"EHLO": hello})
    assert client(server).sendmail(A, B, eight_bits()) == {}
    content = server.envelopes[0].content
    assert content.isascii()
    assert server.envelopes[0].options == []
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert read["Content-Transfer-Encoding"] == "quoted-printable"
    assert read["Subject"] == "gr\u00fcn"
    assert read["To"] == "Zo\u00eb <b@x.example>"
    assert read.get_content().splitlines() == ["gr\u00fcn", "."]


def test_raw_headers_in_seven_bits(serve: Serve, client: Any) -> None:
    """In UTF-8, and in an unknown charset."""
    server = serve()
    smtp = client(server)
    raw = ("From: Zo\u00eb <a@x.example>\nTo: b@x.example\n"
           "Subject: one\n two\n\n\u00e9\n")
    smtp.sendmail(A, B, raw.encode("utf-8"))
    smtp.sendmail(A, B, raw.encode("latin-1"))
    first, second = [email.message_from_bytes(each.content,
                                              policy=email.policy.default)
                     for each in server.envelopes]
    assert first["From"].addresses[0].addr_spec == A
    assert first["From"].addresses[0].display_name == "Zo\u00eb"
    assert first["Subject"] == "one two"
    assert first["MIME-Version"] == "1.0"
    assert first.get_content().splitlines() == ["\u00e9"]
    assert second["From"].addresses[0].addr_spec == A
    assert second.get_payload(decode=True).rstrip() == b"\xe9"
    assert all(each.content.isascii() for each in server.envelopes)


def test_parts_in_seven_bits(serve: Serve, client: Any) -> None:
    message = email.message_from_bytes(eight_bits(),
                                       policy=email.policy.default)
    message.add_attachment(b"\xff\x01\n", maintype="application",
                           subtype="x-y", filename="z\u00eb.bin", cte="8bit")
    server = serve()
    client(server).sendmail(A, B, message.as_bytes())
    read = email.message_from_bytes(server.envelopes[0].content,
                                    policy=email.policy.default)
    assert server.envelopes[0].content.isascii()
    text, file = read.iter_parts()
    assert text.get_content().splitlines() == ["gr\u00fcn", "."]
    assert file.get_content() == b"\xff\x01\n"
    assert file.get_filename() == "z\u00eb.bin"


@pytest.mark.parametrize("message", [
    eight_bits(signed=True),
    b"Content-Type: multipart/signed; boundary=b\n\n--b\n\n\xe9\n--b--\n",
    b"Content-Type: multipart/encrypted; boundary=b\n\n--b\n\n\xe9\n--b--\n",
    b"Content-Type: application/pkcs7-mime\n\n\xe9\n",
    b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
    b"Content-Type: multipart/signed; boundary=c\n\n--c\n\n\xe9\n--c--\n"
    b"--b--\n",
    b"Content-Type: multipart/mixed; boundary=b\n\nbefore \xe9\n--b\n\n"
    b"--b--\n",
    b"Content-Transfer-Encoding: base64\n\n\xe9\n"])
def test_what_cannot_be_re_encoded(message: bytes, serve: Serve,
                                   client: Any) -> None:
    server = serve()
    smtp = client(server)
    with pytest.raises(smtplib.SMTPNotSupportedError, match="8BITMIME"):
        smtp.sendmail(A, B, message)
    assert server.last.verbs == ["EHLO"]
    smtp.esmtp_features["8bitmime"] = ""
    assert smtp.sendmail(A, B, message) == {}
    assert b"\xe9" in message and server.envelopes[0].options[-1] == (
        "BODY=8BITMIME") or b"\xc3" in server.envelopes[0].content


def test_eight_bits_are_stated_once(serve: Serve, client: Any) -> None:
    server = serve(["8BITMIME"])
    smtp = client(server)
    smtp.sendmail(A, B, eight_bits())
    smtp.sendmail(A, B, eight_bits(), ["body=8bitmime"])
    smtp.sendmail(A, B, MESSAGE)
    assert [each.options for each in server.envelopes] == [
        ["BODY=8BITMIME"], ["body=8bitmime"], []]
    assert server.envelopes[0].content == eight_bits().replace(b"\n", b"\r\n")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_kinds_of_octets(kind: type, serve: Serve, client: Any) -> None:
    server = serve()
    smtp = client(server)
    assert smtp.sendmail(A, B, kind(b"a: b\n\n.c\rd\n")) == {}
    assert server.envelopes[0].raw == b"a: b\r\n\r\n..c\r\nd\r\n.\r\n"


def test_a_long_message(serve: Serve, client: Any) -> None:
    server = serve(pipelining=True)
    message = b"a: b\r\n\r\n" + (b"x" * 70 + b"\r\n" + b".y\r\n") * 40000
    assert client(server).sendmail(A, B, message) == {}
    assert server.envelopes[0].content == message


def test_size(serve: Serve, client: Any) -> None:
    # RFC 1870 6.1
    server = serve(["SIZE 20"])
    smtp = client(server)
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        smtp.sendmail("A <a@x.example>", [f"B <{B}>", C], "x" * 21)
    assert caught.value.smtp_code == 552
    assert caught.value.sender == "A <a@x.example>"
    assert b"not asked" in caught.value.smtp_error
    assert caught.value.outcomes == [
        (each, "not tried", "MAIL", 0, "", caught.value.smtp_error)
        for each in (f"B <{B}>", C)]
    assert smtp.sendmail(A, B, "x" * 18 + "\n") == {}
    smtp.esmtp_features["size"] = ""
    assert smtp.sendmail(A, B, "x" * 21) == {}
    assert [each.options for each in server.envelopes] == [["size=20"],
                                                           ["size=21"]]


@pytest.mark.parametrize("answers, codes, kinds", [
    ({f". {B}": "452 later"}, {B: 452}, ["refused for now", "accepted"]),
    ({f". {C}": CLOSE}, {C: -1}, ["accepted", "in doubt"]),
    ({f". {C}": "421 off"}, {C: 421}, ["accepted", "refused for now"])])
@pytest.mark.parametrize("pipelining", [True, False])
def test_lmtp(answers: dict[str, Any], codes: dict[str, int],
              kinds: list[str], pipelining: bool, serve: Serve,
              client: Any) -> None:
    # RFC 2033 4.2
    server = serve(lmtp=True, pipelining=pipelining, answers=answers)
    smtp = client(server)
    refused = smtp.sendmail(A, [B, C], MESSAGE)
    assert {name: code for name, (code, _) in refused.items()} == codes
    assert [each.outcome for each in refused.outcomes] == kinds


def test_the_encoding_comes_back(serve: Serve, client: Any) -> None:
    """SMTPUTF8 is for one message."""
    server = serve(["SMTPUTF8", "8BITMIME"], pipelining=True)
    smtp = client(server)
    assert smtp.sendmail("\u00e4@x.example", B, "x", ["SMTPUTF8"]) == {}
    assert smtp.command_encoding == "ascii"
    assert smtp.sendmail(A, B, "x") == {}
    assert [each.sender for each in server.envelopes] == ["\u00e4@x.example",
                                                          A]


def test_replies_that_wait(serve: Serve, client: Any) -> None:
    """A program that has not read a reply yet gets it in its turn."""
    server = serve(pipelining=True)
    smtp = client(server)
    smtp.ehlo()
    smtp.send("noop\r\nvrfy x\r\n")
    assert smtp.getreply()[0] == 250
    while not select.select([smtp.sock], [], [], 0)[0] and not (
            smtp._replies.pending):
        pass
    assert smtp.getreply()[0] == 252
    assert smtp.sendmail(A, B, MESSAGE) == {}


class Spy:
    """Not a socket, and it remembers what was written."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.written: list[bytes] = []

    def sendall(self, octets: bytes) -> None:
        self.written.append(octets)
        self.line.sendall(octets)

    def makefile(self, mode: str) -> Any:
        return self.line.makefile(mode)

    def close(self) -> None:
        self.line.close()


def test_a_line_of_a_program(serve: Serve) -> None:
    """It sees what smtplib writes, octet for octet."""
    server = serve(pipelining=True)
    smtp = smtplib.SMTP(local_hostname=ME)
    smtp.sock = spy = Spy(socket.create_connection(server.address))
    assert smtp.getreply()[0] == 220
    assert smtp.sendmail(A, B, "x") == {}
    smtp.close()
    assert spy.written == [
        b"ehlo client.example\r\n", b"mail FROM:<a@x.example>\r\n",
        b"rcpt TO:<b@x.example>\r\n", b"data\r\n", b"x\r\n.\r\n"]


def test_an_unconnected_object_can_be_copied(serve: Serve) -> None:
    server = serve(pipelining=True)
    smtp = smtplib.SMTP(*server.address, local_hostname=ME)
    smtp.sendmail(A, B, MESSAGE)
    with pytest.raises(TypeError):
        pickle.dumps(smtp)
    smtp.quit()
    for again in (pickle.loads(pickle.dumps(smtp)), copy.deepcopy(smtp),
                  copy.copy(smtp)):
        assert again.timeout is socket._GLOBAL_DEFAULT_TIMEOUT
        again.connect(*server.address)
        assert again.sendmail(A, B, MESSAGE) == {}
        again.quit()
    assert len(server.envelopes) == 4
