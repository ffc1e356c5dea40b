"""Who is behind a subject."""

from __future__ import annotations

import unicodedata


def person_of(subject: str) -> str:
    """The person behind a subject: `local:anna`, `user:Anna` and `oidc:anna@example.net` are taken for one.

    Two people of one name are taken for one as well: rather one approval too few than one that a person
    gives to themselves.
    """
    name = subject.rpartition(":")[2]
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return plain.partition("@")[0] or plain
