"""Records for the storage suites: whole ones, with a value in every field, and short ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from routeros_mcp.domain.models import (
    AuditEventDomain,
    AuditResult,
    Change,
    ChangeOp,
    CredentialDomain,
    CredentialKind,
    DeviceDomain,
    DeviceStatus,
    Environment,
    HealthCheckDomain,
    HealthStatus,
    JobDomain,
    JobStatus,
    JobType,
    PlanApprovalDomain,
    PlanDeviceDomain,
    PlanDomain,
    PlanStatus,
    PlanStepDomain,
    Risk,
    Role,
    SnapshotDomain,
    StepDirection,
    StepState,
    UserDomain,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def device(name: str = "edge-01", **values: Any) -> DeviceDomain:
    given = {"id": f"id-{name}", "management_address": "192.0.2.1:443", "environment": Environment.LAB}
    return DeviceDomain(name=name, **(given | values))


def whole_device() -> DeviceDomain:
    return device(
        status=DeviceStatus.DEGRADED,
        tags={"site": "ams", "rack": "4", 'quo"te': "ü"},
        allow_advanced_writes=True,
        allow_professional_workflows=True,
        routeros_version="7.20.1",
        system_identity="edge-01",
        hardware_model="RB5009",
        serial_number="HF1",
        software_id="ABCD-EFGH",
        firmware_variant="stable",
        license_level="5",
        last_seen_at=minutes(1),
        tls_fingerprint="ab" * 32,
        ssh_port=2222,
        ssh_host_key="SHA256:ab",
        consecutive_failures=2,
        last_health_status="warning",
        last_health_at=minutes(2),
        last_cpu_usage_percent=12.5,
        last_memory_usage_percent=99.9,
        last_temperature_celsius=-3.5,
        last_uptime_seconds=5_000_000_000,
        last_error_message="slow",
    )


def credential(key: str = "c1", **values: Any) -> CredentialDomain:
    given = {"device_id": "id-edge-01", "kind": CredentialKind.ROUTEROS_REST, "username": "api"}
    return CredentialDomain(id=key, encrypted_secret="v1.a.b.c", **(given | values))


def check(key: str, at: datetime = NOON, **values: Any) -> HealthCheckDomain:
    given = {"device_id": "id-edge-01", "status": HealthStatus.HEALTHY}
    return HealthCheckDomain(id=key, timestamp=at, **(given | values))


def snapshot(key: str, at: datetime = NOON, **values: Any) -> SnapshotDomain:
    given = {"device_id": "id-edge-01", "kind": "config", "data": b"\x00\xffzip"}
    return SnapshotDomain(id=key, timestamp=at, **(given | values))


def change(**values: Any) -> Change:
    given = {
        "device_id": "id-edge-01",
        "op": ChangeOp.SET,
        "path": "/ip/dns",
        "key": {"name": "x"},
        "before": {"servers": None},
        "after": {"servers": "1.1.1.1"},
        "position": {"comment": "next"},
    }
    return Change(**(given | values))


def plan(key: str = "p1", **values: Any) -> PlanDomain:
    return PlanDomain(id=key, **({"created_by": "ann", "tool_name": "dns_plan"} | values))


def whole_plan() -> PlanDomain:
    return plan(
        status=PlanStatus.APPROVED,
        device_ids=("id-edge-01", "id-edge-02"),
        summary="DNS",
        changes=(change(), change(op=ChangeOp.REMOVE, after=None, position=None)),
        risk=Risk.HIGH,
        risk_reasons=("touches dns",),
        digest="d" * 64,
        options={"batch": 2, "nested": {"a": [1, None]}},
        expires_at=minutes(60),
        approved_by="bob",
        approved_at=minutes(3),
        approval_expires_at=minutes(18),
        approval_consumed_at=minutes(4),
        decision_reason="fine",
        error_message="none",
    )


def approval(key: str = "a1", **values: Any) -> PlanApprovalDomain:
    given = {"plan_id": "p1", "approver": "user:bob", "role": "approver", "digest": "d" * 64}
    given |= {
        "policy_digest": "e" * 64,
        "approved_at": minutes(3),
        "expires_at": minutes(18),
        "mac": "m" * 64,
    }
    return PlanApprovalDomain(id=key, **(given | values))


def whole_approval() -> PlanApprovalDomain:
    return approval(overrides=("edge-01", "edge-02"), consumed_at=minutes(4))


def plan_device(key: str = "pd1", **values: Any) -> PlanDeviceDomain:
    return PlanDeviceDomain(id=key, **({"plan_id": "p1", "device_id": "id-edge-01", "position": 0} | values))


def whole_plan_device() -> PlanDeviceDomain:
    return plan_device(
        state=StepState.VERIFIED,
        pre_image=({".id": "*1", "servers": "9.9.9.9"}, {}),
        wave=2,
        baseline={"running": ["ether1"], "figures": {"cpu_percent": 3.0}},
        gate={"verdict": "failed", "reasons": ["link lost"]},
        job_id="j1",
        error_code="drifted",
        error_message="it drifted",
        started_at=minutes(1),
        finished_at=minutes(2),
    )


def step(key: str = "s1", **values: Any) -> PlanStepDomain:
    given = {
        "plan_id": "p1",
        "device_id": "id-edge-01",
        "sequence": 1,
        "direction": StepDirection.APPLY,
        "change": change(),
        "state": StepState.INTENT,
    }
    return PlanStepDomain(id=key, **(given | values))


def whole_step() -> PlanStepDomain:
    return step(item_id="*7", intent_at=minutes(1), settled_at=minutes(2), error_code="x", error_message="y")


def job(key: str = "j1", **values: Any) -> JobDomain:
    return JobDomain(id=key, **({"job_type": JobType.HEALTH_CHECK} | values))


def whole_job() -> JobDomain:
    return job(
        job_type=JobType.APPLY_PLAN,
        status=JobStatus.INTERRUPTED,
        plan_id="p1",
        device_ids=("id-edge-01",),
        requested_by="ann",
        attempts=1,
        max_attempts=4,
        next_run_at=minutes(5),
        progress_done=1,
        progress_total=2,
        result_summary="half",
        error_message="killed",
        owner="host:1",
        fence=3,
        cancel_requested=True,
        pause_requested=True,
        undo_requested=True,
        report={"waves": [{"wave": 1}]},
        started_at=minutes(1),
        finished_at=minutes(2),
    )


def event(sequence: int = 1, **values: Any) -> AuditEventDomain:
    given = {
        "id": f"e{sequence}",
        "timestamp": minutes(sequence),
        "user_sub": "ann",
        "user_role": "admin",
        "action": "WRITE",
        "tool_name": "plan_apply",
        "tool_tier": "professional",
        "result": AuditResult.SUCCESS,
        "sequence": sequence,
        "previous_mac": f"mac{sequence - 1}",
        "mac": f"mac{sequence}",
    }
    return AuditEventDomain(**(given | values))


def whole_event() -> AuditEventDomain:
    return event(
        user_email="ann@example.net",
        device_id="id-edge-01",
        environment="lab",
        plan_id="p1",
        job_id="j1",
        request_id="r1",
        metadata={"n": 1, "list": ["a", None]},
        error_message="50% done_",
    )


def user(name: str = "bob", **values: Any) -> UserDomain:
    given = {"id": f"u-{name}", "role": Role.APPROVER, "passphrase_hash": "$argon2id$x"}
    return UserDomain(name=name, **(given | values))


def whole_user() -> UserDomain:
    return user(email="bob@example.net", active=False, failed_attempts=3, locked_until=minutes(9))
