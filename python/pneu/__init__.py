"""An SMTP client whose protocol runs in C.

pneu.smtplib has the names, classes and exceptions of the standard smtplib:
change the import line. pneu.aio has the same methods as coroutines.
"""
from pneu import _pneu

__version__ = _pneu.version()
