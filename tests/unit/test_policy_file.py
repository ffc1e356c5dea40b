"""The policy file: read whole, or refused with the line, the field and what was probably meant."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routeros_mcp.domain.errors import SetupError
from routeros_mcp.domain.models import Environment, Risk
from routeros_mcp.domain.planning.policies import BUILT_IN, ApprovalPolicy, AtOnce
from routeros_mcp.infra.policy_file import load_policy

GUIDE = Path(__file__).parents[2] / "docs/guide/approvals.md"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text)
    path.chmod(0o644)
    return path


def loaded(folder: Path, text: str) -> ApprovalPolicy:
    return load_policy(written(folder, text))


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(SetupError) as caught:
        loaded(folder, text)
    return caught.value.message.replace(str(folder), "")


def ruled(require: str = "{approvers: 1}", when: str = "{}") -> str:
    return f"rules:\n  - name: x\n    when: {when}\n    require: {require}\n"


def test_without_a_file_the_built_in_policy_holds() -> None:
    assert load_policy(None) is BUILT_IN


def test_the_example_of_the_guide_is_read_as_the_guide_says(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    policy = loaded(tmp_path, example)
    production, core, firewalls, undone = policy.rules
    assert policy.at_once is AtOnce.LAB
    assert (production.match.environments, production.demand.approvers) == ({Environment.PROD}, 2)
    (window,) = production.demand.windows
    assert (window.days, window.start_min, window.end_min) == ({1, 2, 3}, 1_320, 300)
    (freeze,) = production.demand.freezes
    assert freeze.starts == datetime(2026, 12, 18, tzinfo=AMSTERDAM)
    assert freeze.ends == datetime(2027, 1, 5, tzinfo=AMSTERDAM)
    assert (production.demand.caps.per_plan, production.demand.caps.per_day) == (50, 200)
    assert core.match.tags == {"role": {"core", "border"}}
    assert (core.demand.among, core.demand.caps.per_tag) == ({"ben", "carla", "dan"}, {"site": 1})
    assert (firewalls.match.devices, firewalls.demand.risk) == (5, Risk.EXTREME)
    assert undone.match.irreversible


def test_the_digest_tells_policies_apart_and_not_their_comments(tmp_path: Path) -> None:
    first = loaded(tmp_path, ruled())
    assert loaded(tmp_path, f"# why\n{ruled()}").digest == first.digest
    assert loaded(tmp_path, ruled("{approvers: 2}")).digest != first.digest
    assert first.digest != BUILT_IN.digest


def test_times_without_quotes_are_read_as_they_are_meant(tmp_path: Path) -> None:
    for text in ("{from: 22:00, to: 05:00}", '{from: "22:00", to: "05:00"}'):
        (rule,) = loaded(tmp_path, ruled(f"{{windows: [{text}]}}")).rules
        (window,) = rule.demand.windows
        assert (window.start_min, window.end_min, len(window.days)) == (1_320, 300, 7)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file: a mapping of names and values is expected"),
        ("rules: [approvers]", 1, "rules.0: a mapping of names and values is expected"),
        ("rules: [", 1, "not YAML"),
        ("rulse: []", 1, "rulse: no such field; did you mean rules?"),
        ("rules: []\nrules: []\n", 1, "rules: given twice"),
        ("low_risk_at_once: always", 1, "'everywhere', 'lab' or 'never'"),
        ("time_zone: Europe/Amsterdm", 1, "no IANA time zone; did you mean Europe/Amsterdam"),
        (ruled(when="{enviroments: prod}"), 3, "rules.0.when.enviroments: no such field; did you mean env"),
        (ruled(when="{environments: production}"), 3, "'lab', 'staging' or 'prod' (it is 'production')"),
        (ruled(when="{paths: /ip/firewal}"), 3, "no known menu; the nearest are /ip/firewall"),
        (ruled(when="{tags: {country: no}}"), 3, "rules.0.when.tags.country"),
        (ruled(when="{devices: 0}"), 3, "greater than or equal to 1"),
        (ruled("{}"), 4, "the rule demands nothing"),
        (ruled("{approvers: 0}"), 4, "rules.0.require.approvers: Input should be greater than or equal to 1"),
        (ruled("{approvers: yes}"), 4, "valid integer"),
        (ruled("{approvers: 2, approved_by: [ben, 'user:Ben']}"), 4, "2 approvers are needed and 1 named"),
        (ruled("{approved_by: []}"), 4, "at least 1 item"),
        (ruled("{roles: [admin]}"), 4, "no role that may approve: there is approver"),
        (ruled("{risk: none}"), 4, "'low', 'medium', 'high' or 'extreme'"),
        (ruled("{windows: [{days: [monday]}]}"), 4, "'mon', 'tue'"),
        (ruled("{windows: [{from: 22}]}"), 4, "not a time of day"),
        (ruled('{windows: [{from: "25:00"}]}'), 4, "not a time of day"),
        (ruled('{windows: [{from: "06:00", to: "06:00"}]}'), 4, "no length"),
        (ruled("{freezes: [{from: 2026-12-20}]}"), 4, "rules.0.require.freezes.0.to: Field required"),
        (ruled("{freezes: [{from: 2026-12-20, to: 2026-12-19}]}"), 4, "ends before it begins"),
        (ruled("{devices_per_plan: -1}"), 4, "greater than or equal to 1"),
        ("rules:\n  - {name: x, require: {risk: low}}\n  - {name: x, require: {risk: low}}", 1, "two rules"),
        ("rules:\n  - name: x\n", 2, "rules.0.require: Field required"),
        ("a: &a [*a]\n", 1, "a: no such field"),
        ("!!python/object/apply:os.system [ls]", 1, "not YAML"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_field(tmp_path: Path, text: str, line: int, words: str) -> None:
    told = refusal(tmp_path, text)
    assert f"is not valid, line {line}: " in told
    assert words in told


def test_a_file_that_is_not_there_or_that_others_may_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read: No such file"):
        load_policy(tmp_path / "none.yaml")
    path = written(tmp_path, ruled())
    path.chmod(0o664)
    with pytest.raises(SetupError, match="Others may write") as caught:
        load_policy(path)
    assert caught.value.fix == f"chmod go-w {path}"
    path.chmod(0o644)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SetupError, match="not UTF-8"):
        load_policy(path)
