"""HTTP functions and timers: they translate between HTTP and the services in ``shared``, and decide nothing."""
