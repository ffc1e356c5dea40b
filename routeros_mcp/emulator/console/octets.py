"""Console strings are bytes; here they are text in which a byte that is no UTF-8 stands as a surrogate."""


def of(text: str) -> bytes:
    """Return the bytes of a text; half of a character that came in by JSON keeps its three bytes."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def joined(*parts: str) -> str:
    """Join texts whose ends may each be a piece of one character."""
    whole = "".join(parts)
    return whole if whole.isascii() else text(of(whole))
