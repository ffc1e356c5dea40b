"""The resources: read-only views of tools, for clients that attach context instead of calling."""

from __future__ import annotations

from routeros_mcp.surface.spec import Resource

RESOURCES: tuple[Resource, ...] = (
    Resource(
        uri_template="fleet://overview",
        name="fleet_overview",
        title="Fleet overview",
        description="What is wrong in the fleet right now, and how many devices are well.",
        tool="fleet_overview",
    ),
    Resource(
        uri_template="audit://events",
        name="audit_events",
        title="Recent audit events",
        description="The newest lines of the audit trail: who called what, on which device, how it went.",
        tool="audit_search",
    ),
    Resource(
        uri_template="device://{device}/overview",
        name="device_overview",
        title="Device overview",
        description="One registered device by name or id: address, status, facts, what it allows.",
        tool="device_get",
        arguments={"device": "device"},
    ),
    Resource(
        uri_template="device://{device}/health",
        name="device_health",
        title="Device health history",
        description="How one device has been: status, load, memory and temperature over time.",
        tool="health_history",
        arguments={"device": "device"},
    ),
    Resource(
        uri_template="plan://{plan_id}",
        name="plan",
        title="Change plan",
        description="One plan: state, risk, the difference per device, approval and expiry.",
        tool="plan_get",
        arguments={"plan_id": "plan_id"},
    ),
    Resource(
        uri_template="job://{job_id}",
        name="job",
        title="Job",
        description="One job: state, progress and the outcome per device.",
        tool="job_get",
        arguments={"job_id": "job_id"},
    ),
    Resource(
        uri_template="snapshot://{snapshot_id}",
        name="snapshot",
        title="Configuration snapshot",
        description="One stored configuration export, with secrets hidden by the router.",
        tool="snapshot_get",
        arguments={"snapshot_id": "snapshot_id"},
    ),
)
