"""Checks of what people type: names, addresses, tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address

from routeros_mcp.domain.errors import InvalidParams

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
_TAG_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,245}")
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*(?![0-9]+\.?$){_LABEL}\.?")
_BROADCAST = IPv4Address("255.255.255.255")
_PORT = re.compile(r"[0-9]{1,5}")
_RESERVED = {"all"}
DEFAULT_PORT = 443
_PORTS = range(1, 65_536)
_LONGEST_TAG = 255


def device_name(text: str) -> str:
    """A device name is a word that cannot be mistaken for a selector.

    Raises:
        InvalidParams: it is not.
    """
    if not _NAME.fullmatch(text) or text in _RESERVED:
        raise InvalidParams(
            f"{text!r} cannot be a device name.",
            fix="Use letters, digits, dot, dash and underscore, such as ams-edge-01.",
        )
    return text


def management_address(text: str) -> str:
    """Normalise `host`, `host:port`, `[v6]:port` to `host:port`; the port defaults to 443.

    Raises:
        InvalidParams: no such address.
    """
    host, port = _split(text.strip())
    if not _HOST.fullmatch(host) or not _PORT.fullmatch(port) or int(port) not in _PORTS:
        raise InvalidParams(
            f"{text!r} is no management address.",
            fix="Give host:port, such as 192.168.88.1:443 or [2001:db8::1]:443.",
        )
    return f"[{host}]:{int(port)}" if ":" in host else f"{host}:{int(port)}"


def ssh_port(number: int) -> int | None:
    """The port of a router's SSH service; 0 stands for none.

    Raises:
        InvalidParams: no port has this number.
    """
    if number and number not in _PORTS:
        raise InvalidParams(f"{number} is no port.", fix="Give 1 to 65535, or 0 to not use SSH.")
    return number or None


def tags(given: Mapping[str, str]) -> dict[str, str]:
    """Check tags: words as keys, short values without commas.

    Raises:
        InvalidParams: one of them is malformed.
    """
    for key, value in given.items():
        if not _TAG_KEY.fullmatch(key) or not 0 < len(value) <= _LONGEST_TAG or "," in value:
            raise InvalidParams(
                f"{key}={value} cannot be a tag.", fix="Use tags such as site=ams, without commas."
            )
    return dict(given)


def probe_address(text: str) -> str:
    """What a router may be told to probe: one IP address of one host, or a host name.

    Raises:
        InvalidParams: neither, or an address of many hosts.
    """
    try:
        address = ip_address(text)
    except ValueError:
        if _HOST_NAME.fullmatch(text):
            return text
        raise InvalidParams(
            f"{text!r} is neither an IP address nor a host name.", fix="Give 192.0.2.1 or host.example.net."
        ) from None
    if address.is_multicast or address.is_unspecified or address == _BROADCAST or "%" in text:
        raise InvalidParams(f"{text} is not the address of one host.", fix="Give a unicast address.")
    return str(address)


def source_address(text: str) -> str:
    """An IP address of the router's own.

    Raises:
        InvalidParams: it is none.
    """
    try:
        return str(ip_address(text))
    except ValueError:
        raise InvalidParams(f"{text!r} is no IP address.", fix="Give an address of the router.") from None


def routeros_name(text: str) -> str:
    """The name of an interface or VRF: anything that can be seen.

    Raises:
        InvalidParams: it holds control characters, or nothing.
    """
    if not text.isprintable() or not text.strip():
        raise InvalidParams(f"{text!r} cannot be the name of an interface or VRF.", fix="Give its name.")
    return text


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":") or str(DEFAULT_PORT)
    if text.count(":") > 1:
        return text, str(DEFAULT_PORT)
    host, _, port = text.partition(":")
    return host, port or str(DEFAULT_PORT)
