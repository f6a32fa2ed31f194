"""Secrets that open one thing each: an entrant's draft, a recommending body's page.

Knows randomness and hashes. A draft's token is kept as its hash alone; a body's token is made of a key of the store, so
that it can be told again and nothing of it is kept. Comparing takes as long for a wrong token as for a right one.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

BYTES = 32
NOBODY = "0" * 64  # what a token is held against where there is no draft: no hash is all zeros


def new_id() -> str:
    """An id that nobody guesses or chooses."""
    return secrets.token_hex(8)


def new_token() -> str:
    """A token, to be told once."""
    return secrets.token_urlsafe(BYTES)


def hashed(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def opens(token: str, kept: str) -> bool:
    """Whether a token is the one of which this was kept."""
    return hmac.compare_digest(hashed(token), kept)


def body_token(key: bytes, edition: str, body: str) -> str:
    """The token of a recommending body. key: of the edition's bodies, kept by the store."""
    made = hmac.new(key, f"{edition}/{body}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(made).decode().rstrip("=")
