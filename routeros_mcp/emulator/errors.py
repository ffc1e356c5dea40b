"""The refusals of a router and the HTTP statuses they travel with."""

from http import HTTPStatus


class Refusal(Exception):
    """A request the router answers with an error object.

    The object is `{"error":400,"message":"Bad Request","detail":"..."}`; 401 and 404 carry no detail.
    Source: recorded CHR 7.21.4 to 7.23.7.
    """

    def __init__(self, detail: str | None, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(detail or HTTPStatus(status).phrase)
        self.detail = detail
        self.status = int(status)

    def body(self) -> dict[str, object]:
        answer: dict[str, object] = {"error": self.status, "message": HTTPStatus(self.status).phrase}
        if self.detail is not None:
            answer["detail"] = self.detail
        return answer


def not_found() -> Refusal:
    return Refusal(None, HTTPStatus.NOT_FOUND)


def unauthorized() -> Refusal:
    return Refusal(None, HTTPStatus.UNAUTHORIZED)


def not_allowed() -> Refusal:
    """Say that the login lacks `api` or `read`. Source: recorded 7.21.4, 7.23.2."""
    return Refusal("std failure: not allowed (9)", HTTPStatus.INTERNAL_SERVER_ERROR)


def no_permission() -> Refusal:
    """Say that the command needs a policy the login lacks. Source: recorded CHR 7.23.7."""
    return Refusal("not enough permissions (9)", HTTPStatus.INTERNAL_SERVER_ERROR)


def no_resource() -> Refusal:
    return Refusal("missing or invalid resource identifier")


def no_command() -> Refusal:
    return Refusal("no such command")


def no_directory(name: str, release: tuple[int, int]) -> Refusal:
    """Say that a path leads nowhere. Source: recorded 7.2x; the first releases said 406 (old manual)."""
    status = HTTPStatus.NOT_ACCEPTABLE if release <= (7, 1) else HTTPStatus.BAD_REQUEST
    return Refusal(f"no such command or directory ({name})", status)


def failure(text: str) -> Refusal:
    return Refusal(f"failure: {text}")


def bad_value(argument: str) -> Refusal:
    return Refusal(f"invalid value for argument {argument}")


def no_match(kind: str) -> Refusal:
    return Refusal(f"input does not match any value of {kind}")


def session_closed() -> Refusal:
    """End a command at the 60 s cap, and all that waited behind it. Source: vendor manual, REST API."""
    return Refusal("Session closed")
