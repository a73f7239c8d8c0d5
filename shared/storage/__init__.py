"""The store: catalogs and runs in Blob Storage (`blob`) or in a folder (`folder`), and their paths and JSON files."""
