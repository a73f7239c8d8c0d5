"""The product: services per feature, which triggers, activities and commands call, and the adapters behind them.

``config`` alone reads the environment, and ``services`` alone chooses adapters. The import contracts in
``pyproject.toml`` list the modules that are pure.
"""
