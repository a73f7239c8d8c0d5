"""What a laptop needs: the embedded durable host, the model simulator and the command line; nothing imports it."""
