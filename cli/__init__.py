"""The command line: ``seeder run|serve|simulate|repair|prune|publish|status|watch|cancel``.

```
main ──► app, options                     what can be typed; light, so that --help is quick
  └────► explain ──► errors               every failure is one line and an exit status
app ──► seeding, catalogs, serving, runs  what the commands do (imported when a command runs)
             │
             ├──► local_app ──► environment, folder   the app in an embedded host of this process
             ├──► api                                 the app's HTTP functions, here or deployed
             ├──► records                             the store, read without any host
             └──► follow ──► progress, results        what people and programs get to see
```
"""
