"""The prompts that text and vision models get, and the requests that carry them."""
