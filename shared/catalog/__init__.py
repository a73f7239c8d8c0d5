"""A catalog's items, categories and prompts: rules, planning, files, publishing."""
