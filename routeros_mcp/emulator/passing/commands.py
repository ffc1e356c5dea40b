"""Commands that start a router over, save and load it, take changes back, or wait for its button."""

from collections.abc import Mapping

from routeros_mcp.emulator import device_mode, hardware, operations, views
from routeros_mcp.emulator.arguments import unknown_parameter
from routeros_mcp.emulator.commands import FOREVER, Call, Command, Outcome, nothing
from routeros_mcp.emulator.errors import Refusal, failure
from routeros_mcp.emulator.expiry import seconds
from routeros_mcp.emulator.passing import backup
from routeros_mcp.emulator.values import canonical, canonical_duration, canonical_enum

_FILES = "/file"
_APPLY_SINCE = (7, 18)
_SAVE_WORDS = frozenset({"dont-encrypt", "encryption", "name", "password"})
_LOAD_WORDS = frozenset({"force-v6-to-v7-configuration-upgrade", "name", "password"})
# Source: public recipes of dead-man switches; which of these a load really needs is assumed.
_LOAD_POLICIES = ("ftp", "password", "policy", "read", "reboot", "sensitive", "test", "write")
_ACTIVATION_US = (10_000_000, 86_400_000_000)
_MODE_WORDS = frozenset({"activation-timeout", "flagging-enabled", "flagged", "mode"})


def reboot(call: Call) -> Outcome:
    """Start over after the answer; packages planned before 7.18 change then. Source: vendor manual."""
    call.session.need("reboot")
    if call.store.spec.release < _APPLY_SINCE:
        call.store.apply_packages()
    call.store.planned.clear()
    call.store.machine.reboot(call.session.user)
    return nothing()


def save_backup(call: Call) -> Outcome:
    """Write the configuration to a binary file. Source: vendor manual, backup; refusals are assumed."""
    call.session.need("ftp", "read", "write")
    _check(call, _SAVE_WORDS)
    store = call.store
    password = "" if call.text("dont-encrypt", "no") in {"yes", "true"} else call.text("password")
    content = backup.save(store, password, int(store.clock.wall() * 1000))
    if int(hardware.resource(store)["free-hdd-space"]) < len(content):
        raise failure("not enough disk space")
    name = call.text("name") or _dated_name(call)
    name = name.removesuffix(backup.SUFFIX) + backup.SUFFIX
    row = store.table(_FILES).find(name) or operations.add(store, _FILES, {"name": name})
    row.values |= {"contents": content.decode("utf-8", "surrogateescape"), "last-modified": store.stamp()}
    store.written[row.number] = store.clock.steady()
    return nothing()


def _dated_name(call: Call) -> str:
    date, _, time_of_day = call.store.stamp().partition(" ")
    name = views.single(call.store, "/system/identity")["name"]
    return f"{name}-{date.replace('-', '')}-{time_of_day.replace(':', '')[:4]}"


def load_backup(call: Call) -> Outcome:
    """Restore a backup and start over; a script that names no password waits for an answer for ever.

    Source: vendor manual, backup; public findings on dead-man switches.
    """
    call.session.need(*_LOAD_POLICIES)
    _check(call, _LOAD_WORDS)
    if "name" not in call.arguments:
        raise Refusal("missing =name=")
    if "password" not in call.arguments and call.session.is_unattended:
        return Outcome(content=[], takes_s=FOREVER)
    files = call.store.table(_FILES)
    row = files.find(call.text("name")) or files.find(call.text("name") + backup.SUFFIX)
    if row is None:
        raise failure("backup file not found")
    content = row.values.get("contents", "").encode("utf-8", "surrogateescape")
    try:
        body = backup.opened(content, call.text("password"))
    except backup.Unreadable:
        raise failure("wrong password or corrupt backup file") from None
    call.store.machine.reboot(call.session.user, body)
    return nothing()


def _check(call: Call, words: frozenset[str]) -> None:
    for name in call.arguments:
        if name not in words:
            raise unknown_parameter(name)


def update_device_mode(call: Call) -> Outcome:
    """Wait for a person at the button, blocking whoever asks anything. Source: live 7.21.4; vendor manual."""
    call.session.need("write", "policy")
    shown = views.single(call.store, "/system/device-mode")
    _check(call, _MODE_WORDS | shown.keys())
    timeout = call.text("activation-timeout", "5m")
    timeout = canonical_duration("activation-timeout", timeout, _ACTIVATION_US)
    asked = {name: text for name, text in call.strings().items() if name != "activation-timeout"}
    wanted = {name: _mode(name, text) for name, text in asked.items()}
    call.store.machine.change_mode(wanted, seconds(timeout))
    return Outcome(content=[], takes_s=FOREVER)


def _mode(name: str, text: str) -> str:
    if name == "mode":
        return canonical_enum(name, text, device_mode.modes())
    return canonical("bool", name, text)


def undo(call: Call) -> Outcome:
    call.session.need("write")
    action = call.store.journal.undo()
    if action is None:
        raise failure("nothing to undo")
    call.store.machine.changed(action.path)
    return nothing()


def redo(call: Call) -> Outcome:
    call.session.need("write")
    action = call.store.journal.redo()
    if action is None:
        raise failure("nothing to redo")
    call.store.machine.changed(action.path)
    return nothing()


def no_session(_call: Call) -> Outcome:
    """Refuse safe mode where no session could hold it. Source: vendor manual; the text is assumed."""
    raise failure("safe mode is not available in this session")


COMMANDS: Mapping[str, Command] = {
    "/redo": redo,
    "/safe-mode/release": no_session,
    "/safe-mode/take": no_session,
    "/safe-mode/toggle": no_session,
    "/safe-mode/unroll": no_session,
    "/system/backup/load": load_backup,
    "/system/backup/save": save_backup,
    "/system/device-mode/update": update_device_mode,
    "/system/reboot": reboot,
    "/undo": undo,
}
