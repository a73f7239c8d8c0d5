"""Call records, and the `audit.sqlite` that is built from them."""
