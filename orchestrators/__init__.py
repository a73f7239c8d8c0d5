"""Durable orchestrators: pure, replayable decisions. They import only pure modules."""
