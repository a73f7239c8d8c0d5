"""What lives in the store and how it is read and written: catalogs, runs and claims, over the Store port alone."""
