"""Long measurements: ``make bench``. They print figures and judge nothing; tests do that.

Each case is a load, put on a fresh process (the app on its embedded host, or a plain script) against the model
simulator in another one. `cases` lists them, `measure` runs one, `report` writes what ``docs/performance.md`` shows.
"""
