"""The product's core: the pure domain, the ports it needs, and the adapters behind them.

Pure (no SDK, no IO, no clock): ``requests``, ``items``, ``rules``, ``planning``, ``prompts``, ``themes``,
``reasons``, ``names``, ``prices``. Ports: ``ports``. Adapters: ``store_folder``, ``store_blob``, ``model_openai``.
``config`` alone reads the environment, ``wiring`` alone puts adapters behind ports.
"""
