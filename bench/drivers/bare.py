#!/usr/bin/python3 -B
"""Sends by a bare socket what was made before, and only counts the lines that
come back: the least that a client in Python can take."""
from __future__ import annotations

import platform
import socket

from driver import SENDER, Meter, Task, parser, task


def connect(work: Task) -> socket.socket:
    line = socket.create_connection((work.host, work.port))
    if work.context:
        line = work.context.wrap_socket(line, server_hostname=work.host)
    line.recv(65536)
    return line


def writes(work: Task, in_groups: bool) -> list[tuple[bytes, int]]:
    """What is written for a message, and how many lines answer each write."""
    commands = [f"MAIL FROM:<{SENDER}> size={len(work.message)}\r\n",
                *(f"RCPT TO:<{name}>\r\n" for name in work.recipients),
                "DATA\r\n"]
    if in_groups:
        made = [("".join(commands).encode(), len(commands))]
    else:
        made = [(command.encode(), 1) for command in commands]
    return [*made, (work.message + b".\r\n", 1)]


def send(line: socket.socket, flights: list[tuple[bytes, int]],
         messages: int) -> None:
    for _ in range(messages):
        for octets, lines in flights:
            line.sendall(octets)
            while lines > 0:
                said = line.recv(65536)
                if not said or said[:1] > b"3":
                    raise SystemExit(f"the server said {said!r}")
                lines -= said.count(b"\n")


def run(work: Task) -> None:
    meter = Meter()
    with connect(work) as line:
        line.sendall(b"EHLO client.example\r\n")
        flights = writes(work, b"PIPELINING" in line.recv(65536))
        send(line, flights, work.warm_up)
        meter.start()
        send(line, flights, work.messages)
        meter.stop()
    meter.print(work.messages)


if __name__ == "__main__":
    given = parser().parse_args()
    print(platform.python_version()) if given.version else run(task(given))
