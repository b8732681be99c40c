"""CHUNKING and BINARYMIME of `pneu sink`, seen by bare sockets: what comes
over BDAT, and what becomes of it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Callable

import pytest

from servers.line import (ANN, BOB, Talk, talk, trusting, wanted)  # noqa: F401
from servers.sink import Sink

MEBIBYTE = 1 << 20
Start = Callable[..., Sink]


# CHUNKING and BINARYMIME


@pytest.mark.parametrize("tls", [None, "starttls"])
def test_several_chunks(sink: Start, talk: Talk, tls: str | None) -> None:
    # RFC 3030 2: no dots are added or taken off, and a line may be cut
    server = sink("--json", tls=tls)
    line = talk(server)
    if tls:
        line.starttls(trusting(server))
    assert line.extension("CHUNKING") == ""
    line.begin()
    chunks = [b"Subject: x\r\n\r\n.one\r", b"\n.\r\nQUIT\r\n", b"..\r\nend"]
    for chunk in chunks:
        assert line.bdat(chunk) == (
            f"250 2.0.0 {len(chunk)} octets received")
    assert line.bdat(b"", last=True).startswith("250 2.0.0 Ok: queued as ")
    assert server.letter().content == (
        b"Subject: x\n\n.one\n.\nQUIT\n..\nend")
    report = server.report()
    assert report["chunks"] == 4
    assert report["size"] == sum(map(len, chunks))


@pytest.mark.parametrize("chunks", [
    [b""], [b"one\r\n"], [b"one", b"\r\n"], [b"", b"", b"one\r", b"\n"]])
def test_the_last_chunk_may_hold_octets(sink: Start, talk: Talk,
                                        chunks: list[bytes]) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    for chunk in chunks[:-1]:
        assert line.bdat(chunk).startswith("250")
    assert line.bdat(chunks[-1], last=True).startswith("250")
    assert server.letter().content == b"".join(chunks).replace(b"\r\n", b"\n")


def test_an_octet_at_a_time(sink: Start, talk: Talk) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    for octet in b"BDAT 6 LAST\r\na\r\nb\r\nNOOP\r\n":
        line.send(bytes([octet]))
        time.sleep(0.002)
    wanted([line.reply(), line.reply()], "250", "250")
    assert server.letter().content == b"a\nb\n"


def test_binary_content_is_untouched(sink: Start, talk: Talk) -> None:
    # RFC 3030 3
    server = sink()
    line = talk(server)
    content = bytes(range(256)) * 300 + b"\r\n.\r\n\r\r\n\n\0"
    line.begin(mail="BODY=BINARYMIME")
    assert line.bdat(content[:1000]).startswith("250")
    assert line.bdat(content[1000:], last=True).startswith("250")
    assert server.letter().content == content


def test_binary_content_needs_bdat(sink: Start, talk: Talk) -> None:
    line = talk(sink())
    line.begin(mail="BODY=BINARYMIME")
    line.expect("503", "DATA")
    assert line.bdat(b"x", last=True).startswith("250")


@pytest.mark.parametrize("chunks", [
    [b"one\rtwo\r\n"], [b"one\ntwo\r\n"], [b"one\r\n\r"],
    [b"one\r", b"two\r\n"]])
def test_other_content_needs_crlf(sink: Start, talk: Talk,
                                  chunks: list[bytes]) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    for chunk in chunks[:-1]:
        assert line.bdat(chunk).startswith("250")
    assert line.bdat(chunks[-1], last=True).startswith("550 5.6.0")
    assert not server.letters()
    line.begin()


def test_refused_chunks_are_taken_off_the_line(sink: Start,
                                               talk: Talk) -> None:
    line = talk(sink("--refuse", "gone@*"))
    trap = b"QUIT\r\n" * 3
    assert line.bdat(trap).startswith("503 5.5.1 MAIL comes first")
    line.expect("250", f"MAIL FROM:<{ANN}>")
    assert line.bdat(trap).startswith("503 5.5.1 No valid recipients")
    line.expect("550", "RCPT TO:<gone@example.com>")
    assert line.bdat(trap, last=True).startswith("503")
    line.expect("250", f"RCPT TO:<{BOB}>")
    assert line.bdat(b"").startswith("250")


def test_what_may_not_stand_among_chunks(sink: Start, talk: Talk) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    assert line.bdat(b"one\r\n").startswith("250")
    line.expect("503", "DATA")
    line.expect("503", f"MAIL FROM:<{ANN}>")
    line.expect("503", f"RCPT TO:<{BOB}>")
    line.expect("250", "NOOP")
    assert line.bdat(b"two\r\n", last=True).startswith("250")
    assert line.bdat(b"three\r\n", last=True).startswith("503")
    assert server.letter().content == b"one\ntwo\n"


def test_rset_forgets_the_chunks(sink: Start, talk: Talk) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    assert line.bdat(b"one\r\n").startswith("250")
    line.expect("250", "RSET")
    line.begin()
    assert line.data(b"two\r\n").startswith("250")
    assert server.letter().content == b"two\n"
    assert not list((server.folder / "mail" / "tmp").iterdir())


def test_half_a_message_leaves_nothing(sink: Start, talk: Talk) -> None:
    server = sink()
    line = talk(server)
    line.begin()
    assert line.bdat(b"one\r\n").startswith("250")
    line.send(b"BDAT 100 LAST\r\nhalf")
    line.close()
    server.stop()
    assert not server.letters()
    assert not list((server.folder / "mail" / "tmp").iterdir())


def test_too_large_over_bdat(sink: Start, talk: Talk) -> None:
    server = sink("--size", "10")
    line = talk(server)
    line.begin()
    assert line.bdat(b"12345678901").startswith("552 5.3.4")
    assert line.bdat(b"1", last=True).startswith("503")
    line.expect("503", "DATA")
    line.expect("250", "RSET")
    line.begin()
    assert line.bdat(b"1234567").startswith("250")
    assert line.bdat(b"8901", last=True).startswith("552 5.3.4")
    line.expect("250", "RSET")
    line.begin()
    assert line.bdat(b"1234567").startswith("250")
    assert line.bdat(b"890", last=True).startswith("250")
    assert server.letter().content == b"1234567890"


def test_whole_transactions_in_one_write(sink: Start, talk: Talk) -> None:
    # RFC 3030 4.2: BDAT does not end a group
    server = sink("--refuse", "gone@*")
    line = talk(server)
    group = b""
    for number in range(200):
        to = "gone@example.com" if number % 2 else BOB
        group += (f"MAIL FROM:<{ANN}>\r\nRCPT TO:<{to}>\r\n"
                  f"BDAT 14 LAST\r\nRSET\r\nQUIT\r\n\r\nRSET\r\n").encode()
    line.send(group)
    replies = [line.reply() for _ in range(200 * 4)]
    for number in range(200):
        codes = "250 550 503 250" if number % 2 else "250 250 250 250"
        wanted(replies[4 * number:4 * number + 4], *codes.split())
    assert len(server.letters()) == 100


def test_without_pipelining_each_chunk_waits(sink: Start, talk: Talk) -> None:
    line = talk(sink("--without", "PIPELINING"))
    line.begin()
    assert line.bdat(b"one\r\n").startswith("250")
    line.send(b"BDAT 3\r\nabcBDAT 0 LAST\r\n")
    assert line.reply().startswith("554 5.5.0")
    assert line.is_over()


@pytest.mark.parametrize("arguments", ["", " ", " x", " -1", " 1x", " LAST"])
def test_bdat_without_a_size(sink: Start, talk: Talk, arguments: str) -> None:
    # where the next command begins, nobody knows
    line = talk(sink())
    line.begin()
    line.expect("501 5.5.4", f"BDAT{arguments}")
    assert line.is_over()


@pytest.mark.parametrize("arguments", ["6 FIRST", "6 LAST LAST", "6 6"])
def test_bdat_with_too_much(sink: Start, talk: Talk, arguments: str) -> None:
    line = talk(sink())
    line.begin()
    line.expect("501 5.5.4", f"BDAT {arguments}", b"QUIT\r\n")
    line.expect("250", "RSET")
    line.begin()
    assert line.bdat(b"x\r\n", last=True).startswith("250")


def test_chunking_hidden(sink: Start, talk: Talk) -> None:
    line = talk(sink("--without", "chunking"))
    assert not {"CHUNKING", "BINARYMIME"} & set(line.keywords())
    line.expect("501", f"MAIL FROM:<{ANN}> BODY=BINARYMIME")
    line.begin(mail="BODY=8BITMIME")
    line.expect("500", "BDAT 5 LAST")


@pytest.mark.parametrize("option, code", [
    ("--refuse-bdat", "500 5.5.1"),
    ("--refuse-bdat=452 4.3.1 Later", "452 4.3.1 Later")])
def test_bdat_refused(sink: Start, talk: Talk, option: str,
                      code: str) -> None:
    server = sink(option)
    line = talk(server)
    assert "CHUNKING" in line.keywords()
    line.begin()
    assert line.bdat(b"QUIT\r\n", last=True).startswith(code)
    line.expect("250", "RSET")
    line.begin()
    assert line.data().startswith("250")
    assert len(server.letters()) == 1


def test_refused_data_is_bdat_too(sink: Start, talk: Talk) -> None:
    line = talk(sink("--refuse-data=451 4.3.0 No room"))
    line.begin()
    line.expect("451 4.3.0 No room", "DATA")
    assert line.bdat(b"one").startswith("451 4.3.0 No room")
    assert line.bdat(b"two", last=True).startswith("503")


def test_content_refused_over_bdat(sink: Start, talk: Talk) -> None:
    server = sink("--refuse-content")
    line = talk(server)
    line.begin()
    assert line.bdat(b"one").startswith("250")
    assert line.bdat(b"two", last=True).startswith("554 5.7.1")
    line.begin()
    assert not server.letters()


def memory(pid: int) -> int:
    """The most octets that a process has had in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found.group(1)) * 1024


def test_memory_does_not_grow_with_the_message(sink: Start,
                                               talk: Talk) -> None:
    server = sink()
    line = talk(server)
    line.begin(mail="BODY=BINARYMIME")
    chunk = bytes(range(256)) * (16 * MEBIBYTE // 256)
    assert line.bdat(chunk[:MEBIBYTE]).startswith("250")
    before = memory(server.pid)
    assert line.bdat(chunk).startswith("250")
    assert line.bdat(chunk, last=True).startswith("250")
    assert memory(server.pid) - before < 4 * MEBIBYTE
    assert server.letter().content == chunk[:MEBIBYTE] + chunk * 2


# BDAT over LMTP


def test_lmtp_a_reply_for_each_recipient(sink: Start, talk: Talk) -> None:
    # RFC 2033 4.3
    server = sink("--lmtp", "--refuse", "gone", "--refuse-delivery", "full")
    line = talk(server, "LHLO")
    line.expect("250", f"MAIL FROM:<{ANN}>")
    for name, code in [("bob", "250"), ("gone", "550"), ("full", "250"),
                       ("cyd", "250")]:
        line.expect(code, f"RCPT TO:<{name}>")
    assert line.bdat(b"one\r\n").startswith("250 2.0.0 5 octets")
    replies = [line.bdat(b"two\r\n", last=True), line.reply(), line.reply()]
    wanted(replies, "250 2.0.0 <bob>", "552 5.2.2 <full>", "250 2.0.0 <cyd>")
    line.expect("250", "NOOP")
    assert server.letter().content == b"one\ntwo\n"


def test_lmtp_refusals_of_chunks(sink: Start, talk: Talk) -> None:
    line = talk(sink("--lmtp", "--size", "4"), "LHLO")
    line.expect("250", f"MAIL FROM:<{ANN}>")
    assert line.bdat(b"QUIT\r\n", last=True).startswith("503")
    line.expect("250", "RCPT TO:<bob>")
    line.expect("250", "RCPT TO:<cyd>")
    replies = [line.bdat(b"12345", last=True), line.reply()]
    wanted(replies, "552 5.3.4 <bob>", "552 5.3.4 <cyd>")
    line.expect("250", "NOOP")
