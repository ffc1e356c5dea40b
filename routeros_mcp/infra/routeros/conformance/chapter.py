"""How expectations are written down: a chapter collects them, by function or as one exchange."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from routeros_mcp.infra.routeros.conformance.bench import Ask, Bench
from routeros_mcp.infra.routeros.conformance.model import Check, Expectation, Source, Tag
from routeros_mcp.infra.routeros.conformance.seen import Release, Seen

RECORDED = Source(Tag.OBSERVED, "centrs recordings, CHR 7.23.2 and 7.24rc2")
CONTRACT = Source(Tag.OBSERVED, "a lab's REST contract, CHR 7.23.7")
LIVE = Source(Tag.OBSERVED, "tik4net findings, 7.21.4 and 7.23.2")
EXPORTS = Source(Tag.OBSERVED, "141 public exports, 6.38 to 7.23.2")
QUICKCHR = Source(Tag.OBSERVED, "quickchr lab reports, CHR")
TERRAFORM = Source(Tag.OBSERVED, "terraform-routeros, in use")
FIELD = Source(Tag.OBSERVED, "public recordings of several boards")
MANUAL = Source(Tag.DOCUMENTED, "vendor manual, REST API")
MANUAL_SSH = Source(Tag.DOCUMENTED, "vendor manual, SSH")
CENTRS_SSH = Source(Tag.OBSERVED, "centrs source comments, 7.23.1")
OURS = Source(Tag.ASSUMED, "no source; what our client relies on")
OPEN = Source(Tag.ASSUMED, "sources disagree or are silent")


@dataclass(slots=True)
class Chapter:
    """The expectations about one subject; ids are `chapter.name`."""

    name: str
    needs_ssh: bool = False
    writes: bool = False
    expectations: list[Expectation] = field(default_factory=list)

    def expects(
        self, expected: str, source: Source, *, since: Release | None = None, until: Release | None = None
    ) -> Callable[[Check], Check]:
        """Declare a check; its function's name becomes the id."""

        def declare(check: Check) -> Check:
            self._add(expected, source, check, since=since, until=until)
            return check

        return declare

    def wonders(self, question: str, *, since: Release | None = None) -> Callable[[Check], Check]:
        """Declare an open question: whatever is seen is written down."""

        def declare(check: Check) -> Check:
            self._add(question, OPEN, check, since=since, is_open=True)
            return check

        return declare

    def answers(
        self, name: str, expected: str, source: Source, ask: Ask, status: int, detail: str | None = None
    ) -> None:
        """Declare one exchange that ends in the status, with exactly this detail where one is given."""

        async def exchanged(bench: Bench) -> Seen:
            return (await bench.see(ask)).judged(status, detail)

        exchanged.__name__ = name
        self._add(expected, source, exchanged)

    def _add(
        self,
        expected: str,
        source: Source,
        check: Check,
        *,
        since: Release | None = None,
        until: Release | None = None,
        is_open: bool = False,
    ) -> None:
        name = getattr(check, "__name__", "").replace("_", "-")
        self.expectations.append(
            Expectation(
                id=f"{self.name}.{name}",
                expected=expected,
                source=source,
                check=check,
                writes=self.writes,
                needs_ssh=self.needs_ssh,
                is_open=is_open,
                since=since,
                until=until,
            )
        )
