"""Mail of a site that is made with Flask and Flask-Mail.

usage: flask_app.py CONFIGURATION ACTION

CONFIGURATION is a JSON object; ACTION is the name of a function below, whose
result is printed as JSON.
"""

import json
import sys

import flask
from flask_mail import Mail, Message

app = flask.Flask("shop")
app.config.update(json.loads(sys.argv[1]))
mail = Mail(app)


@app.route("/order")
def order():
    """A page that sends mail while it is made."""
    mail.send_message("Your order", recipients=["bob@example.com"],
                      body="Thank you.", sender=("The Shop",
                                                 "shop@example.com"))
    return "ordered"


def page():
    return app.test_client().get("/order").get_data(as_text=True)


def rich():
    """All kinds of recipients, two bodies, a file and options."""
    message = Message(
        "Grüße", recipients=["bob@example.com", "Cyd Ö. <cyd@example.com>"],
        cc=["eve@example.com"], bcc=["dan@example.com"], body="Schöne Grüße",
        html="<b>Schöne Grüße</b>", sender="ann@example.com",
        reply_to="office@example.com", mail_options=["RET=HDRS"],
        rcpt_options=["NOTIFY=NEVER"])
    message.attach("list.csv", "text/csv", "a;b\n1;2\n")
    with app.app_context():
        mail.send(message)
    return "sent"


def several():
    """Over one connection; a new one after every MAIL_MAX_EMAILS."""
    with app.app_context(), mail.connect() as connection:
        for number in range(7):
            connection.send(Message(f"No. {number}", ["bob@example.com"],
                                    "x", sender="ann@example.com"))
    return "sent"


def fails():
    """What kind of exception comes out of it."""
    try:
        return page()
    except Exception as error:
        return type(error).__name__


def main():
    app.config["PROPAGATE_EXCEPTIONS"] = True
    print(json.dumps(globals()[sys.argv[2]]()))


if __name__ == "__main__":
    main()
