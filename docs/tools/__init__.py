"""Development tools for the documents: the prose check and the generators of reference pages."""
