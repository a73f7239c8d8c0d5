"""Input files: their format, columns, rows, and the items that rows become."""
