"""Text in any language: cleaning, comparing, counting words and sentences. Pure."""
