#!/usr/bin/python3
"""Sends to several recipients, and tells what became of each, and what to do
about it: outcomes.py HOST PORT FROM TO..."""
import sys
from collections.abc import Sequence

import pneu.smtplib as smtplib

ADVICE = {
    "accepted": "nothing to do",
    "refused for now": "send again later",
    "refused for good": "correct the address, or give up",
    "in doubt": "it may have arrived: sending again may deliver it twice",
    "not tried": "send again",
}


def deliver(host: str, port: int, sender: str, recipients: list[str],
            letter: str) -> Sequence[smtplib.Outcome]:
    """Nobody is told twice what one of the exceptions tells."""
    with smtplib.SMTP(host, port) as server:
        try:
            return server.sendmail(sender, recipients, letter).outcomes
        except smtplib.SMTPException as error:  # nobody has it
            if not error.outcomes:
                raise
            return error.outcomes


def main(host: str, port: str, sender: str, *recipients: str) -> int:
    letter = f"From: {sender}\nSubject: To all of you\n\nHello!\n"
    rows = deliver(host, int(port), sender, list(recipients), letter)
    for row in rows:
        print(f"{row.recipient}: {row.outcome}; {ADVICE[row.outcome]}")
        print(f"    {row.code} {row.text.decode('utf-8', 'replace')}")
    return 0 if all(row.outcome == "accepted" for row in rows) else 1


if __name__ == "__main__":
    if len(sys.argv) < 5:
        print("usage: outcomes.py HOST PORT FROM TO...", file=sys.stderr)
        sys.exit(64)
    sys.exit(main(*sys.argv[1:]))
