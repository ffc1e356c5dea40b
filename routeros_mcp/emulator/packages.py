"""Packages: what is installed, what is planned for the next start, and looking for newer versions."""

from collections.abc import Callable

from routeros_mcp.emulator.commands import Call, Command, Outcome, nothing
from routeros_mcp.emulator.errors import Refusal, failure, not_found
from routeros_mcp.emulator.hardware import packages

_CHECK_S = 0.2
_NEWEST = "7.23.2"
_MAIN = "routeros"


def check_for_updates(call: Call) -> Outcome:
    """Answer with progress frames, the last one final. Source: recorded frame shape, vendor statuses.

    The menu shows the outcome from then on.
    """
    installed = call.store.spec.version
    latest = _NEWEST if call.store.spec.release < (7, 23) else installed
    status = "System is already up to date" if latest == installed else "New version is available"
    held = call.store.single("/system/package/update")
    channel = held.values.get("channel", "stable")
    base = {"channel": channel, "installed-version": installed}
    held.values |= {"latest-version": latest, "status": status}
    return Outcome(
        content=[
            {".section": "0", **base, "status": "finding out latest version..."},
            {".section": "1", **base, "latest-version": latest, "status": status},
        ],
        takes_s=_CHECK_S,
        spoiled=_cancelled_since(call),
    )


def _cancelled_since(call: Call) -> Callable[[], Refusal | None]:
    """Tell at the end of a check whether somebody cancelled it meanwhile."""
    began = call.store.cancelled_checks
    return lambda: Refusal("update canceled") if call.store.cancelled_checks != began else None


def cancel_update(call: Call) -> Outcome:
    """End the running check of anybody. Source: recorded text of the check that was cancelled, 7.23.7."""
    call.session.need("write")
    call.store.cancelled_checks += 1
    return nothing()


def plan(change: str) -> Command:
    """Return the command that plans `enable`, `disable` or `uninstall` for a package.

    Nothing happens until `apply-changes`, before 7.18 until the next start. Source: vendor manual, Packages.
    """

    def run(call: Call) -> Outcome:
        call.session.need("write")
        for name in _named(call):
            if name == _MAIN:
                raise failure(f"can not {change} main package")
            call.store.planned[name] = change
        return nothing()

    return run


def unschedule(call: Call) -> Outcome:
    call.session.need("write")
    for name in _named(call):
        call.store.planned.pop(name, None)
    return nothing()


def apply_changes(call: Call) -> Outcome:
    """Do what is planned and start again."""
    call.session.need("write", "reboot")
    call.store.apply_packages()
    call.store.machine.reboot(call.session.user)
    return nothing()


def _named(call: Call) -> list[str]:
    keys = call.words(".id") or call.words("numbers")
    if not keys:
        raise Refusal("missing =.id=")
    names = {key: row["name"] for row in packages(call.store) for key in (row[".id"], row["name"])}
    if any(key not in names for key in keys):
        raise not_found()
    return [names[key] for key in keys]
