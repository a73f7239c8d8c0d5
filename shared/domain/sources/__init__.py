"""Sources: rows that exist already, products or prompts, read and turned into items. Pure.

``encodings`` and ``formats`` find out how an input is written; ``tables``, ``arrays`` and ``splitting`` cut it into
rows, ``values`` reads and writes one row, ``mapping`` says which column holds what, with the names in ``guesses``, and
``variants`` which rows belong to another one. ``reading`` does all of that. ``identity`` and ``changes`` find the item
of a row again. ``markup``, ``brands`` and ``categories`` clean texts, ``naming`` gives each item its file name,
``prompting`` writes its image prompt, and ``making`` makes the item, and its rows of what is published. ``writing``
lets a text model write the prompts instead. ``digests`` keeps ids in little memory.
"""
