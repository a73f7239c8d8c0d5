"""HTTP triggers: they translate between the HTTP contract and the app, and decide nothing else."""
