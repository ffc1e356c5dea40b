"""Menu tables by area, and the registry that lays them over the whole menu tree."""
