"""The outside world behind the domain's ports: databases, routers, keys, time."""
