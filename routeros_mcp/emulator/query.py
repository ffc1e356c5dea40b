"""The query words of `print`: the API's stack language over rows."""

from collections.abc import Callable, Iterable, Mapping

Shown = Mapping[str, str]
_BOOLEAN = {"yes": "true", "no": "false"}


def matches_words(row: Shown, words: Iterable[str]) -> bool:
    """Evaluate query words left to right; what is left on the stack is ANDed.

    `name` has it, `-name` has it not, `name=x`, `<name=x`, `>name=x`; then `#|`, `#&`, `#!`, `#N` copy and
    `#.` work on the stack. Source: vendor manual, API. `~` matches nothing (recorded 7.21).
    """
    stack: list[bool] = []
    for word in words:
        if word.startswith("#"):
            for operation in word[1:]:
                _operate(stack, operation)
        else:
            stack.append(_operand(row, word.removeprefix("?")))
    return all(stack)


def _operate(stack: list[bool], operation: str) -> None:
    if operation == "!" and stack:
        stack.append(not stack.pop())
    elif operation in "|&" and len(stack) > 1:
        second, first = stack.pop(), stack.pop()
        stack.append(first or second if operation == "|" else first and second)
    elif operation.isdecimal() and int(operation) < len(stack):
        stack.append(stack[int(operation)])
    elif operation == "." and stack:
        stack.append(stack[-1])


def _operand(row: Shown, word: str) -> bool:
    name, equals, text = word.partition("=")
    if name.startswith("-"):
        return name[1:] not in row
    if not equals:
        return name in row and "~" not in name
    if name.startswith((">", "<")):
        return _compare(row.get(name[1:]), text, is_greater=name[0] == ">")
    return same(row.get(name.removeprefix("=")), text)


def same(held: str | None, wanted: str) -> bool:
    """Match a value exactly; booleans also as yes and no. Source: vendor manual, REST API."""
    return held is not None and (held == wanted or held == _BOOLEAN.get(wanted))


def _compare(held: str | None, wanted: str, *, is_greater: bool) -> bool:
    if held is None:
        return False
    if held.isdecimal() and wanted.isdecimal():
        return int(held) > int(wanted) if is_greater else int(held) < int(wanted)
    return held > wanted if is_greater else held < wanted


def project(row: Shown, names: Iterable[str]) -> dict[str, str]:
    wanted = set(names)
    return {key: text for key, text in row.items() if key in wanted}


def filtered(rows: Iterable[dict[str, str]], keep: Callable[[Shown], bool]) -> list[dict[str, str]]:
    return [row for row in rows if keep(row)]
