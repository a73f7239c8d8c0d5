"""Telemetry: spans, metrics and log lines of the app, through the OpenTelemetry API.

```
activities ──► observed_activities ──► tracing, instruments, run_log ──► names
triggers   ──► observed_requests   ──► tracing
           ──► surprises, flushing
wiring     ──► paid_calls (around the model), exporting (only where telemetry is on)
```

Without ``APPLICATIONINSIGHTS_CONNECTION_STRING`` the API's own no-op providers stay in place, and nothing else is
loaded: the durable SDK loads the API anyway. Spans and metrics come from HTTP functions and activities, never from
orchestrators, which replay.

What is told of a run: ids, counts, reason codes, seconds, tokens, dollars. What never is: prompts, texts of items,
keys, addresses, and messages of errors that are not ours, which may quote any of these.
"""
