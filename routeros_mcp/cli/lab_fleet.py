"""The lab's routers: made, switched on, registered and tested, and then broken where it was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from routeros_mcp.domain.errors import InvalidParams, SetupError

if TYPE_CHECKING:
    from routeros_mcp.app import App
    from routeros_mcp.cli.lab_plan import LabPlan
    from routeros_mcp.emulator import Fleet, Router, RouterSpec, Wanted

_AT_ONCE = 16
_TIMEOUT_S = 300.0
_MANY = 50

Step = Callable[[int], None]


def read_faults(words: Sequence[str]) -> list[Wanted]:
    """The faults that were asked for.

    Raises:
        InvalidParams: one that there is not, or an argument that it does not take.
    """
    from routeros_mcp.emulator import BadFault, wanted

    try:
        return [wanted(word) for word in words]
    except BadFault as error:
        raise InvalidParams(str(error), fix="List them: routeros-mcp lab --faults list.") from error


def make_specs(plan: LabPlan) -> list[RouterSpec]:
    """The routers of the plan and the spare one.

    Raises:
        InvalidParams: too many or too few, another kind of fleet, or a fault for routers that there are not.
    """
    from routeros_mcp.emulator import make_fleet

    try:
        specs = make_fleet(plan.fleet, plan.routers + int(plan.spare), plan.seed)
    except ValueError as error:
        raise InvalidParams(str(error), fix="See routeros-mcp lab --help.") from error
    for fault in read_faults(plan.faults):
        if not any(fnmatchcase(spec.name, fault.routers) for spec in specs):
            raise InvalidParams(
                f"No router is named like {fault.routers!r}.",
                fix=f"Their names are like {specs[0].name} and {specs[-1].name}.",
            )
    return specs


@contextmanager
def sockets_explained() -> Iterator[None]:
    """Turn the emulator's word about too few open files into one about the installation."""
    from routeros_mcp.emulator import TooFewFiles

    try:
        yield
    except TooFewFiles as error:
        raise SetupError(str(error), fix="Raise the limit of open files, or take fewer routers.") from error


async def register_all(app: App, fleet: Fleet, plan: LabPlan) -> None:
    """Register and test every router but the spare one, several at a time; with many, show how far it is."""
    from routeros_mcp.domain.fanout import fan_out

    routers = list(fleet)[: plan.routers]
    with _progress(len(routers)) as step:
        outcomes = await fan_out(
            routers,
            lambda router: _register(app, router),
            workers=_AT_ONCE,
            timeout_s=_TIMEOUT_S,
            done=_counting(step),
        )
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error


def break_some(fleet: Fleet, plan: LabPlan) -> list[str]:
    """Switch the faults on and say at how many routers: after registering, so that all were known once."""
    return [
        f"{fault.kind.name} at {fault.switch_on(fleet)} of {len(fleet)} routers: {fault.kind.does}"
        for fault in read_faults(plan.faults)
    ]


async def _register(app: App, router: Router) -> None:
    from routeros_mcp.domain.device_service import Registration
    from routeros_mcp.domain.models import Environment, Login, Secret

    spec = router.spec
    device = await app.services.devices.register(
        Registration(
            name=spec.name,
            management_address=router.address,
            environment=Environment.LAB,
            tags={"site": spec.site, "role": spec.role},
            allow_advanced_writes=True,
            allow_professional_workflows=True,
            ssh_port=router.ssh.port,
            login=Login(username=router.username, password=Secret(router.password)),
        )
    )
    await app.services.devices.test(device)


def _counting(step: Step) -> Callable[[object], Awaitable[None]]:
    async def done(_outcome: object) -> None:
        step(1)

    return done


@contextmanager
def _progress(count: int) -> Iterator[Step]:
    """A bar on a terminal; few routers are registered before anybody could read one."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("Registering routers"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    is_hidden = count < _MANY or not console.is_terminal
    with Progress(*columns, console=console, disable=is_hidden, transient=True) as progress:
        task = progress.add_task("", total=count)
        yield lambda many: progress.advance(task, many)
