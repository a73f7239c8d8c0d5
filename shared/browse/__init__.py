"""Browse: what people read of catalogs: lists, pages of items, items with their rounds, and image files."""
