"""The toy figure."""
