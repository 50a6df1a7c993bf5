"""Where a new instance goes: by which rules, and why nowhere else."""
