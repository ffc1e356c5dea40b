"""What a test or the lab says about one emulated router before it is switched on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from routeros_mcp.emulator.boards import BOARDS
from routeros_mcp.emulator.life import Life

Config = Mapping[str, Sequence[Mapping[str, str]]]
_CHR = "CHR"
# Until then the wireless menus were part of every router. Source: vendor changelog, 7.13.
_WIRELESS_SPLIT = (7, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A login; `group` is read, write, full or a group of the configuration."""

    name: str
    password: str
    group: str = "full"
    address: str = ""
    is_disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterSpec:
    """One router to be: identity, hardware, version, logins and configuration by menu path.

    `config` rows are in the form REST shows them; a row may carry its own `.id`. `manager_address` is the
    address the router believes its clients come from, `manager_interface` where they arrive, `manager_port`
    the bridge port behind it. `management_address` is the router's own address that its clients look for:
    addresses and routes decide about reachability only where it is given. `pace` is how
    much of a command's duration really passes: 0 lets a ping of 20 s answer at once.
    `time_scale` is how many of the router's seconds pass in one; `boot_s` is how long it takes from the
    reboot to the start of the console; `write_back_s` is how long a change may wait to be written to the
    flash; `clock_at_boot` is what its clock says then: `kept`, `saved` (as it was when it went down) or
    `1970`, by default kept on a CHR and saved on boards; `session_timeout_s` is how long a cut SSH session
    seems alive. `packages` are extra packages such as container or iot; the wireless ones come with the
    board.
    `ssh_error_status` is the exit status of a failed SSH command: sources disagree on whether it is 0.
    `life` is what it has lived through until then.
    """

    name: str
    version: str = "7.20.5"
    board: str = "CHR"
    serial: str = ""
    users: tuple[User, ...] = (User(name="admin", password="admin-password"),)
    seed: int = 0
    port: int = 0
    site: str = ""
    role: str = ""
    config: Config = field(default_factory=lambda: MappingProxyType({}))
    cap_s: float = 60.0
    pace: float = 1.0
    manager_address: str = "127.0.0.1"
    manager_interface: str = "ether1"
    manager_port: str = ""
    management_address: str = ""
    ssh_error_status: int = 0
    time_scale: float = 1.0
    boot_s: float = 0.0
    write_back_s: float = 40.0
    clock_at_boot: str = ""
    session_timeout_s: float = 540.0
    life: Life = field(default_factory=Life)
    packages: tuple[str, ...] = ()

    @property
    def is_chr(self) -> bool:
        return self.board.startswith(_CHR)

    @property
    def features(self) -> frozenset[str]:
        """Hardware traits and packages that decide which menus exist."""
        traits = {*self.packages} if self.is_chr else {*self.packages, "routerboard"}
        traits |= {"wireless", "wlan"} if self.radio == "wireless" else {self.radio} - {""}
        if self.release < _WIRELESS_SPLIT:
            traits.add("wireless")
        return frozenset(traits)

    @property
    def radio(self) -> str:
        """The kind of radio the board has: wifi, wireless or none. Models that are not listed are guessed."""
        if self.board in BOARDS:
            return BOARDS[self.board].radio
        if "ax" in self.board:
            return "wifi"
        return "wireless" if "ac" in self.board or "RB9" in self.board else ""

    @property
    def release(self) -> tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int("".join(c for c in minor if c.isdecimal()))
