"""smtplib, starttls and SMTP_SSL."""

from __future__ import annotations

import ssl
import warnings
from typing import Any

import pytest

from contract import (ME, MESSAGE, SECONDS, STANDARD, Connect, Serve,
                      only_pneu, smtplib)
from scripted import Certificate

pytest_plugins = ["contract_fixtures"]


def blind() -> ssl.SSLContext:
    """Verifies nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture
def offer(serve: Serve, throwaway: Certificate) -> Serve:
    """Starts servers that offer STARTTLS."""
    def start(features: Any = (), **more: Any) -> Any:
        return serve(["STARTTLS", *features], certificate=throwaway, **more)

    return start


@pytest.mark.parametrize("answers", [{}, {"EHLO": "500 what?"}],
                         ids=["ehlo", "helo"])
def test_not_offered(answers: dict[str, str], serve: Serve,
                     connect: Connect) -> None:
    # smtplib M141
    server = serve(answers=answers)
    client = connect(server)
    with pytest.raises(smtplib.SMTPNotSupportedError) as caught:
        client.starttls()
    assert str(caught.value) == "STARTTLS extension not supported by server."
    assert "STARTTLS" not in server.last.verbs
    assert client.noop()[0] == 250


def test_greets_if_needed(offer: Serve, throwaway: Certificate,
                          connect: Connect) -> None:
    # smtplib M141
    server = offer()
    client = connect(server)
    client.ehlo()
    client.starttls(context=throwaway.client())
    assert server.last.verbs == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("reply", ["454 not now", "501 what", "250 odd"])
def test_refused(reply: str, offer: Serve, connect: Connect) -> None:
    # smtplib M142: what was known is kept, the line stays open and in clear
    server = offer(answers={"STARTTLS": reply})
    client = connect(server)
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        client.starttls()
    assert caught.value.args == (int(reply[:3]), reply[4:].encode())
    assert type(caught.value) is smtplib.SMTPResponseException
    assert client.esmtp_features == {"starttls": ""}
    assert client.does_esmtp is True
    assert client.noop()[0] == 250
    assert not server.last.secure


def test_done(offer: Serve, throwaway: Certificate,
              connect: Connect) -> None:
    # smtplib M143, M144, M145
    server = offer()
    client = connect(server)
    context = throwaway.client()
    assert client.starttls(context=context) == (220, b"2.0.0 begin")
    assert isinstance(client.sock, ssl.SSLSocket)
    assert client.sock.context is context
    assert client.sock.server_hostname == "127.0.0.1"
    assert (client.helo_resp, client.ehlo_resp) == (None, None)
    assert client.esmtp_features == {}
    assert client.does_esmtp is False
    assert server.last.verbs == ["EHLO", "STARTTLS"]
    assert client.noop()[0] == 250
    assert server.last.secure


def test_the_next_greets_again(throwaway: Certificate, serve_both: Serve,
                               connect: Connect) -> None:
    # smtplib M144
    server = serve_both(["STARTTLS", "AUTH PLAIN"], certificate=throwaway)
    for call in [lambda client: client.sendmail("a@x.example", "b@x.example",
                                                MESSAGE),
                 lambda client: client.login("ann", "secret")]:
        client = connect(server)
        client.starttls(context=throwaway.client())
        call(client)
        assert server.last.verbs[:3] == ["EHLO", "STARTTLS", "EHLO"]
    assert len(server.envelopes) == 1


@pytest.mark.parametrize("more", [{}, {"context": None}])
def test_certificates_without_context(more: dict[str, Any], offer: Serve,
                                      connect: Connect) -> None:
    # smtplib M146, M143: not verified there, verified in pneu
    server = offer()
    client = connect(server)
    if STANDARD:
        assert client.starttls(**more)[0] == 220
        return
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(**more)
    assert client.sock is None
    assert server.last.ended()


def test_the_way_back(offer: Serve, connect: Connect) -> None:
    # smtplib M146: a context that verifies nothing
    client = connect(offer())
    assert client.starttls(context=blind())[0] == 220
    assert client.noop()[0] == 250


def test_trusted_without_context(offer: Serve, throwaway: Certificate,
                                 connect: Connect, monkeypatch) -> None:
    # smtplib M146: the authorities of the machine count
    monkeypatch.setenv("SSL_CERT_FILE", str(throwaway.chain))
    client = connect(offer())
    assert client.starttls()[0] == 220
    assert (client.sock.context.verify_mode == ssl.CERT_REQUIRED) is (
        not STANDARD)
    assert client.sock.context.check_hostname is not STANDARD


def test_a_wrong_certificate(offer: Serve, connect: Connect) -> None:
    # smtplib M143
    client = connect(offer())
    with pytest.raises(ssl.SSLError) as caught:
        client.starttls(context=ssl.create_default_context())
    assert not isinstance(caught.value, smtplib.SMTPException)


def test_a_wrong_name(serve: Serve, tmp_path: Any, connect: Connect) -> None:
    # smtplib M143
    other = Certificate.make(tmp_path, "DNS:other.example", "other")
    server = serve(["STARTTLS"], certificate=other)
    client = connect(server)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=other.client())
    if not STANDARD:
        assert client.sock is None
        assert server.last.ended()


def test_unread_clear_text_is_dropped(serve: Serve, throwaway: Certificate,
                                      connect: Connect) -> None:
    # smtplib M144: what came before TLS is no answer to what comes after it
    # (CVE-2011-0411)
    server = serve(["STARTTLS"], certificate=throwaway, answers={
        "STARTTLS": b"220 begin\r\n250-injected\r\n250 AUTH PLAIN\r\n"})
    client = connect(server)
    client.starttls(context=throwaway.client())
    assert client.ehlo()[1].startswith(b"mail.example")
    assert client.esmtp_features == {"starttls": ""}


def test_context_and_files(offer: Serve, throwaway: Certificate,
                           connect: Connect) -> None:
    # smtplib M147
    for name in ["keyfile", "certfile"]:
        client = connect(offer())
        file = str(throwaway.key if name == "keyfile" else throwaway.chain)
        with pytest.raises(ValueError, match="mutually exclusive"):
            client.starttls(context=throwaway.client(), **{name: file})
        with pytest.raises(ValueError, match="mutually exclusive"):
            smtplib.SMTP_SSL(context=throwaway.client(), **{name: file})


def test_files_alone(offer: Serve, throwaway: Certificate, connect: Connect,
                     monkeypatch) -> None:
    # smtplib M147
    monkeypatch.setenv("SSL_CERT_FILE", str(throwaway.chain))
    client = connect(offer())
    with pytest.warns(DeprecationWarning, match="keyfile and certfile") as w:
        client.starttls(str(throwaway.key), str(throwaway.chain))
    assert w[0].filename == __file__
    assert client.noop()[0] == 250
    with pytest.warns(DeprecationWarning, match="keyfile and certfile") as w:
        smtplib.SMTP_SSL(keyfile=str(throwaway.key),
                         certfile=str(throwaway.chain))
    assert w[0].filename == __file__


def test_no_warning_without_files(offer: Serve, throwaway: Certificate,
                                  connect: Connect) -> None:
    # smtplib M147
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = connect(offer())
        client.starttls(context=throwaway.client())
        smtplib.SMTP_SSL()


class Noting(ssl.SSLContext):
    """Notes the names that it is asked to check."""
    names: list[Any]

    def wrap_socket(self, sock: Any, *arguments: Any, **more: Any) -> Any:
        self.names.append(more.get("server_hostname"))
        raise ssl.SSLError("enough")


def noting() -> Noting:
    context = Noting(ssl.PROTOCOL_TLS_CLIENT)
    context.names = []
    return context


def test_the_name_that_is_checked(offer: Serve) -> None:
    # smtplib M143, M148: the constructor's argument there, the host that was
    # connected to in pneu
    server = offer()
    suffixed = f"127.0.0.1:{server.port}"
    context = noting()
    one = smtplib.SMTP(suffixed, local_hostname=ME, timeout=SECONDS)
    two = smtplib.SMTP(local_hostname=ME, timeout=SECONDS)
    two.connect(*server.address)
    three = smtplib.SMTP(local_hostname=ME, timeout=SECONDS)
    three.connect(suffixed)
    for client in [one, two, three]:
        with pytest.raises(ssl.SSLError, match="enough"):
            client.starttls(context=context)
        assert (client.sock is None) is not STANDARD
        client.close()
    assert context.names == ([suffixed, "", ""] if STANDARD
                             else ["127.0.0.1"] * 3)


def test_the_name_that_smtp_ssl_checks(serve: Serve,
                                       throwaway: Certificate) -> None:
    # smtplib M148, M149
    server = serve(certificate=throwaway, implicit=True)
    context = noting()
    with pytest.raises(ssl.SSLError, match="enough"):
        smtplib.SMTP_SSL("127.0.0.1", server.port, context=context)
    client = smtplib.SMTP_SSL(context=context)
    with pytest.raises(ssl.SSLError, match="enough"):
        client.connect(*server.address)
    assert context.names == ["127.0.0.1", "" if STANDARD else "127.0.0.1"]
    assert client.sock is None


def test_smtp_ssl(serve_both: Serve, throwaway: Certificate,
                  connect: Connect) -> None:
    # smtplib M149
    assert smtplib.SMTP_SSL.default_port == 465
    server = serve_both(certificate=throwaway, implicit=True)
    client = connect(server, smtplib.SMTP_SSL, context=throwaway.client())
    assert isinstance(client, smtplib.SMTP)
    assert client.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    assert client.noop()[0] == 250
    assert client.quit()[0] == 221
    assert server.last.ended()
    assert server.envelopes[0].content == MESSAGE.encode()


def test_smtp_ssl_large_message(serve_both: Serve, throwaway: Certificate,
                                connect: Connect) -> None:
    # smtplib M149, E41
    message = b"line of a message\r\n" * 100_000
    server = serve_both(certificate=throwaway, implicit=True)
    client = connect(server, smtplib.SMTP_SSL, context=throwaway.client())
    assert client.sendmail("a@x.example", ["b@x.example"] * 3, message) == {}
    assert server.envelopes[0].content == message


def test_smtp_ssl_without_context(serve: Serve, throwaway: Certificate,
                                  monkeypatch) -> None:
    # smtplib M146, M149: not verified there, verified in pneu
    server = serve(certificate=throwaway, implicit=True)
    if STANDARD:
        smtplib.SMTP_SSL(*server.address).close()
        return
    with pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL(*server.address)
    assert server.last.ended()
    monkeypatch.setenv("SSL_CERT_FILE", str(throwaway.chain))
    with smtplib.SMTP_SSL(*server.address) as client:
        assert client.noop()[0] == 250


@pytest.mark.parametrize("more", [{}, {"host": ""}])
def test_smtp_ssl_without_host(more: dict[str, str]) -> None:
    # smtplib M150
    client = smtplib.SMTP_SSL(**more)
    assert client.sock is None
    assert isinstance(client.context, ssl.SSLContext)
    assert (client.keyfile, client.certfile) == (None, None)


def test_smtp_ssl_wrong_mode(serve: Serve) -> None:
    # smtplib M149, C20: TLS towards a server that speaks in clear
    server = serve()
    with pytest.raises(ssl.SSLError):
        smtplib.SMTP_SSL(*server.address, timeout=SECONDS)
    assert server.last.ended()


def test_what_starttls_keeps(offer: Serve, throwaway: Certificate,
                             connect: Connect) -> None:
    # smtplib M151
    client = connect(offer(["SMTPUTF8"]))
    client.ehlo()
    client.user, client.password = "ann", "secret"
    client.command_encoding = "utf-8"
    client.starttls(context=throwaway.client())
    assert client.command_encoding == "utf-8"
    assert (client.user, client.password) == ("ann", "secret")


def test_starttls_by_hand(offer: Serve, throwaway: Certificate,
                          serve_both: Serve, connect: Connect) -> None:
    # smtplib Q176: programs do it themselves: docmd, and a new sock
    server = serve_both(["STARTTLS"], certificate=throwaway)
    client = connect(server)
    client.ehlo()
    assert client.docmd("STARTTLS")[0] == 220
    client.sock = throwaway.client().wrap_socket(client.sock,
                                                 server_hostname="localhost")
    client.file = None
    client.ehlo()
    assert client.sendmail("a@x.example", "b@x.example", MESSAGE) == {}
    assert server.last.secure


@only_pneu
def test_after_421_and_lost_lines_under_tls(serve: Serve, connect: Connect,
                                            throwaway: Certificate) -> None:
    # smtplib M149, J107: the same over TLS
    server = serve(certificate=throwaway, implicit=True, pipelining=True,
                   answers={".": "421 off"})
    client = connect(server, smtplib.SMTP_SSL, context=throwaway.client())
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("a@x.example", "b@x.example", MESSAGE)
    assert caught.value.smtp_code == 421
    assert client.sock is None
