"""Each feature with each real server, held against docs/interop.md; with
PNEU_INTEROP=write that file is written instead."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator

import pytest

import interop_table
from interop_rows import ROWS, STARTTLS, Look, Subject
from runner import Calls
from servers import dovecot
from servers.certificates import Authority

IDN_MAILBOX = "bob@xn--bcher-kva.example"
WRITE = os.environ.get("PNEU_INTEROP") == "write"


def postfix(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("postfix")
    return Subject(server.version, {"host": server.host, "port": server.port},
                   trust, dovecot.USER, dovecot.PASSWORD,
                   lambda address: server.maildir(address).letters(),
                   tls_port=server.tls_port)


def exim(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("exim")
    return Subject(server.version, {"host": server.host, "port": server.port},
                   trust, dovecot.USER, dovecot.PASSWORD,
                   lambda address: server.maildir(address).letters(),
                   tls_port=server.tls_port)


def submission(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("submission")
    return Subject(
        server.version,
        {"host": server.host, "port": server.port, "tls": STARTTLS,
         "ca_file": trust, "user": dovecot.USER,
         "password": dovecot.PASSWORD},
        trust, dovecot.USER, dovecot.PASSWORD,
        lambda address: server.relayed().letters(), tls_port=server.tls_port,
        handed_on=server.relay_said, begin=[["open"], ["ehlo"]])


def lmtp(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("submission")
    return Subject(
        server.version,
        {"host": server.host, "port": server.lmtp_port, "lmtp": 1}, trust,
        dovecot.USER, dovecot.PASSWORD,
        lambda address: server.maildir(address).letters(),
        second=dovecot.USER, many="bob+{}@example.com")


def aiosmtpd(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("aiosmtpd")
    return Subject(server.version, {"host": server.host, "port": server.port},
                   trust, dovecot.USER, dovecot.PASSWORD,
                   lambda address: server.maildir(address).letters(),
                   tls_port=server.tls_port, idn=IDN_MAILBOX)


def aiosmtpd_lmtp(request: pytest.FixtureRequest, trust: Path) -> Subject:
    server = request.getfixturevalue("aiosmtpd")
    return Subject(server.version,
                   {"host": server.host, "port": server.lmtp_port, "lmtp": 1},
                   trust, dovecot.USER, dovecot.PASSWORD,
                   lambda address: server.maildir(address).letters(),
                   idn=IDN_MAILBOX)


SUBJECTS: dict[str, Callable[[pytest.FixtureRequest, Path], Subject]] = {
    "Postfix": postfix, "Exim": exim, "Dovecot submission": submission,
    "Dovecot LMTP": lmtp, "aiosmtpd": aiosmtpd,
    "aiosmtpd LMTP": aiosmtpd_lmtp}


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[interop_table.Cells, dict[str, str]]]:
    """What the tests see: cells, and versions."""
    cells: interop_table.Cells = {}
    versions: dict[str, str] = {}
    yield cells, versions
    if WRITE:
        text = interop_table.FILE.read_text("utf-8") \
            if interop_table.FILE.exists() else ""
        interop_table.FILE.write_text(interop_table.render(
            list(SUBJECTS), list(ROWS),
            interop_table.merge(interop_table.parse(text), cells),
            interop_table.versions(text) | versions), "utf-8")


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("column", SUBJECTS)
def test_as_written(request: pytest.FixtureRequest, calls: Calls,
                    authority: Authority, tmp_path: Path,
                    seen: tuple[interop_table.Cells, dict[str, str]],
                    column: str, row: str) -> None:
    subject = SUBJECTS[column](request, authority.file)
    cell = ROWS[row](Look(calls, subject, tmp_path))
    seen[0].setdefault(row, {})[column] = cell
    seen[1][column] = subject.version
    if not WRITE:
        written = interop_table.parse(interop_table.FILE.read_text("utf-8"))
        assert cell == written[row][column], calls.err[-3000:]


@pytest.mark.skipif(WRITE, reason="it is being written")
def test_file_has_each_row_and_column_and_no_other() -> None:
    text = interop_table.FILE.read_text("utf-8")
    cells = interop_table.parse(text)
    assert list(cells) == list(ROWS)
    assert all(list(row) == list(SUBJECTS) and all(row.values())
               for row in cells.values())
    assert list(interop_table.versions(text)) == sorted(SUBJECTS)
    assert text == interop_table.render(list(SUBJECTS), list(ROWS), cells,
                                        interop_table.versions(text))
