"""The container: builds store, model and limits from the settings."""
