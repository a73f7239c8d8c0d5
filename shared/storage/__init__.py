"""The store: paths, JSON files, and the adapters for Blob Storage and a folder."""
