"""Recipes: a name and a few arguments in, wishes out."""

from __future__ import annotations

from collections.abc import Mapping

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.planning.recipes import addressing, bridging, managing, radio, rotation, rules
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe
from routeros_mcp.domain.planning.wishes import Wish

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *managing.RECIPES,
        *addressing.RECIPES,
        *rules.RECIPES,
        *bridging.RECIPES,
        *radio.RECIPES,
        *rotation.RECIPES,
    )
}


def wishes_of(name: str, arguments: Mapping[str, object]) -> tuple[Wish, ...]:
    """Build a recipe's wishes.

    Raises:
        InvalidParams: no such recipe, an argument it does not have, one it lacks, or a value that cannot be.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise InvalidParams(f"There is no recipe {name!r}.", fix=f"Recipes: {', '.join(RECIPES)}.")
    return recipe.build(Given.of(recipe, arguments))


__all__ = ["RECIPES", "Recipe", "wishes_of"]
