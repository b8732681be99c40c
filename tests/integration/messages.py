"""Messages that are hard to carry, by name."""

from __future__ import annotations

HEADER = b"From: Ann <ann@example.com>\nSubject: a test\n\n"
MEBIBYTE = 1 << 20


def dotted(octets: int) -> bytes:
    """A header, and lines that all begin with a dot, of about that size."""
    line = b".this line begins with a dot, and so does every other one\n"
    return HEADER + line * (octets // len(line) + 1)


MESSAGES: dict[str, bytes] = {
    "plain": HEADER + b"Hello.\n",
    "crlf": (HEADER + b"One line.\nAnother.\n").replace(b"\n", b"\r\n"),
    "dots": HEADER + b".\n..\n...\n.a\n\n.\n",
    "dot last, no final newline": HEADER + b"the end\n.",
    "no final newline": HEADER + b"The end without a line end",
    "header only": b"Subject: nothing more\n",
    "trailing empty lines": HEADER + b"text\n\n\n\n",
    "eight bits": HEADER + "Grüße aus Köln, καλημέρα\n".encode(),
    "longest line": HEADER + b"x" * 998 + b"\n" + b"y" * 998 + b"\n",
    "1 MiB of dots": dotted(MEBIBYTE),
    "1 MiB of dots, no final newline": dotted(MEBIBYTE)[:-1],
    "dots alone": HEADER + b".\n" * 50_000,
}
