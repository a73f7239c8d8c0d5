"""The command line, ``seeder``: one file per command in ``commands/``.

```
main ──► commands/, options, request_options      light, so that --help is fast
  └────► error_conversion ──► errors              every failure is one line and an exit status
commands/ ──► start_and_follow, call_app, run_readers      what several commands share
                  ├──► local_app                  the app in a durable emulator in this process
                  ├──► app_client                 the HTTP functions of an app, here or deployed
                  └──► follow_run ──► progress_display, run_output
```
"""
