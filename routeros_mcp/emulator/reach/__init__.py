"""Whether packets of the manager reach the router and its answers the manager."""
