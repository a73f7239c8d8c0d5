"""Sign-in without keys: credentials, tokens, and what their errors mean."""
