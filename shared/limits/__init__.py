"""What limits a run: budget, rate limiter, concurrency window, circuit breaker and retry policy."""
