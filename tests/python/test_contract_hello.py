"""smtplib, HELO and EHLO, and the small commands."""

from __future__ import annotations

from typing import Any

import pytest

from contract import ME, Connect, Serve, smtplib

pytest_plugins = ["contract_fixtures"]


@pytest.mark.parametrize("reply, expected", [
    ("250 mail.example", (250, b"mail.example")),
    ("550 no\n", (550, b"no"))])
def test_helo(reply: str, expected: tuple[int, bytes], serve: Serve,
              connect: Connect) -> None:
    # smtplib F58
    server = serve(answers={"HELO": reply.rstrip("\n")})
    client = connect(server)
    assert client.helo() == expected
    assert client.helo_resp == expected[1]
    assert client.ehlo_resp is None
    client.helo("other.example")
    assert bytes(server.last.octets) == (
        b"helo client.example\r\nhelo other.example\r\n")


def test_ehlo(serve: Serve, connect: Connect) -> None:
    # smtplib F59
    server = serve(["SIZE 1000"])
    client = connect(server)
    client.esmtp_features["old"] = ""
    code, text = client.ehlo()
    assert (code, text) == (250, b"mail.example greets you\nSIZE 1000")
    assert client.ehlo_resp == text
    assert client.helo_resp is None
    assert client.esmtp_features == {"size": "1000"}
    assert client.does_esmtp is True
    client.ehlo("other.example")
    assert bytes(server.last.octets) == (
        b"ehlo client.example\r\nehlo other.example\r\n")


@pytest.mark.parametrize("reply", ["550-no\n550 SIZE 5", "251-mail\n251 SIZE",
                                   "500 what?"])
def test_ehlo_not_answered_250(reply: str, serve: Serve,
                               connect: Connect) -> None:
    # smtplib F59, F60
    client = connect(serve(answers={"EHLO": reply}))
    client.esmtp_features["old"] = ""
    code, text = client.ehlo()
    assert code == int(reply[:3])
    assert client.ehlo_resp == text
    assert client.esmtp_features == {}
    assert client.does_esmtp is False


def test_esmtp_is_not_taken_back(serve: Serve, connect: Connect) -> None:
    # smtplib F60
    server = serve(["SIZE"])
    client = connect(server)
    client.ehlo()
    server.answers["EHLO"] = "550 no"
    client.ehlo()
    assert client.does_esmtp is True
    assert client.esmtp_features == {}
    client.helo()
    assert client.does_esmtp is True


def test_ehlo_answered_by_an_empty_line(serve: Serve,
                                        connect: Connect) -> None:
    # smtplib F61
    client = connect(serve(answers={"EHLO": b"\r\n"}))
    with pytest.raises(smtplib.SMTPServerDisconnected,
                       match="^Server not connected$"):
        client.ehlo()
    assert client.sock is None


def test_ehlo_answered_without_code(serve: Serve, connect: Connect) -> None:
    # smtplib F61: with words, it is an answer like others
    client = connect(serve(answers={"EHLO": "hello"}))
    assert client.ehlo() == (-1, b"o")
    assert client.sock is not None
    assert client.does_esmtp is False


FEATURES: list[tuple[str, list[str], dict[str, str]]] = [
    ("F62 Latin-1", ["XTEXT \xe4\xf6"], {"xtext": "\xe4\xf6"}),
    ("F63 lower case", ["8BITMIME", "Size 10"], {"8bitmime": "",
                                                 "size": "10"}),
    ("F63 stripped", ["XONE   a  b "], {"xone": "a  b"}),
    ("F63 later wins", ["SIZE 1", "SIZE 2"], {"size": "2"}),
    ("F63 no feature", ["-x", "_y", ".z", "XA-B 1"], {"xa-b": "1"}),
    ("F63 underscore", ["XA_B 1"], {"xa": "_B 1"}),
    ("F63 tab", ["XA\tb"], {"xa": "b"}),
    ("F64 equals", ["SIZE=1000"], {"size": "=1000"}),
    ("F65 auth", ["AUTH PLAIN LOGIN"], {"auth": " PLAIN LOGIN"}),
    ("F65 two lines", ["AUTH PLAIN", "AUTH=LOGIN"],
     {"auth": " PLAIN LOGIN"}),
    ("F65 old style", ["auth=CRAM-MD5 PLAIN"], {"auth": " CRAM-MD5 PLAIN"}),
    ("F65 repeated", ["Auth=LOGIN", "AUTH LOGIN"], {"auth": " LOGIN LOGIN"}),
    ("F65 alone", ["AUTH"], {"auth": " "}),
]


@pytest.mark.parametrize("lines, features", [each[1:] for each in FEATURES],
                         ids=[each[0] for each in FEATURES])
def test_features(lines: list[str], features: dict[str, str], serve: Serve,
                  connect: Connect) -> None:
    # smtplib F62, F63, F64, F65
    client = connect(serve(lines))
    client.ehlo()
    assert client.esmtp_features == features
    assert type(client.esmtp_features) is dict


def test_first_line_is_no_feature(serve: Serve, connect: Connect) -> None:
    # smtplib F62
    client = connect(serve(answers={"EHLO": "250-SIZE 5\n250 8BITMIME"}))
    client.ehlo()
    assert client.esmtp_features == {"8bitmime": ""}


def test_has_extn(serve: Serve, connect: Connect) -> None:
    # smtplib F66
    client = connect(serve(["SIZE 1000"]))
    assert client.has_extn("size") is False
    client.ehlo()
    assert client.has_extn("size") is True
    assert client.has_extn("SIze") is True
    assert client.has_extn("dsn") is False


def test_features_may_be_edited(serve_both: Serve, connect: Connect) -> None:
    # smtplib F66: what the program writes there counts
    server = serve_both(["SIZE 1000"])
    client = connect(server)
    client.ehlo()
    del client.esmtp_features["size"]
    client.sendmail("a@x.example", "b@x.example", "x")
    client.esmtp_features = {"size": ""}
    client.sendmail("a@x.example", "b@x.example", "x")
    client.does_esmtp = False
    client.sendmail("a@x.example", "b@x.example", "x")
    assert [each.options for each in server.envelopes] == [[], ["size=1"], []]


@pytest.mark.parametrize("before", ["helo", "ehlo"])
def test_greeted_already(before: str, serve: Serve,
                         connect: Connect) -> None:
    # smtplib F67
    server = serve()
    client = connect(server)
    getattr(client, before)()
    assert client.ehlo_or_helo_if_needed() is None
    assert server.last.verbs == [before.upper()]


@pytest.mark.parametrize("ehlo, helo, verbs", [
    ("250 fine", "250 fine", ["EHLO"]), ("299 fine", "250 fine", ["EHLO"]),
    ("500 what?", "250 fine", ["EHLO", "HELO"]),
    ("300 what?", "200 fine", ["EHLO", "HELO"])])
def test_ehlo_or_helo(ehlo: str, helo: str, verbs: list[str], serve: Serve,
                      connect: Connect) -> None:
    # smtplib F67
    server = serve(answers={"EHLO": ehlo, "HELO": helo})
    client = connect(server)
    client.ehlo_or_helo_if_needed()
    assert server.last.verbs == verbs


def test_both_refused(serve_both: Serve, connect: Connect) -> None:
    # smtplib F67, F68
    server = serve_both(answers={"EHLO": "500 what?", "HELO": "550 no"})
    client = connect(server)
    with pytest.raises(smtplib.SMTPHeloError) as caught:
        client.ehlo_or_helo_if_needed()
    assert caught.value.args == (550, b"no")
    assert client.sock is not None
    client.ehlo_or_helo_if_needed()
    assert server.last.verbs == ["EHLO", "HELO"]
    assert client.noop()[0] == 250


def test_421_to_ehlo(serve: Serve, connect: Connect) -> None:
    # smtplib F69
    server = serve(answers={"EHLO": b"421 busy\r\n"})
    client = connect(server)
    client.ehlo_or_helo_if_needed()
    assert server.last.verbs == ["EHLO", "HELO"]


def test_help(serve: Serve, connect: Connect) -> None:
    # smtplib G70
    server = serve(answers={"HELP": ["214-one\n214 two", "500 no"]})
    client = connect(server)
    assert client.help() == b"one\ntwo"
    assert client.help("mail") == b"no"
    assert bytes(server.last.octets) == b"help\r\nhelp mail\r\n"


def test_rset_and_noop(serve: Serve, connect: Connect) -> None:
    # smtplib G71
    server = serve(answers={"NOOP": "500 no"})
    client = connect(server)
    client.command_encoding = "utf-8"
    assert client.rset() == (250, b"2.0.0 forgotten")
    assert client.command_encoding == "ascii"
    assert client.noop() == (500, b"no")
    assert bytes(server.last.octets) == b"rset\r\nnoop\r\n"


@pytest.mark.parametrize("name, verb", [("verify", b"vrfy"),
                                        ("vrfy", b"vrfy"),
                                        ("expn", b"expn")])
@pytest.mark.parametrize("address, bare", [
    ("a@x.example", b"a@x.example"), ("<a@x.example>", b"a@x.example"),
    ("A B <a@x.example>", b"a@x.example"), ("a b", b"ab"),
    ("list", b"list"), (",", b",")])
def test_vrfy_and_expn(name: str, verb: bytes, address: str, bare: bytes,
                       serve: Serve, connect: Connect) -> None:
    # smtplib G72, G73
    server = serve(answers={verb.decode().upper(): "550 nobody"})
    client = connect(server)
    assert getattr(client, name)(address) == (550, b"nobody")
    if address == "a b":
        bare = smtplib._addr_only(address).encode()
    assert bytes(server.last.octets) == verb + b" " + bare + b"\r\n"


def test_verbs_on_the_wire(serve: Serve, connect: Connect) -> None:
    # smtplib G74: methods in lower case; the exceptions are kept
    server = serve(loose=True, features=["AUTH PLAIN"])
    with connect(server) as client:
        client.ehlo()
        client.helo()
        client.mail("a@x.example")
        client.rcpt("b@x.example")
        client.data("x")
        client.rset()
        client.noop()
        client.vrfy("a")
        client.expn("a")
        client.help()
        client.login("u", "p")
        client.docmd("STARTTLS")
    assert server.last.ended()
    assert server.last.commands == [
        f"ehlo {ME}", f"helo {ME}", "mail FROM:<a@x.example>",
        "rcpt TO:<b@x.example>", "data", "rset", "noop", "vrfy a", "expn a",
        "help", "AUTH PLAIN AHUAcA==", "STARTTLS", "QUIT"]
    client.connect(*server.address)
    client.quit()
    assert server.last.ended()
    assert server.last.commands == ["quit"]


def test_starttls_in_upper_case(serve: Serve, connect: Connect) -> None:
    # smtplib G74
    server = serve(["STARTTLS"], answers={"STARTTLS": "454 not now"})
    client = connect(server)
    with pytest.raises(smtplib.SMTPResponseException):
        client.starttls()
    assert server.last.commands[-1] == "STARTTLS"
    assert client.sock is not None


def test_lmtp_says_lhlo(serve: Serve, connect: Connect) -> None:
    # smtplib F59, N152
    server = serve(lmtp=True)
    client = connect(server)
    client.ehlo_or_helo_if_needed()
    assert server.last.commands == [f"lhlo {ME}"]


@pytest.mark.parametrize("value", [None, 7, object()])
def test_arguments_of_a_wrong_type(value: Any, serve: Serve,
                                   connect: Connect) -> None:
    # smtplib E43: an exception, nothing sent, still of use
    server = serve()
    client = connect(server)
    with pytest.raises((TypeError, AttributeError)):
        client.docmd(value)
    assert client.noop()[0] == 250
    assert server.last.verbs == ["NOOP"]
