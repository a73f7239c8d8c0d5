"""Themes: what a catalog is about. The default is LEGO-style figures; a request may bring any other."""

from string import Formatter
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from shared.text.cleaning import clean_line

STRICT_JSON = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)
"""Configuration of what a caller sends: JSON in camelCase, without conversions and without unknown fields."""

DEFAULT_OPENINGS = ("Photorealistic LEGO-style minifigure", "Photorealistic LEGO-style figure")
DEFAULT_TAIL = "clean background, high detail, vibrant, evenly lit, 1024x1024"

FORBIDDEN_TRADEMARK_WORDS = (
    "logo",
    "logos",
    "official",
    "trademark",
    "trademarked",
    "licensed",
    "copyright",
    "copyrighted",
)
FORBIDDEN_FRANCHISES = (
    "Star Wars", "Jedi", "Sith", "Darth Vader", "Marvel", "Avengers", "Spider-Man", "Spiderman", "Iron Man", "X-Men",
    "DC Comics", "Batman", "Superman", "Wonder Woman", "Justice League", "Harry Potter", "Hogwarts", "Ninjago",
    "Disney", "Pixar", "Pokemon", "Pikachu", "Minecraft", "Fortnite", "Super Mario", "Zelda", "Transformers",
    "Lord of the Rings", "Game of Thrones", "Star Trek", "Jurassic Park", "Indiana Jones", "James Bond",
    "Playmobil", "Barbie", "Hello Kitty", "Sesame Street", "Muppets", "Teenage Mutant Ninja Turtles",
)  # fmt: skip

DEFAULT_PROMPT_TEMPLATE = "Product photo of {name}, {category}, {colour}, {material}, {attributes}, {description}"
TEMPLATE_FIELDS = ("name", "description", "category", "colour", "material", "attributes")

MAX_STYLE_CHARACTERS = 80
"""Of each part of the style; a prompt may be longer by the whole style."""

MAX_FIXED_PROMPT_CHARACTERS = 180
"""An image prompt is requested within 230 characters; 50 of them are for the item."""


def _clean_words(text: str) -> str:
    """Return the text cleaned like the texts of drafts, for comparisons."""
    line = clean_line(text)
    if not line:
        raise ValueError(f"{text[:40]!r} is blank; expected words")
    return line


def _check_template(text: str) -> str:
    """Return a template if its fields are those of a product."""
    line = _clean_words(text)
    try:
        parts = [part for piece in line.split(",") for part in Formatter().parse(piece)]
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is not a template: {error}") from error
    names = [name for _, name, _, _ in parts if name is not None]
    wrong = [name for name in names if name not in TEMPLATE_FIELDS]
    if wrong or not names or any(spec or conversion for _, _, spec, conversion in parts):
        got = f"{{{wrong[0]}}}" if wrong else repr(text[:40])
        raise ValueError(f"has {got}; expected fields such as {{name}}, of {', '.join(TEMPLATE_FIELDS)}")
    return line


Phrase = Annotated[str, StringConstraints(max_length=120), AfterValidator(_clean_words)]


StylePhrase = Annotated[str, StringConstraints(max_length=MAX_STYLE_CHARACTERS), AfterValidator(clean_line)]


class StyleContract(BaseModel):
    """The look that all images of a catalog have in common; part of every image prompt."""

    model_config = STRICT_JSON

    light: StylePhrase = Field(default="", description="Such as: soft daylight from the left.")
    background: StylePhrase = Field(default="", description="Such as: seamless pale gray paper.")
    camera: StylePhrase = Field(default="", description="Such as: eye level, 85 mm lens.")
    palette: StylePhrase = Field(default="", description="Such as: muted earth tones.")

    @property
    def phrases(self) -> tuple[str, ...]:
        """The parts that are set, as a prompt has them."""
        parts = (self.light, self.background, self.camera, self.palette)
        return tuple(part.strip(" ,;.") for part in parts if part.strip(" ,;."))

    def describe(self) -> dict[str, str]:
        """Return the parts that are set by name, for the text model."""
        return {name: text for name, text in self.model_dump().items() if text}


class Theme(BaseModel):
    """What a catalog is about, and how its images are requested."""

    model_config = STRICT_JSON

    subject: Annotated[str, StringConstraints(max_length=500), AfterValidator(_clean_words)] = Field(
        default="LEGO-style minifigures", description="What the items are, in words for the model."
    )
    openings: tuple[Phrase, ...] = Field(
        default=DEFAULT_OPENINGS,
        min_length=1,
        max_length=8,
        strict=False,
        description="Phrases; an item's image prompt starts with one of these.",
    )
    tail: Annotated[str, StringConstraints(max_length=120), AfterValidator(clean_line)] = Field(
        default=DEFAULT_TAIL, description="Text that every image prompt ends with."
    )
    forbidden_words: tuple[Phrase, ...] = Field(
        default=FORBIDDEN_TRADEMARK_WORDS + FORBIDDEN_FRANCHISES,
        max_length=500,
        strict=False,
        description="Words and phrases that no text of an item may contain; matched without regard to case, at word "
        "boundaries. A given list replaces the default list.",
    )
    prompt_template: Annotated[str, StringConstraints(max_length=500), AfterValidator(_check_template)] = Field(
        default=DEFAULT_PROMPT_TEMPLATE,
        description="How a product becomes an image prompt; a part between commas is left out if its fields are "
        "empty. Brands and forbidden words are removed.",
    )

    style: StyleContract = Field(
        default=StyleContract(),
        description="Look that all images have in common: light, background, camera and palette; every image prompt "
        "ends with it, before the tail.",
    )

    @property
    def ending(self) -> str:
        """The text that every image prompt ends with: the style, then the tail."""
        return ", ".join(filter(None, [*self.style.phrases, self.tail]))

    @property
    def style_characters(self) -> int:
        """By how many characters the style makes every image prompt longer."""
        return len(self.ending) - len(self.tail)

    @model_validator(mode="after")
    def _check_fixed_length(self) -> Self:
        fixed = max(map(len, self.openings)) + len(self.tail)
        if fixed > MAX_FIXED_PROMPT_CHARACTERS:
            raise ValueError(
                f"the longest of openings and the tail have {fixed} characters together; "
                f"expected at most {MAX_FIXED_PROMPT_CHARACTERS}, so that a prompt has room for the item",
            )
        return self
