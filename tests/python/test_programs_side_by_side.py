"""The same calls to smtplib and to pneu.smtplib, against servers that answer
the same at random: results, exceptions and what goes over the line are the
same. Left out is what differs on purpose: odd codes, 252, and DATA refused,
after which pneu.smtplib resets, closes or tries again.
"""

from __future__ import annotations

import importlib
import random
import smtplib as standard
import socket
from email.message import EmailMessage
from typing import Any

import pytest
from servers.scripted import CLOSE, Gone, Peer, Scripted
from unchanged.instead import MODULE

smtplib: Any = importlib.import_module(MODULE)

CASES = 240
PART = 40
USUAL = {"HELO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}
ODD = ["250 2.0.0 fine", "250-two\n250 lines", "550 5.1.1 no", "450 4.2.1 no",
       "503 5.5.1 bad", "550-two\n550 lines", "421 4.3.2 bye", CLOSE]
CALLS = ["sendmail", "sendmail", "send_message", "noop", "rset", "verify",
         "expn", "help", "ehlo", "helo", "docmd", "by hand"]
NAMES = ["b@x.example", "c@x.example", "Dan <d@x.example>", "<e@x.example>"]


class Server:
    """Answers as its table says, and never what makes no sense: without a
    sender and a recipient it takes no message."""

    def __init__(self, words: list[str], answers: dict[str, list[str]]
                 ) -> None:
        self._ehlo = "\n".join(["250-here", *(f"250-{word}" for word in words),
                                "250 HELP"])
        self._answers = {verb: list(some) for verb, some in answers.items()}
        self._has_sender = self._has_recipient = False
        self.heard: list[str] = []

    def __call__(self, peer: Peer) -> None:
        peer.say("220 here")
        while True:
            self._turn(peer, self._line(peer).partition(" ")[0].upper())

    def _line(self, peer: Peer) -> str:
        self.heard.append(peer.line())
        return self.heard[-1]

    def _turn(self, peer: Peer, verb: str) -> None:
        answer = self._sensible(verb)
        self._say(peer, answer)
        if verb == "DATA" and answer.startswith("354"):
            while self._line(peer) != ".":
                pass
            self._has_sender = self._has_recipient = False
            self._say(peer, self._next("."))
        if verb == "QUIT":
            raise Gone

    def _sensible(self, verb: str) -> str:
        if verb == "RCPT" and not self._has_sender:
            return "503 5.5.1 MAIL first"
        if verb == "DATA" and not self._has_recipient:
            return "554 5.5.1 No valid recipients"
        answer = self._next(verb)
        good = answer.startswith("25")
        if verb == "MAIL":
            self._has_sender = good
        if verb == "RCPT":
            self._has_recipient |= good
        if verb in ("RSET", "EHLO", "HELO", "MAIL"):
            self._has_recipient = False
        return answer

    def _next(self, verb: str) -> str:
        given = self._answers.get(verb)
        answer = given.pop(0) if given else ""
        if answer:
            return answer
        return self._ehlo if verb == "EHLO" else USUAL.get(
            verb, "250 2.0.0 fine")

    @staticmethod
    def _say(peer: Peer, answer: str) -> None:
        if answer != CLOSE:
            peer.say(answer)
        if answer == CLOSE or answer.startswith("421"):
            # Reads on: what stays unread would make RST of FIN.
            try:
                peer._line.shutdown(socket.SHUT_WR)
            except OSError as error:  # the client was faster
                raise Gone from error
            peer.wait()


class Case:
    """One server and one program, made of a number."""

    def __init__(self, number: int) -> None:
        chance = random.Random(number)
        self.words = chance.choice([
            [], ["SIZE"], ["SIZE 9000", "8BITMIME"], ["PIPELINING"],
            ["PIPELINING", "SIZE", "DSN"]])
        verbs = chance.sample(["EHLO", "HELO", "MAIL", "RCPT", ".", "RSET",
                               "QUIT", "NOOP"], chance.randint(0, 3))
        self.answers = {verb: chance.choices(["", "", *ODD], k=3)
                        for verb in verbs}
        self.calls = chance.choices(CALLS, k=chance.randint(1, 4))
        self.to = chance.sample(NAMES, chance.randint(1, 4))
        self.message: Any = chance.choice([
            "Subject: x\n\n.hi\n", b"Subject: x\r\n\r\n.\r\n..hi", "",
            b"Subject: x\r\n\r\n" + b"long line " * 700 + b"\r\n"])

    def run(self, module: Any) -> tuple[list[Any], list[str]]:
        """What the calls gave, and the lines that were sent."""
        script = Server(self.words, self.answers)
        with Scripted(script) as server:
            smtp = module.SMTP("127.0.0.1", server.port, "me.example", 20)
            told: list[Any] = []
            for call in [*self.calls, "quit"]:
                told.append(self._told(smtp, call))
                told.append(smtp.sock is None)
            smtp.close()
            return told, [line.upper() for line in script.heard]

    def _told(self, smtp: Any, call: str) -> Any:
        try:
            return self._call(smtp, call)
        except Exception as error:
            return type(error).__name__, error.args

    def _call(self, smtp: Any, call: str) -> Any:
        if call == "sendmail":
            return smtp.sendmail("a@x.example", self.to, self.message)
        if call == "send_message":
            return smtp.send_message(self._letter())
        if call == "by hand":
            steps = [smtp.mail("a@x.example"), smtp.rcpt("b@x.example")]
            return [*steps, smtp.data("Subject: x\n\nhi\n")]
        arguments = {"verify": ["Ann <a@x.example>"], "expn": ["all"],
                     "docmd": ["XYZ", "1 2"]}
        return getattr(smtp, call)(*arguments.get(call, []))

    def _letter(self) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"] = "a@x.example", ", ".join(self.to)
        letter["Subject"] = "hi"
        letter.set_content("Hello.\n.\n")
        return letter


@pytest.mark.parametrize("begin", range(0, CASES, PART))
def test_the_same(begin: int) -> None:
    for number in range(begin, begin + PART):
        case = Case(number)
        expected, wire = case.run(standard)
        told, said = case.run(smtplib)
        assert told == expected, (number, vars(case))
        if "PIPELINING" not in case.words:
            assert said == wire, (number, vars(case))
