"""What each model is made of: processor, memory, ports, radios and sensors."""

from collections.abc import Mapping
from dataclasses import dataclass

_MEGABYTE = 1024 * 1024
_SENSORS = ("cpu-temperature", "voltage")
_RACK = ("cpu-temperature", "psu1-voltage", "psu2-voltage", "fan1-speed", "fan2-speed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One model. `radio` is wifi, wireless or nothing; `sensors` are the readings of /system/health."""

    architecture: str
    cpu: str
    cores: int
    mhz: int
    memory_bytes: int
    disk_bytes: int
    ports: tuple[str, ...]
    radio: str = ""
    radios: int = 0
    sensors: tuple[str, ...] = _SENSORS


# Architecture, processor, cores, MHz, memory MB, storage MB, copper ports, SFP ports, radios.
# Source: vendor product pages.
_TABLE = """
CHR               x86_64  Intel  2 2400  1024   128  2  -                              -
hAP ax^2          arm64   ARM64  4  864  1024   128  5  -                              wifi:2
hAP ax lite       arm     ARM    2  800   256   128  4  -                              wifi:1
hAP ac^2          arm     ARM    4  716   256    16  5  -                              wireless:2
wAP ac            arm     ARM    4  716   128    16  2  -                              wireless:2
SXTsq 5 ac        arm     ARM    4  716   256    16  1  -                              wireless:1
RB750Gr3          mmips   MIPS   4  880   256    16  5  -                              -
RB5009UG+S+       arm64   ARM64  4 1400  1024  1024  8  sfp-sfpplus1                   -
RB4011iGS+        arm     ARM    4 1400  1024   512 10  sfp-sfpplus1                   -
CRS326-24G-2S+    arm     ARM    1  800   512    16 24  sfp-sfpplus1,sfp-sfpplus2      -
CCR2004-16G-2S+   arm64   ARM64  4 1700  4096   128 16  sfp-sfpplus1,sfp-sfpplus2      -
CCR2116-12G-4S+   arm64   ARM64 16 2000 16384   128 13  sfp-sfpplus1,sfp-sfpplus2,sfp-sfpplus3,sfp-sfpplus4 -
"""
_UNKNOWN = "? arm64 ARM64 4 1000 512 128 5 - -"


def _read(line: str) -> tuple[str, Board]:
    *name, architecture, cpu, cores, mhz, memory, disk, ethers, sfps, radio = line.split()
    ports = [f"ether{number}" for number in range(1, int(ethers) + 1)]
    kind, _, count = radio.strip("-").partition(":")
    return " ".join(name), Board(
        architecture=architecture,
        cpu="MIPS 1004Kc V2.15" if architecture == "mmips" else cpu,
        cores=int(cores),
        mhz=int(mhz),
        memory_bytes=int(memory) * _MEGABYTE,
        disk_bytes=int(disk) * _MEGABYTE,
        ports=(*ports, *(sfp for sfp in sfps.split(",") if sfp != "-")),
        radio=kind,
        radios=int(count or 0),
        sensors=_RACK if " ".join(name).startswith("CCR2") else _SENSORS,
    )


BOARDS: Mapping[str, Board] = dict(_read(line) for line in _TABLE.strip().splitlines())


def board(model: str) -> Board:
    """Return what is known of a model; one that is not listed is taken for a small router."""
    return BOARDS.get(model) or _read(_UNKNOWN)[1]
