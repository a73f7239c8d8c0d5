"""What limits a run: budget, rate limiter, concurrency window, circuit breaker, retry policy."""
