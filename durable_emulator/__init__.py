"""A durable host for one machine: runs the app's own functions without Azure."""
