#!/usr/bin/python3
"""Sends a short letter, and shows the dialogue with the server:
send.py HOST PORT FROM TO"""
import sys

import pneu.smtplib as smtplib


def main(host: str, port: str, sender: str, recipient: str) -> None:
    letter = (f"From: Author <{sender}>\n"
              f"To: Recipient <{recipient}>\n"
              "Subject: Simple test message\n"
              "\n"
              "This is the body of the message.\n")
    with smtplib.SMTP(host, int(port)) as server:
        server.set_debuglevel(1)
        server.sendmail(sender, recipient, letter)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        print("usage: send.py HOST PORT FROM TO", file=sys.stderr)
        sys.exit(64)
    main(*sys.argv[1:])
