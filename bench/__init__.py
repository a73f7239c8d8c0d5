"""Long measurements: ``make bench``. They print figures and judge nothing; tests do that."""
