"""Model simulator: a loopback server that speaks the wire formats of model providers. See README.md."""
