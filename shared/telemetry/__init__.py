"""Telemetry: spans, metrics and log lines of the app, through the OpenTelemetry API.

```
activities ──► observed_activities ──► activity_metrics, tracing, run_log ──► instruments ──► names
triggers   ──► observed_triggers ──► tracing
           ──► unexpected_errors, flushing
services   ──► billed_calls (around the model), exporting (only if telemetry is on)
```

Without ``APPLICATIONINSIGHTS_CONNECTION_STRING`` the API's no-op providers stay in place, and nothing else is loaded;
the durable SDK loads the API anyway. Spans and metrics come from HTTP functions and activities, never from
orchestrators, which replay.

Telemetry of a run holds ids, counts, reason codes, seconds, tokens and dollars. It never holds prompts, texts of items,
keys, addresses, or messages of errors that are not ours, which may quote any of these.
"""
