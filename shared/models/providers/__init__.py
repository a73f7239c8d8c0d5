"""Adapters of the model ports: OpenAI, Azure OpenAI, compatible servers, Gemini, FAL."""
