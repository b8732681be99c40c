#!/usr/bin/python3
"""Composes a letter with an attachment, and sends it to whom it names:
send_message.py HOST PORT FROM FILE TO..."""
import mimetypes
import sys
from email.message import EmailMessage
from pathlib import Path

import pneu.smtplib as smtplib


def compose(sender: str, recipients: list[str], file: Path) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = ", ".join(recipients)
    letter["Bcc"] = sender  # gets a copy; the header is not sent
    letter["Subject"] = f"The file {file.name}"
    letter.set_content("It is attached.\n")
    kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
    main, sub = kind.split("/")
    letter.add_attachment(file.read_bytes(), main, sub, filename=file.name)
    return letter


def main(host: str, port: str, sender: str, file: str,
         *recipients: str) -> None:
    letter = compose(sender, list(recipients), Path(file))
    with smtplib.SMTP(host, int(port)) as server:
        result = server.send_message(letter)
    if result.reply:
        code, text = result.reply
        print(f"the server said: {code} {text.decode()}")


if __name__ == "__main__":
    if len(sys.argv) < 6:
        print("usage: send_message.py HOST PORT FROM FILE TO...",
              file=sys.stderr)
        sys.exit(64)
    main(*sys.argv[1:])
