"""Prompts to models: the instructions, and the task of each call. Pure."""
