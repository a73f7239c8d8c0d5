"""The simulator's writer: what a text model would answer, offline, out of word lists and sentence patterns.

Every function is pure: an equal task with an equal state of ``rng`` gives an equal answer.
"""

from local.simulator.writing.categories import write_categories
from local.simulator.writing.items import write_items
from local.simulator.writing.reviews import evaluate_image, rewrite_prompt
from local.simulator.writing.rows import write_row_prompts

__all__ = ["evaluate_image", "rewrite_prompt", "write_categories", "write_items", "write_row_prompts"]
