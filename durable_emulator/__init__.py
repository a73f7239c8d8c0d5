"""Durable emulator: runs the functions of an Azure Durable Functions app on one machine. See README.md."""
