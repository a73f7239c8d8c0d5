"""Durable activities: one job each; every one looks for its own earlier result before it pays."""
