"""What `python3 -m pneu.smtplib` does, as smtplib."""
from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pneu.smtplib import SMTP


def _prompt(name: str) -> str:
    sys.stdout.write(f"{name}: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip()


def main(connect: Callable[[str], SMTP]) -> None:
    """Asks for a message, and sends it by the server of this machine."""
    sender = _prompt("From")
    recipients = _prompt("To").split(",")
    print("Enter message, end with ^D:")
    message = sys.stdin.read()
    print(f"Message length is {len(message)}")
    server = connect("localhost")
    server.set_debuglevel(1)
    server.sendmail(sender, recipients, message)
    server.quit()
