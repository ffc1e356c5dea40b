"""New passwords for routers."""

from __future__ import annotations

import secrets
import string

_LETTERS = string.ascii_letters + string.digits
_LENGTH = 32


class RandomPasswords:
    """Implements `ports.Passwords`: 190 bits, in letters that no router and no script quotes."""

    def new(self) -> str:
        return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
