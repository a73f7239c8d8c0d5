"""Sign-in without keys: credentials and their tokens."""
