"""Adapters: the SDKs behind the ports. Only `shared.wiring` imports them, when they are first used."""
