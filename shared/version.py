"""The product's version; ``GET /api/health`` and the package metadata say it."""

__version__ = "1.1.0"
