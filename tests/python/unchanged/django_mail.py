"""Mail of a site that is made with Django.

usage: django_mail.py SETTINGS ACTION

SETTINGS is a JSON object; ACTION is the name of a function below, whose
result is printed as JSON.
"""

import json
import logging
import smtplib
import sys

from django.conf import settings
from django.core import mail

ANN, BOB, CYD = "ann@example.com", "bob@example.com", "cyd@example.com"


def one():
    return mail.send_mail("Hello", "Hello, Bob.\n.\n.. dots\n", ANN, [BOB])


def rich():
    """Every kind of recipient, two bodies and a file."""
    letter = mail.EmailMultiAlternatives(
        "Grüße", "Schöne Grüße, Bob.", "Jörg Müller <joerg@example.com>",
        [BOB, "Cyd Ö. <cyd@example.com>"], bcc=["dan@example.com"],
        cc=["eve@example.com"], reply_to=["office@example.com"],
        headers={"X-Shop": "1"})
    letter.attach_alternative("<p>Schöne Grüße, <b>Bob</b>.</p>", "text/html")
    letter.attach("list.csv", "a;b\n1;2\n", "text/csv")
    return letter.send()


def many():
    """Several at a time over one connection, twice over another."""
    letters = [mail.EmailMessage(f"No. {number}", "x", ANN, [BOB])
               for number in range(12)]
    sent = [mail.get_connection().send_messages(letters)]
    with mail.get_connection() as connection:
        sent.append(connection.send_messages(letters[:3]))
        sent.append(connection.send_messages(letters[3:5]))
    return sent


def mass():
    return mail.send_mass_mail([("A", "a", ANN, [BOB]),
                                ("B", "b", ANN, [CYD, BOB])])


def refused():
    """A recipient that the server refuses, between two that it takes."""
    letters = [mail.EmailMessage("x", "x", ANN, [to])
               for to in (BOB, "gone@example.com", CYD)]
    sent = mail.get_connection(fail_silently=True).send_messages(letters)
    try:
        letters[1].send()
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients["gone@example.com"]
        return [sent, code, text.decode()]


def partly():
    """Of two recipients the server refuses one: nothing is raised."""
    return mail.send_mail("x", "x", ANN, [BOB, "gone@example.com"])


def fails(**more):
    """What kind of exception comes out of it."""
    try:
        return mail.send_mail("x", "x", ANN, [BOB], **more)
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__]


def each():
    """The kinds of exceptions that the servers on these ports cause."""
    return [fails(connection=mail.get_connection(port=port))[0]
            for port in settings.PORTS]


def silently():
    return fails(fail_silently=True)


def injected():
    """Line ends in a header's value; Django itself is on guard."""
    try:
        mail.send_mail("x\nBcc: dan@example.com", "x", ANN, [BOB])
    except mail.BadHeaderError:
        return "refused"


def admins():
    """The handler that reports errors of a site to its admins."""
    from django.utils.log import AdminEmailHandler
    log = logging.getLogger("shop")
    log.addHandler(AdminEmailHandler())
    log.error("Out of %s", "stock")
    return "logged"


def main():
    settings.configure(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        USE_TZ=True, SECRET_KEY="x", **json.loads(sys.argv[1]))
    print(json.dumps(globals()[sys.argv[2]]()))


if __name__ == "__main__":
    main()
