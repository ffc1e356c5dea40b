"""What the router's web server settles itself, before any login and any menu."""

import binascii
import time
from base64 import b64decode
from http import HTTPStatus

from routeros_mcp.emulator import views
from routeros_mcp.emulator.errors import Refusal
from routeros_mcp.emulator.store import Store
from routeros_mcp.emulator.web.message import Reply, Request, refusal_reply

_BODY_MAX = 126 * 1024
_WEBFIG = Reply(status=200, body=b"<!DOCTYPE html><title>RouterOS</title>", content_type="text/html")
_NO_PAGE = Reply(status=404, body=b"<title>404</title>", content_type="text/html")
_FORBIDDEN = Reply(status=403, body=b"<title>403 Forbidden</title>", content_type="text/html")


def early(store: Store, request: Request) -> Reply | None:
    """Answer what the web server settles before any login."""
    match request.method:
        case "HEAD":
            return refusal_reply(Refusal(None, HTTPStatus.NOT_IMPLEMENTED))
        case "OPTIONS":
            return Reply(status=HTTPStatus.SERVICE_UNAVAILABLE)
    if not request.path.startswith("/rest"):
        return _WEBFIG if request.path == "/" else _NO_PAGE
    if request.method not in {"GET", "PUT", "PATCH", "DELETE", "POST"}:
        return refusal_reply(Refusal(None, HTTPStatus.NOT_IMPLEMENTED))
    return _refused_body(store, request)


def _refused_body(store: Store, request: Request) -> Reply | None:
    if len(request.body) >= _BODY_MAX:
        return Reply(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if request.body and not request.headers.get("content-type", "").startswith("application/json"):
        return Reply(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return _FORBIDDEN if _is_rest_off(store) else None


def _is_rest_off(store: Store) -> bool:
    path = "/ip/service/webserver"
    return store.has(path) and views.single(store, path)["rest-secure"] == "false"


def credentials(headers: dict[str, str] | object) -> tuple[str, str]:
    given = headers.get("authorization", "") if isinstance(headers, dict) else ""
    scheme, _, encoded = given.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = b64decode(encoded, validate=True).decode("utf-8", "replace").partition(":")
    except binascii.Error:
        return "", ""
    return user, password


def http_date(epoch_s: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(epoch_s))
