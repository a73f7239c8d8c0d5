"""Backdrops: what is behind a figure, and the words for it."""

from collections.abc import Mapping

from local.simulator.drawing.canvas import Canvas
from local.simulator.drawing.colors import WHITE, fade, mix
from local.simulator.drawing.dice import Dice
from local.simulator.drawing.scenes.beyond import BEYOND
from local.simulator.drawing.scenes.kinds import Light, Scene
from local.simulator.drawing.scenes.rooms import ROOMS
from local.simulator.drawing.scenes.scenery import draw_sky
from local.simulator.drawing.scenes.town import TOWN
from local.simulator.drawing.scenes.wild import WILD

SCENES: Mapping[str, Scene] = {**WILD, **BEYOND, **TOWN, **ROOMS}

ALIASES: Mapping[str, str] = {
    "moon base": "moon", "lunar": "moon", "crater": "moon", "galaxy": "space", "star field": "space", "starry sky": "space",
    "spaceship": "space", "spaceport": "space", "orbit": "space", "red planet": "planet", "alien world": "planet",
    "night": "night sky", "moonlit": "night sky", "fortress": "castle", "dungeon": "castle", "throne room": "castle",
    "tower": "castle", "city": "city street", "street": "city street", "downtown": "city street", "rooftop": "city street",
    "skyline": "city street", "town": "village", "town square": "village", "building site": "construction site",
    "scaffolding": "construction site", "dock": "harbor", "pier": "harbor", "marina": "harbor", "port": "harbor",
    "harbour": "harbor", "sea": "ocean", "wave": "ocean", "lake": "river", "reef": "underwater", "coral": "underwater",
    "seabed": "underwater", "ocean floor": "underwater", "seaside": "beach", "shore": "beach", "tropical": "island",
    "lagoon": "island", "ship": "ship deck", "deck": "ship deck", "wood": "forest", "woodland": "forest",
    "rainforest": "jungle", "dune": "desert", "canyon": "desert", "oasis": "desert", "tomb": "pyramid", "summit": "mountain",
    "cliff": "mountain", "peak": "mountain", "alpine": "mountain", "snowy": "snow", "arctic": "snow", "tundra": "snow",
    "ski slope": "snow", "winter": "snow", "iceberg": "glacier", "ice": "glacier", "lava": "volcano", "volcanic": "volcano",
    "cavern": "cave", "tunnel": "mine", "marsh": "swamp", "bayou": "swamp", "stream": "river", "waterfall": "river",
    "prairie": "meadow", "field": "meadow", "park": "garden", "lawn": "garden", "barn": "farm", "ranch": "farm",
    "wheat field": "harvest field", "vineyard": "orchard", "shed": "workshop", "smithy": "workshop", "forge": "workshop",
    "warehouse": "factory", "assembly line": "factory", "restaurant": "kitchen", "diner": "kitchen", "cafe": "bakery",
    "shop": "market", "bazaar": "market", "stall": "market", "concert": "stage", "theater": "stage", "theatre": "stage",
    "opera": "stage", "circus": "circus tent", "archive": "library", "study": "library", "bookshop": "library",
    "gallery": "museum", "school": "classroom", "lab": "laboratory", "clinic": "hospital", "surgery": "hospital",
    "firehouse": "fire station", "train station": "railway station", "railway": "railway station", "platform": "railway station",
    "airport": "airfield", "runway": "airfield", "hangar": "airfield", "sky": "cloudy sky", "cloud": "cloudy sky",
    "arena": "stadium", "sports field": "stadium", "pitch": "stadium", "track": "race track", "racetrack": "race track",
    "fitness studio": "gym", "skatepark": "skate park", "home": "living room", "lounge": "living room", "shrine": "temple",
    "ruins": "temple", "fairground": "theme park", "carnival": "theme park", "amusement park": "theme park",
    "camp": "campsite", "tent": "campsite",
}  # fmt: skip
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
    canvas.circle(500, 440, 340, fade(WHITE, scene.halo))


__all__ = ["ALIASES", "SCENES", "Light", "Scene", "draw_backdrop", "draw_halo"]
