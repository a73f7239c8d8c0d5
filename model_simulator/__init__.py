"""The model simulator: a loopback server that speaks Azure OpenAI's wire, so that everything runs offline.

``running`` starts it inside a test, ``process`` beside the command line, ``command`` in the foreground.
"""
