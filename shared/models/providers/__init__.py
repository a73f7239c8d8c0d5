"""Adapters of the model ports, one module per provider: azure, openai_model, gemini, compatible, fal.

`responses_model` and `chat_model` hold the two wires for text, `image_call` the wire for images. Errors of all
providers become ModelErrors through `error_reasons` (status, codes and words to a reason code), `rate_limit_headers`
(how long to wait after a 429) and `model_call` (the message).
"""
