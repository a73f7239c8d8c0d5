"""Images of items: metadata, rounds, promotion, thumbnails, placeholders."""
