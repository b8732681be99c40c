#!/usr/bin/python3
"""Sends each recipient a letter of their own, over a few connections at once:
aio_many.py HOST PORT FROM TO..."""
import asyncio
import sys
from email.message import EmailMessage

from pneu import aio

CONNECTIONS = 4


def compose(sender: str, recipient: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = recipient
    letter["Subject"] = "A letter of your own"
    letter.set_content(f"Dear {recipient},\n\nthis is for you alone.\n")
    return letter


async def send_some(host: str, port: int,
                    letters: "asyncio.Queue[EmailMessage]") -> int:
    """One connection, for as long as there are letters."""
    sent = 0
    async with aio.SMTP(host, port) as server:
        while not letters.empty():
            letter = letters.get_nowait()
            try:
                await server.send_message(letter)
                sent += 1
            except (aio.SMTPSenderRefused, aio.SMTPRecipientsRefused,
                    aio.SMTPDataError) as error:
                print(f"{letter['To']}: {error}")
    return sent


async def main(host: str, port: str, sender: str, *recipients: str) -> None:
    letters: asyncio.Queue[EmailMessage] = asyncio.Queue()
    for recipient in recipients:
        letters.put_nowait(compose(sender, recipient))
    sent = await asyncio.gather(*(
        send_some(host, int(port), letters)
        for _ in range(min(CONNECTIONS, len(recipients)))))
    print(f"{sum(sent)} of {len(recipients)} sent")


if __name__ == "__main__":
    if len(sys.argv) < 5:
        print("usage: aio_many.py HOST PORT FROM TO...", file=sys.stderr)
        sys.exit(64)
    asyncio.run(main(*sys.argv[1:]))
