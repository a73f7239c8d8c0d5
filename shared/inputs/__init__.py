"""Files of products and prompts: detect the format, map the columns, build items from rows."""
