"""Use cases about snapshots: the work of a job that makes one."""
