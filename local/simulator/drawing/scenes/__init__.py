"""Backdrops: what is behind a figure, and the words for it."""

from collections.abc import Mapping

from local.simulator.drawing.canvas import Canvas
from local.simulator.drawing.colors import WHITE, fade, mix
from local.simulator.drawing.dice import Dice
from local.simulator.drawing.scenes.arenas import ARENAS
from local.simulator.drawing.scenes.beyond import BEYOND
from local.simulator.drawing.scenes.country import COUNTRY
from local.simulator.drawing.scenes.kinds import Light, Scene
from local.simulator.drawing.scenes.rooms import ROOMS
from local.simulator.drawing.scenes.scenery import draw_sky
from local.simulator.drawing.scenes.town import TOWN
from local.simulator.drawing.scenes.wild import WILD
from local.simulator.drawing.words import spread_synonyms

SCENES: Mapping[str, Scene] = {**WILD, **BEYOND, **TOWN, **COUNTRY, **ARENAS, **ROOMS}

ALIASES: Mapping[str, str] = spread_synonyms(
    {
        "moon": "moon base, lunar, crater",
        "space": "galaxy, star field, starry sky, spaceship, spaceport, orbit",
        "planet": "red planet, alien world",
        "night sky": "night, moonlit",
        "castle": "fortress, dungeon, throne room, tower",
        "city street": "city, street, downtown, rooftop, skyline",
        "village": "town, town square",
        "construction site": "building site, scaffolding",
        "harbor": "dock, pier, marina, port, harbour",
        "ocean": "sea, wave",
        "river": "lake, stream, waterfall",
        "underwater": "reef, coral, seabed, ocean floor",
        "beach": "seaside, shore",
        "island": "tropical, lagoon",
        "ship deck": "ship, deck",
        "forest": "wood, woodland",
        "jungle": "rainforest",
        "desert": "dune, canyon, oasis",
        "pyramid": "tomb",
        "mountain": "summit, cliff, peak, alpine",
        "snow": "snowy, arctic, tundra, ski slope, winter",
        "glacier": "iceberg, ice",
        "volcano": "lava, volcanic",
        "cave": "cavern",
        "mine": "tunnel",
        "swamp": "marsh, bayou",
        "meadow": "prairie, field",
        "garden": "park, lawn",
        "farm": "barn, ranch",
        "harvest field": "wheat field",
        "orchard": "vineyard",
        "workshop": "shed, smithy, forge",
        "factory": "warehouse, assembly line",
        "kitchen": "restaurant, diner",
        "bakery": "cafe",
        "market": "shop, bazaar, stall",
        "stage": "concert, theater, theatre, opera",
        "circus tent": "circus",
        "library": "archive, study, bookshop",
        "museum": "gallery",
        "classroom": "school",
        "laboratory": "lab",
        "hospital": "clinic, surgery",
        "fire station": "firehouse",
        "railway station": "train station, railway, platform",
        "airfield": "airport, runway, hangar",
        "cloudy sky": "sky, cloud",
        "stadium": "arena, sports field, pitch",
        "race track": "track, racetrack",
        "gym": "fitness studio",
        "skate park": "skatepark",
        "living room": "home, lounge",
        "temple": "shrine, ruins",
        "theme park": "fairground, carnival, amusement park",
        "campsite": "camp, tent",
    },
)
"""Other words for the same places."""


def draw_backdrop(canvas: Canvas, scene: Scene, dice: Dice) -> Light:
    """Fill the whole picture with a scene and return the light in it.

    The light's colours differ a little from prompt to prompt, so that pictures of one scene are siblings, not twins.
    """
    light = dice.pick("light", scene.lights)
    tone = (round(dice.between("r", 60, 255)), round(dice.between("g", 60, 255)), round(dice.between("b", 60, 255)))
    light = Light(mix(light.high, tone, 0.06), mix(light.low, tone, 0.04))
    draw_sky(canvas, light)
    scene.paint(canvas, dice, light)
    return light


def draw_halo(canvas: Canvas, scene: Scene) -> None:
    """Draw a disc of light behind the figure, so that it stands out from the scene."""
    canvas.circle(500, 440, 328, fade(WHITE, scene.halo))


__all__ = ["ALIASES", "SCENES", "Light", "Scene", "draw_backdrop", "draw_halo"]
