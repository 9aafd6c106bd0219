"""Training recipes by data set and name: `recipes.recipe("mnist", "quick")`.

`workbook train` runs them and `workbook bench train` measures them. For the recipes of the classic papers see
`workbook.architectures.paper_recipes`.
"""

from workbook.training.recipes import cifar10, mnist, movie_reviews, spoken_digit
from workbook.training.recipes.definition import Examples, Recipe, Target

__all__ = ["BUDGETS", "RECIPES", "Examples", "Recipe", "Target", "names", "recipe"]

RECIPES: dict[tuple[str, str], Recipe] = {
    (entry.data, entry.name): entry
    for entry in (
        mnist.QUICK,
        mnist.ACCURATE,
        mnist.SMALL,
        cifar10.QUICK,
        cifar10.HALF,
        cifar10.FULL,
        spoken_digit.QUICK,
        movie_reviews.QUICK,
    )
}
# The recipe for a budget if no name is given; "quick" if the pair is not listed.
BUDGETS = {("mnist", "full"): "accurate", ("cifar10", "full"): "full"}


def names(data: str | None = None) -> tuple[str, ...]:
    """List the data sets that have recipes, or the names of one data set's recipes."""
    if data is None:
        return tuple(dict.fromkeys(key[0] for key in RECIPES))
    return tuple(name for data_set, name in RECIPES if data_set == data)


def recipe(data: str, name: str | None = None, *, budget: str = "quick") -> Recipe:
    """Return a recipe by name, or the recipe for a budget, "quick" or "full"; ValueError if there is none."""
    if data not in names():
        raise ValueError(f"data must be one of {', '.join(names())}. Received: data={data!r}")
    if budget not in ("quick", "full"):
        raise ValueError(f'budget must be "quick" or "full". Received: budget={budget!r}')
    chosen = name or BUDGETS.get((data, budget), "quick")
    if (data, chosen) not in RECIPES:
        choices = ", ".join(names(data))
        raise ValueError(f"recipe must be one of {choices} for {data}. Received: recipe={chosen!r}")
    return RECIPES[data, chosen]
