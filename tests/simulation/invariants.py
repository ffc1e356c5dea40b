"""What must hold in every run, whatever happens: checked on the history and on what is left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from reliability.history import third_tries
from simulation.history import Event, Kind
from simulation.installation import PARALLEL
from simulation.running import Rows, Run

from routeros_mcp.domain.models import Change, ChangeOp, PlanDeviceDomain, PlanStatus, StepState
from routeros_mcp.domain.planning.digest import digest_of

SCHEDULER = "/system/scheduler"
_BEGUN = {"armed", "intent", "sent"}
_OPEN = _BEGUN | {"unknown"}
_AS_BEFORE = {"planned", "not_applied", "drifted", "conflict", "rolled_back"}
Check = Callable[[Run], Iterator[str]]


def violations(run: Run) -> list[str]:
    """In words, each with the name of the invariant; empty when all hold."""
    return [f"{check.__name__}: {word}" for check in INVARIANTS for word in check(run)]


def no_send_without_a_committed_intent(run: Run) -> Iterator[str]:
    attempts: Counter[object] = Counter()
    for event in run.history.of(Kind.AUDIT, Kind.SENT):
        if event.kind is Kind.AUDIT and event["result"] == "ATTEMPT":
            attempts[event["device"], event["path"]] += 1
        elif event.kind is Kind.SENT and _menu(event) == SCHEDULER:
            attempts[event["device"], SCHEDULER] -= 1
            if attempts[event["device"], SCHEDULER] < 0:
                yield event.line()
        elif event.kind is Kind.SENT and event["step"] is None:
            yield event.line()


def at_most_one_effective_write_per_step(run: Run) -> Iterator[str]:
    steps = {event["number"]: event["step"] for event in run.history.of(Kind.SENT)}
    effects = Counter(steps.get(e["number"]) for e in run.history.of(Kind.EFFECT) if _menu(e) != SCHEDULER)
    yield from (f"step {step} took effect {count} times" for step, count in effects.items() if count > 1)


def no_change_is_sent_a_third_time(run: Run) -> Iterator[str]:
    yield from third_tries(run.tables.plan_steps.values())


def what_counts_as_lost_took_no_effect(run: Run) -> Iterator[str]:
    """A second sending stands on this: the first one never happens, not even later."""
    steps = {event["number"]: event["step"] for event in run.history.of(Kind.SENT)}
    lost = {step.id for step in run.tables.plan_steps.values() if step.state is StepState.NOT_APPLIED}
    yield from (e.line() for e in run.history.of(Kind.EFFECT) if steps.get(e["number"]) in lost)


def no_write_while_another_fence_is_newer(run: Run) -> Iterator[str]:
    for event in run.history.of(Kind.SENT):
        if event["owner"] != f"process-{event['process']}":
            yield event.line()


def no_write_outside_the_approved_digest(run: Run) -> Iterator[str]:
    images = {row.device_id: row.pre_image for row in _devices(run)}
    digests = {str(event["digest"]) for event in run.history.of(Kind.PLAN)}
    if digests != {digest_of(run.plan.changes, images, run.plan.options)}:
        yield "the plan is not what was approved"
    planned = {(change.device_id, change.path) for change in run.plan.changes}
    steps = {step.id: step.change for step in run.tables.plan_steps.values()}
    for event in run.history.of(Kind.SENT):
        change = steps.get(str(event["step"]))
        if _menu(event) == SCHEDULER or change is None:
            continue
        if (event["device"], _menu(event)) not in planned or not _is_of(event, change):
            yield event.line()


def no_write_with_a_pre_image_that_differs(run: Run) -> Iterator[str]:
    """An edit that a worker has seen before its first intent keeps it from writing."""
    for edit in run.history.of(Kind.FOREIGN):
        for intent in _first_intents(run, str(edit["device"])):
            read = _last_read(run, edit, intent)
            if edit.number < read and _is_inside(run, edit):
                yield f"{edit.line()} was there when read at {read}, yet {intent.line()}"


def never_confirmed_unread(run: Run) -> Iterator[str]:
    yield from _unread(run, "confirmed")


def never_rolled_back_unread(run: Run) -> Iterator[str]:
    yield from _unread(run, "rolled_back")


def the_audit_holds_what_the_routers_got(run: Run) -> Iterator[str]:
    balance: Counter[object] = Counter()
    for event in run.history.of(Kind.AUDIT, Kind.EFFECT):
        what = (event["device"], event["path"], event["op"])
        if event.kind is Kind.EFFECT:
            verb = str(event["path"]).rpartition("/")[2]
            what = (event["device"], _menu(event), "set" if verb == "unset" else verb)
            balance[what] -= 1
        elif event["result"] == "ATTEMPT":
            balance[what] += 1
        if balance[what] < 0:
            yield event.line()


def one_pending_confirm_per_device(run: Run) -> Iterator[str]:
    yield from (event.line() for event in run.history.of(Kind.EFFECT) if _int(event["switches"]) > 1)


def waves_keep_their_limits(run: Run) -> Iterator[str]:
    wave_of = {row.device_id: row.wave or 0 for row in _devices(run)}
    states: dict[str, str] = {}
    at_work: set[str] = set()
    for event in _applying(run):
        if event.kind is Kind.PROCESS:
            at_work.clear()
            continue
        device, state = str(event["device"]), str(event["state"])
        if state in _BEGUN and states.get(device, "planned") == "planned":
            earlier = [other for other, wave in wave_of.items() if wave < wave_of[device]]
            if any(states.get(other) != "confirmed" for other in earlier):
                yield f"begun before the wave ahead was done: {event.line()}"
        states[device] = state
        at_work = at_work | {device} if state in _BEGUN else at_work - {device}
        if len(at_work) > PARALLEL:
            yield f"more than {PARALLEL} at once: {event.line()}"


def an_approval_ends_with_its_time(run: Run) -> Iterator[str]:
    before = ""
    for event in run.history.of(Kind.PLAN):
        if event["status"] == "applying" and before == "approved" and event["late"]:
            yield event.line()
        before = str(event["status"])


def locks_are_freed_or_explained(run: Run) -> Iterator[str]:
    if run.plan.status in {PlanStatus.APPLYING, PlanStatus.ROLLING_BACK}:
        yield f"the plan is still {run.plan.status}"
    yield from (
        f"job {job.id} is {job.status}" for job in run.tables.jobs.values() if not job.status.is_final
    )
    for row in _devices(run):
        if row.state in _OPEN and not row.error_message:
            yield f"{row.device_id} is {row.state} and nobody says why"
        if run.switches[row.device_id] and row.state not in _OPEN:
            yield f"{row.device_id} is {row.state} and still holds a dead-man switch"


def states_are_true(run: Run) -> Iterator[str]:
    """Where nobody else had a hand in it, the rows are what the device's state says."""
    edited = {str(event["device"]) for event in run.history.of(Kind.FOREIGN) if _touches(run, event)}
    for row in _devices(run):
        if row.device_id not in edited:
            yield from _untrue(run, row)


INVARIANTS: Sequence[Check] = (
    no_send_without_a_committed_intent,
    at_most_one_effective_write_per_step,
    no_change_is_sent_a_third_time,
    what_counts_as_lost_took_no_effect,
    no_write_while_another_fence_is_newer,
    no_write_outside_the_approved_digest,
    no_write_with_a_pre_image_that_differs,
    never_confirmed_unread,
    never_rolled_back_unread,
    the_audit_holds_what_the_routers_got,
    one_pending_confirm_per_device,
    waves_keep_their_limits,
    an_approval_ends_with_its_time,
    locks_are_freed_or_explained,
    states_are_true,
)


# -- parts -----------------------------------------------------------------------------------------------


def _menu(event: Event) -> str:
    return str(event["path"]).rpartition("/")[0]


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _devices(run: Run) -> list[PlanDeviceDomain]:
    return sorted(run.tables.plan_devices.values(), key=lambda row: row.position)


def _paths(run: Run, device: str) -> set[str]:
    return {change.path for change in run.plan.changes if change.device_id == device}


def _is_of(event: Event, change: Change) -> bool:
    """Whether the request says no more than the step's change."""
    body = json.loads(str(event["body"]) or "{}")
    given = {name.removeprefix("!") for name in body} - {
        ".id",
        "place-before",
        "destination",
        "numbers",
        "value-name",
    }
    return given <= set(change.after or {})


def _touches(run: Run, edit: Event) -> bool:
    """Whether an edit lies in a menu that the plan changes on that router: all of them are small."""
    return str(edit["path"]) in _paths(run, str(edit["device"]))


def _is_inside(run: Run, edit: Event) -> bool:
    """Whether an edit concerned a row that the plan was made on."""
    row = next(row for row in _devices(run) if row.device_id == edit["device"])
    held, images = edit["row"], [image for image in row.pre_image if image["path"] == edit["path"]]
    return isinstance(held, dict) and any(_is_row(image.get("row"), held) for image in images)


def _is_row(image: object, held: Mapping[str, str]) -> bool:
    return isinstance(image, Mapping) and all(held.get(name) == text for name, text in image.items())


def _applying(run: Run) -> Iterator[Event]:
    """The states of devices while the plan was being applied, and the processes that did it."""
    for event in run.history.of(Kind.PLAN, Kind.DEVICE, Kind.PROCESS):
        if event.kind is Kind.PLAN and event["status"] == "rolling_back":
            return
        if event.kind is not Kind.PLAN:
            yield event


def _first_intents(run: Run, device: str) -> Iterator[Event]:
    """The first intent of applying, if there is one."""
    found = (e for e in run.history.of(Kind.STEP) if e["device"] == device and e["direction"] == "apply")
    first = next((event for event in found if event["state"] == "intent"), None)
    if first is not None:
        yield first


def _last_read(run: Run, edit: Event, intent: Event) -> int:
    """When the edited menu was read the last time before the intent, by event number; -1 for never."""
    reads = [
        _int(event["began"])
        for event in run.history.of(Kind.READ)
        if event.number < intent.number and (event["device"], event["path"]) == (edit["device"], edit["path"])
    ]
    return max(reads, default=-1)


def _unread(run: Run, state: str) -> Iterator[str]:
    """Final states stored without a look at every menu on a connection newer than the last write."""
    for event in run.history.of(Kind.DEVICE):
        if event["state"] != state:
            continue
        device, events = str(event["device"]), run.history.events[: event.number]
        mine = [e for e in events if e["device"] == device]
        last = max((e.number for e in mine if e.kind is Kind.EFFECT and _menu(e) != SCHEDULER), default=-1)
        fresh = {e["connection"] for e in mine if e.kind is Kind.CONNECTED and e.number > last}
        seen = {e["path"] for e in mine if e.kind is Kind.READ and e["connection"] in fresh}
        if last >= 0 and not _paths(run, device) <= seen:
            yield f"{event.line()} read only {sorted(map(str, seen))}"


def _untrue(run: Run, row: PlanDeviceDomain) -> Iterator[str]:
    before, after = run.before[row.device_id], run.after[row.device_id]
    said = str(row.state)
    if said in _AS_BEFORE:
        yield from (f"{row.device_id} is {said}: {word}" for word in _differences(before, after))
    if said == "confirmed":
        changes = [change for change in run.plan.changes if change.device_id == row.device_id]
        yield from (f"{row.device_id} is confirmed: {word}" for word in _missing(changes, before, after))


def _differences(before: Rows, after: Rows) -> Iterator[str]:
    for path, rows in before.items():
        old, new = list(map(_line, rows)), list(map(_line, after[path]))
        if path != "/ip/firewall/filter":
            old, new = sorted(old), sorted(new)
        if old != new:
            yield f"{path} was {sorted(set(old) - set(new))}, is {sorted(set(new) - set(old))}"


def _line(row: Mapping[str, str]) -> str:
    return " ".join(f"{name}={text}" for name, text in sorted(row.items()))


def _missing(changes: Sequence[Change], before: Rows, after: Rows) -> Iterator[str]:
    """What a confirmed device does not show, or shows twice."""
    for path in {change.path for change in changes}:
        own = [change for change in changes if change.path == path]
        added = sum(1 for change in own if change.op is ChangeOp.ADD)
        removed = sum(1 for change in own if change.op is ChangeOp.REMOVE)
        is_derived = path == "/interface"  # what other menus add shows up there
        if not is_derived and len(after[path]) != len(before[path]) + added - removed:
            yield f"{path} has {len(after[path])} rows instead of {len(before[path]) + added - removed}"
    for change in changes:
        values = {name: text for name, text in (change.after or {}).items() if text is not None}
        if values and not any(_has(row, values) for row in after[change.path]):
            yield f"{change.path} shows no row with {values}"


def _has(row: Mapping[str, str], values: Mapping[str, str]) -> bool:
    return all(_plain(row.get(name, "")) == _plain(text) for name, text in values.items())


def _plain(text: str) -> str:
    return {"true": "yes", "false": "no"}.get(text, text)


def unresolved(run: Run) -> int:
    """How many devices are left to a person."""
    open_ends = {StepState.UNKNOWN, StepState.NEEDS_HUMAN, StepState.ROLLBACK_FAILED}
    return sum(1 for row in _devices(run) if row.state in open_ends)
