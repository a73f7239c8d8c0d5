"""Services for runs, called by triggers and commands: start, estimate, list, cancel, resume, repair, recover."""
