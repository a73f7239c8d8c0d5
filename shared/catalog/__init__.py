"""A catalog: items, rules, planning, batches, publishing, pruning."""
