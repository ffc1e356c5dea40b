"""Routers: the REST client and what is known of RouterOS menus."""
