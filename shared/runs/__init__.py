"""What happens to a run: request, start, status, estimate, pause, resume, recovery.

Triggers and commands call these services.
"""
