"""What orchestrators, activities and services exchange: small, serializable, without items and images. Pure.

Every orchestrator and activity takes one message and returns one. An absent field takes its default and an unknown one
is ignored, so that a message of the version before is still understood while a new version is deployed.
"""
