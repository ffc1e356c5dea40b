"""The report as a page that can be attached to a bug report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from routeros_mcp.infra.routeros.conformance.model import Finding, Report, Verdict

_HEADINGS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.DIFFERS: ("Differences", "What the router did is not what the client expects."),
    Verdict.OBSERVED: ("Observations", "Open questions: what was seen is neither right nor wrong."),
    Verdict.NOT_TRIED: ("Could not be tried", ""),
    Verdict.NOT_APPLICABLE: ("Not applicable", ""),
    Verdict.AGREES: ("Agreements", ""),
}
_LEFT_OUT = (
    "Left out on purpose: passwords, serial numbers and software ids, names of users and of the router, "
    "addresses other than those made for documentation, MAC addresses, fingerprints, and every value of the "
    "configuration."
)


def summary(report: Report) -> str:
    """The verdicts in one line."""
    counts = {
        "agree": report.count(Verdict.AGREES),
        "differ": report.count(Verdict.DIFFERS),
        "observed": report.count(Verdict.OBSERVED),
        "not applicable": report.count(Verdict.NOT_APPLICABLE),
        "could not be tried": report.count(Verdict.NOT_TRIED),
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def as_markdown(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def as_payload(report: Report) -> dict[str, object]:
    """The report as plain data."""
    return {
        "summary": summary(report),
        **dict(_about(report)),
        "wrote": report.wrote,
        "broken_off": report.broken_off,
        "leftovers": list(report.leftovers),
        "findings": [
            {
                "id": one.id,
                "verdict": str(one.verdict),
                "expected": one.expected,
                "seen": one.seen,
                "tag": one.tag,
                "source": one.source,
                "duration_ms": round(one.duration_ms, 1),
            }
            for one in report.findings
        ],
    }


def _about(report: Report) -> Iterator[tuple[str, str]]:
    subject = report.subject
    yield "routeros", subject.version
    yield "architecture", subject.architecture
    yield "board", subject.board
    yield "board_kind", subject.kind
    yield "routeros_mcp", report.our_version
    yield "made_at", report.made_at.isoformat(timespec="seconds")
    yield "transports", ", ".join(report.transports)


def _lines(report: Report) -> Iterator[str]:
    yield f"# RouterOS {report.subject.version}: what routeros-mcp expects, and what it found"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, value in _about(report):
        yield f"| {name.replace('_', ' ')} | {_cell(value)} |"
    yield f"| scratch writes | {'yes, removed afterwards' if report.wrote else 'no: read only'} |"
    yield ""
    yield f"**{summary(report)}.**"
    yield ""
    yield _LEFT_OUT
    yield from _warnings(report)
    for verdict, (heading, about) in _HEADINGS.items():
        yield from _section(heading, about, report.of(verdict))


def _warnings(report: Report) -> Iterator[str]:
    if report.broken_off:
        yield ""
        yield f"**The run was broken off:** {_cell(report.broken_off)}"
    if report.leftovers:
        yield ""
        yield "**Not removed.** Run on the router:"
        yield ""
        yield from (f"- `{command}`" for command in report.leftovers)


def _section(heading: str, about: str, findings: Sequence[Finding]) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield f"## {heading}"
    if about:
        yield ""
        yield about
    yield ""
    yield "| id | expected | the router | known from | ms |"
    yield "| --- | --- | --- | --- | ---: |"
    for one in findings:
        known = f"{one.tag}: {one.source}"
        cells = (f"`{one.id}`", _cell(one.expected), _cell(one.seen), _cell(known), f"{one.duration_ms:.0f}")
        yield f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text that neither ends its cell nor means anything to Markdown."""
    for character in "\\`*_|<>[]#":
        text = text.replace(character, f"\\{character}")
    return text
