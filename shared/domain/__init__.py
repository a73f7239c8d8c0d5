"""The pure part: no SDK, no IO, no clock, no environment. Everything here can be tested by calling it."""
