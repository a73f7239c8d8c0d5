"""Model providers: ports, billed calls, prices, tokens."""
