"""The activities of the app, one file each: a trigger, and a call of the service function that does the work."""
