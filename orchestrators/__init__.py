"""Durable orchestrators: they decide, are pure and replayable, and import only pure modules."""
