"""Certificates: signing a template, importing a file, running out."""

import hashlib
import re

from routeros_mcp.emulator.clock import stamp
from routeros_mcp.emulator.commands import Call, Outcome, locate
from routeros_mcp.emulator.errors import Refusal, failure, no_match
from routeros_mcp.emulator.store import Row, Store

MENU = "/certificate"
_DAY_S = 86_400
_BEGIN = "-----BEGIN "
_KEY = re.compile(_BEGIN + "[A-Z ]*PRIVATE KEY")


def sign(call: Call) -> Outcome:
    """Sign a template by itself or by `ca`; answers progress frames. Source: vendor manual, Certificates.

    Raises:
        Refusal: nothing named, no such certificate, or one that is signed already.
    """
    call.session.need("write")
    keys = call.words(".id") or call.words("number") or call.words("numbers")
    if not keys:
        raise Refusal("missing =.id=")
    issuer = _issuer(call)
    for _, row in [locate(call.store, MENU, key) for key in keys]:
        if "fingerprint" in row.values:
            raise failure("certificate already signed")
        _finish(call.store, row, issuer)
        if "name" in call.arguments:
            row.values["name"] = call.text("name")
    frames = ({"progress": "signing"}, {"progress": "done"})
    return Outcome(content=[{".section": str(number), **frame} for number, frame in enumerate(frames)])


def _issuer(call: Call) -> Row | None:
    if "ca" not in call.arguments:
        return None
    found = call.store.table(MENU).find(call.text("ca"))
    if found is None or found.values.get("authority") != "true":
        raise no_match("ca")
    return found


def _finish(store: Store, row: Row, issuer: Row | None) -> None:
    began = store.local()
    digest = hashlib.sha256(f"{store.spec.name}/{row.id}/{began}".encode()).hexdigest()
    effective = store.table(MENU).effective(row)
    key_id = digest[:40]
    row.values |= {
        "fingerprint": digest,
        "invalid-after": stamp(began + int(effective["days-valid"]) * _DAY_S),
        "invalid-before": stamp(began),
        "issuer": f"CN={(row if issuer is None else issuer).values.get('common-name', '')}",
        "private-key": "true",
        "serial-number": digest[40:56].upper(),
        "signed-at": str(store.clock.steady()),
        "skid": key_id,
        "trusted": "true",
    }
    if issuer is None:
        is_authority = "key-cert-sign" in effective["key-usage"].split(",")
        row.values |= {"authority": "true"} if is_authority else {}
    else:
        row.values |= {"akid": issuer.values["skid"], "ca": issuer.values["name"], "issued": "true"}


def import_file(call: Call) -> Outcome:
    """Take certificate and key from an uploaded file. Source: recorded reply.

    Raises:
        Refusal: `file-name` missing, or no such file.
    """
    call.session.need("write")
    if "file-name" not in call.arguments:
        raise Refusal("missing =file-name=")
    held = call.store.table("/file").find(call.text("file-name"))
    if held is None:
        raise failure("file not found")
    text = held.values.get("contents", "")
    certificates, keys = text.count(f"{_BEGIN}CERTIFICATE"), len(_KEY.findall(text))
    stem = call.text("name") or call.text("file-name")
    for number in range(certificates):
        _imported(call.store, f"{stem}_{number}", has_key=number < keys)
    counts = {
        "certificates-imported": certificates,
        "decryption-failures": 0,
        "files-imported": 0,
        "keys-with-no-certificate": max(0, keys - certificates),
        "private-keys-imported": min(keys, certificates),
    }
    return Outcome(content=[{name: str(count) for name, count in counts.items()}])


def _imported(store: Store, name: str, *, has_key: bool) -> None:
    row = Row(store.next_number(MENU), {"common-name": name, "name": name})
    store.table(MENU).rows.append(row)
    _finish(store, row, None)
    del row.values["signed-at"]
    if not has_key:
        del row.values["private-key"]
