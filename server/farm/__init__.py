"""Units that other machines make: the coordinator's side and the workers' side (ADR 80)."""
