"""Rules for texts in any script: cleaning, words, sentences, collation, digests."""
