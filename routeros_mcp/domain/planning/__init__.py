"""Pure functions over changes: what would change, what undoes it, how risky it is, how it is shown."""
