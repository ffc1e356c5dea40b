"""Where each behaviour comes from."""
