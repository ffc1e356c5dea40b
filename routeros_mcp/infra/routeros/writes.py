"""Setting and unsetting properties of a row, with the spellings that RouterOS versions differ in."""

from __future__ import annotations

from collections.abc import Mapping

from routeros_mcp.domain.errors import DeviceError, OutcomeUnknown, RouterRefused
from routeros_mcp.domain.ports import Values
from routeros_mcp.infra.routeros.session import Session
from routeros_mcp.infra.routeros.wire import command


async def set_values(session: Session, path: str, item_id: str | None, values: Values) -> None:
    """Set what has a value and unset what has None: in one request, or step by step where that is refused.

    `"!name": ""` unsets in POST set (terraform-routeros relies on it); versions that do not know it call it
    an unknown parameter, which is a definite refusal, and each further try follows one.

    Raises:
        OutcomeUnknown: an answer was lost, or a later step was refused after an earlier one was done.
    """
    row = {} if item_id is None else {".id": item_id}
    given = {name: value for name, value in values.items() if value is not None}
    unset = [name for name in values if name not in given]
    try:
        await session.tell(command(path, "set", {**row, **given, **{f"!{name}": "" for name in unset}}))
    except RouterRefused as refused:
        if not _is_about(refused, unset):
            raise
        await _one_by_one(session, path, row, given, unset)


async def _one_by_one(
    session: Session, path: str, row: Mapping[str, str], given: Mapping[str, str], unset: list[str]
) -> None:
    done: list[str] = []
    try:
        if given:
            await session.tell(command(path, "set", {**row, **given}))
            done += given
        for name in unset:
            await _unset(session, path, row, name)
            done.append(name)
    except OutcomeUnknown:
        raise
    except DeviceError as error:
        if not done:
            raise
        raise session.unknown(f"has changed {', '.join(done)}, then refused: {error.message}") from error


async def _unset(session: Session, path: str, row: Mapping[str, str], name: str) -> None:
    """By the `unset` command (known on 7.23.2, refused on 7.21.4), else by the empty value."""
    try:
        await session.tell(command(path, "unset", {**row, "value-name": name}))
    except RouterRefused:
        await session.tell(command(path, "set", {**row, name: ""}))


def _is_about(refused: RouterRefused, unset: list[str]) -> bool:
    """Whether the refusal is `unknown parameter x` for one of the names to unset."""
    _, found, rest = refused.message.partition("unknown parameter")
    return bool(found) and rest.strip().lstrip("!") in unset
