"""What is tried with each server for docs/interop.md: a function a row, which
does it and says in a few words what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from runner import Calls, Row
from servers.maildir import Letter, as_stored
from servers.ports import wait_until

ANN = "ann@example.com"
BOB = "bob@example.com"
LETTER = "Subject: seen\n\nHello.\n"
NOT_OFFERED = "not offered"
NO_SUCH = "-"
STARTTLS, IMPLICIT = 3, 4  # pneu_tls_mode
VERIFIED = 3  # pneu_protection


@dataclass
class Subject:
    """One server, and how it is reached and looked into."""
    version: str
    options: dict[str, str | int | Path]
    trust: Path
    user: str
    password: str
    letters: Callable[[str], list[Letter]]  # what has arrived for an address
    second: str = "cyd@example.com"
    refused: str = "closed@example.com"
    utf8: str = "jörg@example.com"
    idn: str = BOB  # whose mailbox the IDN's mail goes to
    many: str = "user{}@many.example"
    tls_port: int | None = None
    handed_on: Callable[[], str] | None = None  # what a relay was told
    begin: list[list[str]] = field(default_factory=lambda: [["open"]])

    @property
    def is_lmtp(self) -> bool:
        return "lmtp" in self.options


class Look:
    """Calls made to one server."""

    def __init__(self, calls: Calls, subject: Subject, folder: Path) -> None:
        self._calls = calls
        self.subject = subject
        self.folder = folder
        self.rows: list[Row] = []

    def run(self, *calls: list[str], **more: str | int | Path) -> list[Row]:
        """Opens, makes the calls, and gives what these returned."""
        begin = self.subject.begin
        self.rows = self._calls.run([*begin, *calls, ["quit"]],
                                    **{**self.subject.options, **more})
        return self.rows[len(begin):-1]

    def send(self, *to: str, message: str = LETTER) -> list[str]:
        return ["sendmail", ANN, "", "", message, *to]

    def offers(self, keyword: str) -> bool:
        row, = self.run(["has", keyword])
        return row.code == 1

    @property
    def outcomes(self) -> list[list[str]]:
        return self._calls.outcomes

    def kinds(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self.outcomes}

    def log(self) -> list[str]:
        """What was said both ways, "> MAIL …", "< 250 …"."""
        return self._calls.err.splitlines()

    def said(self, verb: str) -> list[str]:
        return [line[2:] for line in self.log()
                if line.startswith(f"> {verb}")]

    def letters(self, address: str, count: int = 1) -> list[Letter]:
        wait_until(lambda: len(self.subject.letters(address)) >= count,
                   f"{count} messages for {address}")
        return self.subject.letters(address)

    def arrived(self, address: str, message: bytes) -> bool:
        return self.letters(address)[-1].content == as_stored(message)

    def failure(self) -> str:
        """Why the last run is not what it should be."""
        words = [f"{row.name} {row.status} {row.code} {row.text}".strip()
                 for row in self.rows
                 if row.status not in ("OK", "") or row.code >= 400]
        return "no: " + "; ".join(words + [" ".join(row[1:])
                                           for row in self.outcomes])


def yes(look: Look, is_so: bool, more: str = "") -> str:
    return f"yes{more}" if is_so else look.failure()


def keywords(look: Look) -> str:
    rows = look.run(["extensions"])
    return ", ".join(sorted(row.status.upper() for row in rows
                            if row.name == "extension"))


def several(look: Look) -> str:
    subject = look.subject
    look.run(look.send(BOB, subject.refused, subject.second))
    good = look.kinds() == {BOB: "accepted", subject.second: "accepted",
                            subject.refused: "refused for good"}
    return yes(look, good and look.arrived(BOB, LETTER.encode())
               and look.arrived(subject.second, LETTER.encode()))


def starttls(look: Look) -> str:
    if not look.offers("STARTTLS") and "tls" not in look.subject.options:
        return NOT_OFFERED
    rows = look.run(["protection"], ["tls_info"], tls=STARTTLS,
                    ca_file=look.subject.trust)
    return yes(look, rows[0].code == VERIFIED, f", {rows[1].text}")


def implicit(look: Look) -> str:
    if look.subject.tls_port is None:
        return NO_SUCH
    rows = look.run(["protection"], ["tls_info"], tls=IMPLICIT,
                    port=look.subject.tls_port, ca_file=look.subject.trust)
    return yes(look, rows[0].code == VERIFIED, f", {rows[1].text}")


def auth(mechanism: str) -> Callable[[Look], str]:
    def row(look: Look) -> str:
        subject = look.subject
        if subject.is_lmtp:
            return NOT_OFFERED if not look.offers("AUTH") else look.failure()
        look.run(["mechanism"], tls=STARTTLS, ca_file=subject.trust,
                 user=subject.user, password=subject.password,
                 mechanism=mechanism)
        if look.rows[0].status == "NOT_OFFERED":
            return NOT_OFFERED
        tried = next(row for row in look.rows if row.name == "mechanism")
        return yes(look, look.rows[0].status == "OK"
                   and tried.text == mechanism)
    return row


def pipelining(look: Look) -> str:
    look.run(look.send(BOB, look.subject.second))
    if not look.kinds():
        return look.failure()
    log = look.log()
    first = next(i for i, line in enumerate(log) if line.startswith("> MAIL"))
    group = []
    for line in log[first:]:
        if line.startswith("<"):
            break
        if line.startswith(">"):
            group.append(line[2:6].strip())
    return NOT_OFFERED if len(group) == 1 else "yes: " + " ".join(group)


def bdat(look: Look) -> str:
    if not look.offers("CHUNKING"):
        return NOT_OFFERED
    look.run(look.send(BOB))
    return yes(look, bool(look.said("BDAT")) and not look.said("DATA")
               and look.arrived(BOB, LETTER.encode()))


def binarymime(look: Look) -> str:
    if not look.offers("BINARYMIME"):
        return NOT_OFFERED
    content = b"Subject: seen\r\n\r\nnul \0, and no last line end"
    path = look.folder / "binary"
    path.write_bytes(content)
    look.run(["state", "body=binarymime"], look.send(BOB, message=f"@{path}"))
    stored = look.letters(BOB)[-1].content.replace(b"\r\n", b"\n")
    return yes(look, any("BODY=BINARYMIME" in line
                         for line in look.said("MAIL"))
               and stored.rstrip(b"\n") == content.replace(b"\r\n", b"\n"))


def eightbitmime(look: Look) -> str:
    if not look.offers("8BITMIME"):
        return NOT_OFFERED
    message = "Subject: seen\n\nGrüße\n"
    look.run(look.send(BOB, message=message))
    return yes(look, any("BODY=8BITMIME" in line
                         for line in look.said("MAIL"))
               and look.arrived(BOB, message.encode()))


def smtputf8(look: Look) -> str:
    rows = look.run(look.send(look.subject.utf8))
    if rows[0].status == "NOT_OFFERED":
        return NOT_OFFERED
    return yes(look, any(line.endswith("SMTPUTF8")
                         for line in look.said("MAIL"))
               and look.arrived(look.subject.utf8, LETTER.encode()))


def idn(look: Look) -> str:
    look.run(look.send("bob@bücher.example"))
    return yes(look, any("<bob@xn--bcher-kva.example>" in line
                         for line in look.said("RCPT"))
               and look.arrived(look.subject.idn, LETTER.encode()))


def size(look: Look) -> str:
    limit = next((int(row.text or 0) for row in look.run(["has", "SIZE"])
                  if row.code == 1), 0)
    if not limit:
        return NOT_OFFERED
    path = look.folder / "large"
    path.write_bytes(b"Subject: large\n\n" + (b"x" * 63 + b"\n")
                     * (limit // 64))
    rows = look.run(look.send(BOB, message=f"@{path}"))
    return yes(look, rows[0].status == "TOO_LARGE" and not look.said("MAIL"),
               ", before MAIL")


def dsn(look: Look) -> str:
    rows = look.run(["state", "ret=hdrs", "envid=letter+1", "notify=success",
                     f"orcpt={BOB}"], look.send(BOB))
    if rows[1].status == "NOT_OFFERED":
        return NOT_OFFERED
    if rows[1].status != "OK":
        return look.failure()
    if look.subject.handed_on:
        told = look.subject.handed_on()
        return yes(look, all(word in told for word in (
            "RET=HDRS", "ENVID=letter+2B1", "NOTIFY=SUCCESS",
            f"ORCPT=rfc822;{BOB}")), ", and handed on")
    report = look.letters(ANN)[-1].content
    # Exim gives the ENVID back as xtext.
    return yes(look, (b"letter+1" in report or b"letter+2B1" in report)
               and f"rfc822;{BOB}".encode() in report.replace(b"; ", b";"),
               ", and the report came")


def answer(*call: str) -> Callable[[Look], str]:
    """What the server replies to one command; a long reply's first line."""
    def row(look: Look) -> str:
        got, = look.run(list(call))
        if got.status == "NOT_OFFERED":
            return NOT_OFFERED
        return f"{got.code} {got.text.partition(' / ')[0]}".rstrip(": ")
    return row


def each_its_own(look: Look) -> str:
    if not look.subject.is_lmtp:
        return NO_SUCH
    look.run(look.send(BOB, look.subject.refused, look.subject.second))
    phases = [row[2] for row in look.outcomes]
    return yes(look, phases == ["end of message", "RCPT", "end of message"])


def quits(look: Look) -> str:
    look.run(["noop"])
    return f"{look.rows[-1].code}"


def all_or_nothing(look: Look) -> str:
    look.run(["state", "all_or_nothing=1"],
             look.send(BOB, look.subject.refused))
    return yes(look, look.kinds() == {
        BOB: "not tried", look.subject.refused: "refused for good"}
        and not look.said("DATA") and not look.said("BDAT"))


def thousand(look: Look) -> str:
    look.run(look.send(*(look.subject.many.format(i) for i in range(1000))))
    good = len(look.outcomes) == 1000 \
        and set(look.kinds().values()) == {"accepted"}
    if not good:
        return f"no: {len(look.outcomes)} outcomes, " \
            f"{sorted(set(look.kinds().values()))}"
    return f"yes, in {len(look.said('MAIL'))} transactions"


def after_refusals(look: Look) -> str:
    refused = look.subject.refused
    rows = look.run(look.send(refused), look.send(refused, refused),
                    look.send(BOB))
    return yes(look, [row.status for row in rows]
               == ["REFUSED", "REFUSED", "OK"] and connections(look) == 1)


def ten_messages(look: Look) -> str:
    rows = look.run(*[look.send(BOB)] * 10)
    return yes(look, {row.status for row in rows} == {"OK"}
               and connections(look) == 1 and len(look.letters(BOB, 10)) == 10)


def connections(look: Look) -> int:
    """How many greetings were read."""
    return sum(line.startswith("< 220") and not before.startswith("> START")
               for before, line in zip(["", *look.log()], look.log()))


ROWS: dict[str, Callable[[Look], str]] = {
    "EHLO or LHLO": keywords,
    "several recipients, one refused": several,
    "STARTTLS": starttls,
    "TLS from the start": implicit,
    **{f"AUTH {mechanism}": auth(mechanism) for mechanism in (
        "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1",
        "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS")},
    "PIPELINING: the first group": pipelining,
    "CHUNKING: by BDAT": bdat,
    "BINARYMIME": binarymime,
    "8BITMIME": eightbitmime,
    "SMTPUTF8: jörg@example.com": smtputf8,
    "IDN: bob@bücher.example": idn,
    "SIZE: a message too large is refused": size,
    "DSN: RET, ENVID, NOTIFY, ORCPT": dsn,
    "VRFY bob@example.com": answer("verify", BOB),
    "EXPN bob@example.com": answer("expand", BOB),
    "HELP": answer("help"),
    "ETRN many.example": answer("etrn", "many.example"),
    "XCLIENT ADDR=192.0.2.1": answer("xclient", "addr=192.0.2.1"),
    "LMTP: a reply for each recipient": each_its_own,
    "all or nothing, one refused": all_or_nothing,
    "1,000 recipients": thousand,
    "a message after two that were refused": after_refusals,
    "10 messages on one connection": ten_messages,
    "QUIT": quits,
}
