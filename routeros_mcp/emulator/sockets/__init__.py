"""Listening sockets, shared or not, and what may be wrong with the line."""
