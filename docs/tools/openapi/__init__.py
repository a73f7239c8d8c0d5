"""The OpenAPI document: built from the table of HTTP operations, the models of requests and answers, and examples."""
