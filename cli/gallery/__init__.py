"""The gallery: a catalog as one self-contained HTML file."""
