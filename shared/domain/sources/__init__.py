"""Sources: rows that somebody has already, products or prompts, read and turned into items. Pure.

``splitting`` cuts a text into rows, ``values`` reads and writes one row, ``mapping`` says which column holds what, and
``reading`` checks rows with them. ``naming`` gives each item its file name, ``prompting`` writes its image prompt, and
``making`` makes the item, and its rows of what is published. ``writing`` lets a text model write the prompts instead.
``digests`` keeps ids in little memory.
"""
