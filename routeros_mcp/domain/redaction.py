"""Keep secrets out of rows, exports and audit arguments; strip from exports what varies by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from routeros_mcp.domain.models.plan import Row

HIDDEN = "***"

SecretsOf = Callable[[str], Collection[str]]
"""Names of the secret parameters of a menu path, such as `MenuSchema.secrets_of`."""

_WORDS = frozenset({
    "authorization", "cak", "key", "passphrase", "passphrases", "passwd", "password", "passwords", "pin",
    "psk", "pwd", "secret", "secrets", "token", "tokens",
})  # fmt: skip
_NOT_SECRET_KEYS = frozenset({"foreign", "idempotency", "natural", "primary", "public", "sort", "transmit"})
_WHOLE_NAMES = frozenset({"key-val", "pre-shared-key", "presharedkey", "privatekey", "apikey"})
_NAME_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PLAIN = frozenset({"", "true", "false", "yes", "no", HIDDEN})
"""Values that tell of a flag or of nothing, not of a secret, under a name that only looks like one."""


def is_secret_name(name: str) -> bool:
    """Whether a parameter holds a secret by the look of its name: its last word says so.

    `wpa2-pre-shared-key`, `security.passphrase`, `static-key-0` and `newPassword` do; `key` alone,
    `public-key`, `key-size`, `group-key-update` and `password-authentication` do not.
    """
    parts = [part.lower() for part in _NAME_PARTS.findall(name)]
    while parts and parts[-1].isdigit():
        parts.pop()
    if not parts:
        return False
    if name.lower().rpartition(".")[2] in _WHOLE_NAMES:
        return True
    if parts[-1] not in _WORDS:
        return False
    return parts[-1] != "key" or (len(parts) > 1 and parts[-2] not in _NOT_SECRET_KEYS)


def _hides(name: str, value: str, secrets: Collection[str]) -> bool:
    if not value:
        return False
    if name in secrets or name.rpartition(".")[2] in secrets:
        return True
    return value not in _PLAIN and is_secret_name(name)


def redact_row(row: Row, secrets: Collection[str] = frozenset()) -> dict[str, str]:
    """Copy a row with `***` for the values of `secrets` and of names that look secret; empty stays empty.

    Also for what scripts in a value assign to such names.
    """
    return {name: _told(name, value, secrets) for name, value in row.items()}


def _told(name: str, value: str, secrets: Collection[str]) -> str:
    if _hides(name, value, secrets):
        return HIDDEN
    return redact_script(value)


def redact_script(text: str) -> str:
    """The text with `***` for what a script in it assigns to names that look secret."""
    return turn_assigned(text, lambda _: HIDDEN)


def turn_assigned(text: str, turn: Callable[[str], str]) -> str:
    """The text with another value for each that a script in it assigns to a name that looks secret.

    `turn` gets the value as it is written, quotes included, and gives what is to be written instead.
    """

    def turned(match: re.Match[str]) -> str:
        name, value = match["name"], match["value"]
        return f"{name}={turn(value)}" if _hides(name, value.strip('"'), ()) else match[0]

    return _ASSIGNED.sub(turned, text) if "=" in text else text


_ASSIGNED = re.compile(
    r"(?<![A-Za-z0-9._-])(?P<name>[A-Za-z0-9._-]+)="
    r'(?P<value>"(?:[^"\\]|\\.)*(?:"|\Z)|[^\s";\\\])}]+)',
    re.DOTALL,
)


def redact_mapping(
    arguments: Mapping[str, object], secrets: Collection[str] = frozenset()
) -> dict[str, object]:
    """Copy nested arguments with `***` for every scalar or list under a secret name, at any depth.

    Also for what scripts in a value assign to such names.
    """
    return {name: _redacted(name, value, secrets) for name, value in arguments.items()}


def _redacted(name: str, value: object, secrets: Collection[str]) -> object:
    if isinstance(value, Mapping):
        return redact_mapping(value, secrets)
    if value is None or isinstance(value, bool):
        return value
    if _hides(name, str(value), secrets):
        return HIDDEN
    if isinstance(value, str):
        return redact_script(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_redacted("", item, secrets) for item in value]
    return value


# -- exports ---------------------------------------------------------------------------------------------

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CONTINUES = re.compile(r"(?<!\\)(?:\\\\)*\\\r?\n?\Z")
_BREAK = re.compile(r"(?<!\\)((?:\\\\)*)\\\n[ ]*(\\_)?")
_WRAP = re.compile(r"\\\r?\n[ ]*(?:\\_)?")
_ARGUMENT = re.compile(
    r"(?<![A-Za-z0-9._/-])(?P<name>[A-Za-z0-9._/-]+)=(?P<gap>(?:\\\r?\n[ ]*)?)"
    r'(?P<value>"(?:[^"\\]|\\.)*(?:"|\\?\Z)|(?:[^\s\\\]]|\\[^\r\n]|\](?=[^\s\]]))*)'
    r'|"(?:[^"\\]|\\.)*(?:"|\\?\Z)',
    re.DOTALL,
)
_NESTED = re.compile(
    r"(?<![A-Za-z0-9._-])(?P<name>[A-Za-z0-9._-]+)="
    r'(?P<value>\\"(?:\\\\\\"|\\[^"]|[^"\\])*(?:\\"|(?=")|\Z)|[^\s";\\\])}]+)',
    re.DOTALL,
)
_COMMANDS = frozenset({
    "add", "comment", "disable", "edit", "enable", "export", "find", "get", "import", "move", "print",
    "remove", "reset", "run", "set", "unset",
})  # fmt: skip
_PATH_WORD = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_TIME = re.compile(
    r"^# (?:[a-z]{3}/[0-9]{2}/[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2}) [0-9]{2}:[0-9]{2}:[0-9]{2} by ",
    re.IGNORECASE,
)
_ALARM = re.compile(r"#\s*error\b")


def redact_export(text: str, secrets_of: SecretsOf) -> str:
    """Hide the secrets of an `/export`: `***` for the value of each secret parameter, all else byte for byte.

    Understands sections with `add` and `set` lines, one-line `/path add …`, wrapped lines and quotes. Secrets
    assigned inside a quoted script are hidden by the look of their names, and such a script loses its wraps.
    """
    path = "/"
    known: dict[str, Collection[str]] = {}
    written: list[str] = []
    for line in _logical_lines(text):
        if line.startswith("/"):
            here, is_header = _path_of(line)
            path = here if is_header else path
        else:
            here = path
        if here not in known:
            known[here] = secrets_of(here)
        written.append(line if line.startswith("#") else _redact_line(line, known[here]))
    return "".join(written)


def _logical_lines(text: str) -> Iterator[str]:
    """Lines with their ends, wrapped ones in one piece; a comment never goes on in the next line."""
    held = ""
    for line in _LINE.findall(text):
        held += line
        if held.startswith("#") or not _CONTINUES.search(line):
            yield held
            held = ""
    if held:
        yield held


def _path_of(line: str) -> tuple[str, bool]:
    """The menu that a line starting with `/` names, and whether it is a section header."""
    words: list[str] = []
    for word in _WRAP.sub("", line).replace("/", " ").split():
        if word in _COMMANDS and words:
            return "/" + "/".join(words), False
        if not _PATH_WORD.fullmatch(word):
            break
        words.append(word)
    return "/" + "/".join(words), "=" not in line


def _redact_line(line: str, secrets: Collection[str]) -> str:
    return _ARGUMENT.sub(lambda match: _redact_argument(match, secrets), line)


def _redact_argument(match: re.Match[str], secrets: Collection[str]) -> str:
    name, gap, value = match["name"], match["gap"], match["value"]
    if name is None:
        return match[0]
    if _hides(name, value.strip('"'), secrets):
        return f"{name}={gap}{HIDDEN}"
    if not value.startswith('"') or "=" not in value:
        return match[0]
    plain = _unwrapped(value)
    hidden = _NESTED.sub(_redact_nested, plain)
    return match[0] if hidden == plain else f"{name}={gap}{hidden}"


def _redact_nested(match: re.Match[str]) -> str:
    return f"{match['name']}={HIDDEN}" if _hides(match["name"], match["value"].strip('\\"'), ()) else match[0]


def normalise_export(text: str) -> str:
    """The export without what varies while the configuration does not, with LF line ends.

    Dropped: date and time of the header, comments inside sections (states such as `inactive time`), blanks at
    line ends, and line breaks within commands, which depend on the terminal. Kept: the rest of the header,
    and `#error`, which says that the export is incomplete.
    """
    lines: list[str] = []
    in_header = True
    for line in _logical_lines(text.replace("\r\n", "\n").replace("\r", "\n").rstrip()):
        is_comment = line.startswith("#")
        in_header = in_header and (is_comment or not line.strip())
        if in_header:
            lines.append(_HEADER_TIME.sub("# by ", line).rstrip())
        elif not is_comment:
            lines.append(_joined(line).rstrip())
        elif _ALARM.match(line):
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


def _joined(line: str) -> str:
    """A wrapped command in one piece, unless that would make a comment of it."""
    joined = _BREAK.sub(lambda wrap: wrap[1] + (" " if wrap[2] else ""), line)
    return line if joined.startswith("#") else joined


def _unwrapped(line: str) -> str:
    return _WRAP.sub(lambda wrap: " " if wrap[0].endswith("_") else "", line)


def export_checksum(text: str) -> str:
    """SHA-256 in hex of the normalised export: two exports with the same one hold the same configuration."""
    return hashlib.sha256(normalise_export(text).encode("utf-8", "surrogateescape")).hexdigest()
