"""Themes: what a catalog is about. The default is LEGO-style figures; any other comes with the request as data."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

DEFAULT_OPENINGS = ("Photorealistic LEGO-style minifigure", "Photorealistic LEGO-style figure")
DEFAULT_TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"

FORBIDDEN_MARKS = ("logo", "logos", "official", "trademark", "trademarked", "licensed", "copyright", "copyrighted")
FORBIDDEN_FRANCHISES = (
    "Star Wars", "Jedi", "Sith", "Darth Vader", "Marvel", "Avengers", "Spider-Man", "Iron Man", "X-Men",
    "DC Comics", "Batman", "Superman", "Wonder Woman", "Justice League", "Harry Potter", "Hogwarts", "Ninjago",
    "Disney", "Pixar", "Pokemon", "Pikachu", "Minecraft", "Fortnite", "Super Mario", "Zelda", "Transformers",
    "Lord of the Rings", "Game of Thrones", "Star Trek", "Jurassic Park", "Indiana Jones", "James Bond",
    "Playmobil", "Barbie", "Hello Kitty", "Sesame Street", "Muppets", "Teenage Mutant Ninja Turtles",
)  # fmt: skip

Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Theme(BaseModel):
    """What a catalog is about and how its pictures are asked for.

    Attributes:
        subject: what the items are, in the words that the model reads.
        openings: an item's image prompt starts with one of these.
        tail: every image prompt ends with it.
        forbidden_words: words and phrases that no text of an item may hold; found without regard to case, at word
            boundaries. Giving them replaces the default list.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        strict=True,
    )

    subject: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] = (
        "LEGO-style minifigures"
    )
    openings: tuple[Phrase, ...] = Field(default=DEFAULT_OPENINGS, min_length=1, max_length=8, strict=False)
    tail: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = DEFAULT_TAIL
    forbidden_words: tuple[Phrase, ...] = Field(
        default=FORBIDDEN_MARKS + FORBIDDEN_FRANCHISES,
        max_length=500,
        strict=False,
    )
