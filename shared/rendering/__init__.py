"""Pixels: inspect, convert, hash and lay out images. Pillow is imported only when it is used."""
