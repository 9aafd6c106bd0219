"""An entry to a league as plain values: the plan of a network, and the settings with which it is trained.

What a recipe may say is the table below. Everything else is refused in one sentence: a recipe has no code.
"""

from dataclasses import dataclass, fields
from typing import Any

from workbook.league.network import (
    NetworkPlan,
    NotTakenError,
    Reader,
    _NotAllowedError,
    _shown,
    choice,
    number,
    read_plan,
    whole,
)
from workbook.league.standings import League, league_named

__all__ = ["RECIPE", "LeagueEntry", "NotTakenError", "Settings", "read_entry", "read_settings"]

OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "triangle")
VIEWS = ("plain", "flip", "shift", "flip and shift")

# What a recipe may say: each setting, what it may be, and its value if the recipe says nothing.
RECIPE: dict[str, tuple[Reader, Any]] = {
    "epochs": (whole(1, 200), 1),
    "batch_size": (whole(8, 2000), 100),
    "optimizer": (choice(*OPTIMIZERS), "adam"),
    "learning_rate": (number(1e-6, 10), 0.001),
    "momentum": (number(0, 0.999), 0.9),
    "weight_decay": (number(0, 1), 0.0),
    "schedule": (choice(*SCHEDULES), "constant"),
    "warm_up": (number(0, 1), 0.2),
    "label_smoothing": (number(0, 0.5), 0.0),
    "shift": (whole(0, 8), 0),
    "flip": (choice(True, False), False),
    "cutout": (whole(0, 16), 0),
    "views": (choice(*VIEWS), "plain"),
}


@dataclass(frozen=True)
class Settings:
    """How an entry is trained. `RECIPE` says what each setting may be.

    `momentum` is that of "sgd"; `weight_decay` that of "adamw". With the schedule "triangle" the rate rises for the
    share `warm_up` of all steps, then falls to 0; with "cosine" it rises as long, then follows a cosine to 0. `shift`
    (pixels), `flip` and `cutout` (pixels) change training images at random; `views` are averaged at the end.
    """

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: str
    warm_up: float
    label_smoothing: float
    shift: int
    flip: bool
    cutout: int
    views: str


assert tuple(RECIPE) == tuple(field.name for field in fields(Settings))


@dataclass(frozen=True)
class LeagueEntry:
    """An entry that has been read: the league, the plan of the network, the settings of its training."""

    league: League
    plan: NetworkPlan
    settings: Settings


def read_settings(recipe: Any) -> Settings:
    """Return the settings that a recipe, a dictionary, describes; NotTakenError in a sentence for anything else."""
    if not isinstance(recipe, dict):
        raise NotTakenError(f"recipe() must return a dictionary. Received: {_shown(recipe)}.")
    unknown = [name for name in recipe if not isinstance(name, str) or name not in RECIPE]
    if unknown:
        raise NotTakenError(f"A recipe has the settings {', '.join(RECIPE)}. Received: {_shown(unknown[0])}.")
    values = {}
    for name, (reader, usual) in RECIPE.items():
        value = recipe.get(name, usual)
        try:
            values[name] = reader(value)
        except _NotAllowedError as error:
            raise NotTakenError(f"{name} of a recipe must be {error}. Received: {_shown(value)}.") from None
    return Settings(**values)


def read_entry(league: object, model: Any, recipe: Any) -> LeagueEntry:
    """Return an entry from plain values; NotTakenError in a sentence for what the league does not take.

    `model` is {"class_name": ..., "config": ...} as Keras writes it, `recipe` a dictionary of settings. ValueError for
    an unknown league.
    """
    rules = league_named(league)
    return LeagueEntry(rules, read_plan(model, rules.shape), read_settings(recipe))
