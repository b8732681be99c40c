"""A program that reports its errors by mail, with logging.handlers.

usage: log_by_mail.py HANDLER

HANDLER is a JSON object of SMTPHandler's arguments.
"""

import json
import logging
import logging.handlers
import sys


def main():
    given = json.loads(sys.argv[1])
    for name in ("mailhost", "credentials", "secure"):
        if given.get(name) is not None:
            given[name] = tuple(given[name])  # the handler asks for tuples
    log = logging.getLogger("backup")
    log.addHandler(logging.handlers.SMTPHandler(**given))
    for disk in ("sda", "sdb"):
        try:
            raise OSError(f"{disk} does not answer")
        except OSError:
            log.exception("Backup of %s failed", disk)
    print("went on")


if __name__ == "__main__":
    main()
