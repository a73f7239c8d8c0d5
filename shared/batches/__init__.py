"""Calls that a provider makes in batches, within a day at half price: claimed, submitted, checked and collected."""
