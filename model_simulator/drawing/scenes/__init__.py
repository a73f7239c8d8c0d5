"""Backdrops by name, and the words for them."""

from collections.abc import Mapping

from model_simulator.drawing.canvas import Canvas
from model_simulator.drawing.colors import WHITE, fade, mix
from model_simulator.drawing.lexicon import expand_synonyms
from model_simulator.drawing.rng import SeededRng
from model_simulator.drawing.scenes.farms import FARMS
from model_simulator.drawing.scenes.nature import NATURE
from model_simulator.drawing.scenes.rooms import ROOMS
from model_simulator.drawing.scenes.scene_parts import draw_sky
from model_simulator.drawing.scenes.scene_type import Light, Scene
from model_simulator.drawing.scenes.space_and_water import SPACE_AND_WATER
from model_simulator.drawing.scenes.sports_venues import SPORTS_VENUES
from model_simulator.drawing.scenes.town import TOWN

SCENES: Mapping[str, Scene] = {**NATURE, **SPACE_AND_WATER, **TOWN, **FARMS, **SPORTS_VENUES, **ROOMS}

ALIASES: Mapping[str, str] = expand_synonyms(
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


def draw_backdrop(canvas: Canvas, scene: Scene, rng: SeededRng) -> Light:
    """Fill the whole image with a scene and return the light in it.

    The light's colours differ a little from prompt to prompt, so that images of one scene are siblings, not twins.
    """
    light = rng.choice("light", scene.lights)
    tone = (round(rng.uniform("r", 60, 255)), round(rng.uniform("g", 60, 255)), round(rng.uniform("b", 60, 255)))
    light = Light(mix(light.high, tone, 0.06), mix(light.low, tone, 0.04))
    draw_sky(canvas, light)
    scene.paint(canvas, rng, light)
    return light


def draw_halo(canvas: Canvas, scene: Scene) -> None:
    """Draw a disc of light behind the figure, so that it stands out from the scene."""
    canvas.circle(500, 440, 328, fade(WHITE, scene.halo))


__all__ = ["ALIASES", "SCENES", "Light", "Scene", "draw_backdrop", "draw_halo"]
