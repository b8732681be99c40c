"""GSSAPI with a real KDC and a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from runner import Pneu
from servers import kerberos
from servers.certificates import Certificate
from servers.sink import Sink


@pytest.fixture(scope="module")
def realm() -> Iterator[kerberos.Realm]:
    if reason := kerberos.missing():
        pytest.skip(reason)
    made = kerberos.Realm()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(pneu: Pneu, realm: kerberos.Realm, certificate: Certificate,
           tmp_path_factory: pytest.TempPathFactory
           ) -> Iterator[kerberos.KerberosSubmission]:
    relay = Sink(pneu.program, tmp_path_factory.mktemp("relay")).start()
    made = kerberos.KerberosSubmission(certificate, relay.port, realm)
    made.start()
    yield made
    made.stop()
    relay.stop()


def options(server: kerberos.KerberosSubmission, ca_file: Path,
            *more: str) -> list[str]:
    return ["--tls", "starttls", "--ca-file", str(ca_file),
            "--mechanism", "GSSAPI", "-v", *more]


def test_a_ticket_is_enough(pneu, server, realm, authority):
    done = pneu.send(server, *options(server, authority.file),
                     environment=realm.ticket())
    assert done.status == 0, done.everything
    assert done.kinds() == {"bob@example.com": "accepted"}
    assert any(line.startswith("AUTH GSSAPI") for line in done.sent())
    assert f"for smtp/{kerberos.SERVER}@{kerberos.REALM}" in realm.log()


def test_the_library_needs_no_user_name(calls, server, realm, authority,
                                        monkeypatch):
    for name, value in realm.ticket().items():
        monkeypatch.setenv(name, value)
    rows = calls.run([["open"], ["quit"]], host=server.host, port=server.port,
                     tls=3, ca_file=authority.file, mechanism="GSSAPI")
    assert [row.status for row in rows] == ["OK", "OK"], calls.err


def test_without_a_ticket_it_says_what_to_do(pneu, server, realm, authority):
    done = pneu.send(server, *options(server, authority.file),
                     environment=realm.no_ticket())
    assert done.status != 0
    assert "kinit" in done.sentence
    assert not any(line.startswith("AUTH") for line in done.sent())


def test_without_a_ticket_the_next_is_tried(pneu, server, realm, authority,
                                            tmp_path):
    password = tmp_path / "password"
    password.write_text("unused\n")
    done = pneu.send(server, "--tls", "starttls", "--ca-file",
                     str(authority.file), "--mechanism", "GSSAPI",
                     "--mechanism", "PLAIN", "--user",
                     f"{kerberos.USER}@{kerberos.REALM.lower()}",
                     "--password-file", str(password), "-v",
                     environment=realm.no_ticket())
    assert done.status == 0, done.everything
    assert [line.split()[1] for line in done.sent()
            if line.startswith("AUTH")] == ["PLAIN"]


def test_a_server_that_the_kdc_does_not_know(pneu, server, realm, authority):
    """Tickets are for names: this one is 127.0.0.1 to the client."""
    class ByAddress:
        host = "127.0.0.1"
        port = server.port

    done = pneu.send(ByAddress(), *options(server, authority.file),
                     environment=realm.ticket())
    assert done.status != 0
    assert "smtp/127.0.0.1" in done.sentence
