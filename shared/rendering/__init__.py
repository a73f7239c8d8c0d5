"""Image files: inspect, convert, hash, and render contact sheets and placeholders. Pillow is imported on first use."""
