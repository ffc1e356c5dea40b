"""The job engine's place: a small in-process runner over the stored jobs."""
