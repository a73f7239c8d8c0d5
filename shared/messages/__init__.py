"""Messages between triggers, orchestrators and activities. Pure."""
