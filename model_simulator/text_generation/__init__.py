"""Generates the answers of a text model from word lists and sentence patterns.

Every function is pure: equal tasks with equal states of ``rng`` give equal answers.
"""

from model_simulator.text_generation.categories import write_categories
from model_simulator.text_generation.evaluate_and_rewrite import evaluate_image, rewrite_prompt
from model_simulator.text_generation.item_drafts import write_items
from model_simulator.text_generation.row_prompts import write_row_prompts

__all__ = ["evaluate_image", "rewrite_prompt", "write_categories", "write_items", "write_row_prompts"]
