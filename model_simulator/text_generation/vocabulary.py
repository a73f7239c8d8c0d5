"""The controlled vocabulary of image prompts: the words that prompts use and that rendering recognizes.

Plain data. Every entry is lower-case and appears in a prompt exactly as written here, at word boundaries. If one entry
ends with another ("bubble helmet", "helmet"), the longer one matches first.

A figure's prompt reads ``OPENING, navy spacesuit with orange trim, white bubble helmet, holding a telescope, space
backdrop, backpack, friendly smile, TAIL``: the first colour belongs to the outfit, ``with COLOUR TRIM`` to its trim, a
colour right before headgear to the headgear, ``holding a TOOL`` (or ``an``; ``a pair of`` and the like for plural
tools) names the tool in the hand, and ``SETTING backdrop`` the background. A prompt leaves out details that do not fit.

A product's prompt reads ``OPENING, round teapot, teal ceramic body with gold stripes, glossy finish with
gentle curve, kitchen backdrop, TAIL``: shape and thing, colour and material, trim, finish and some detail, setting.
"""

COLOURS = (
    "red", "orange", "yellow", "green", "teal", "blue", "navy", "purple", "pink", "brown", "beige", "white", "gray",
    "black", "gold", "silver",
)  # fmt: skip

HEADGEAR = (
    "bubble helmet", "knight helmet", "racing helmet", "fire helmet", "diving helmet", "bicycle helmet",
    "flight helmet", "helmet", "hard hat", "wizard hat", "tricorn hat", "chef hat", "straw hat", "top hat",
    "bowler hat", "cowboy hat", "sun hat", "bucket hat", "party hat", "fur hat", "captain hat", "conductor cap",
    "flat cap", "baseball cap", "cap", "fedora", "beret", "beanie", "crown", "laurel wreath", "flower wreath", "hood",
    "headband", "headphones", "bandana", "goggles", "antenna", "feather headdress", "headlamp", "turban",
    "pharaoh headdress",
)  # fmt: skip

OUTFITS = (
    "spacesuit", "armor", "chainmail", "robe", "cloak", "overalls", "lab coat", "long coat", "coat", "safety vest",
    "vest", "apron", "uniform", "jacket", "parka", "tuxedo", "suit", "dress", "tunic", "wetsuit", "jumpsuit",
    "tracksuit", "sweater", "shirt", "poncho", "kimono", "toga", "scrubs", "leotard", "raincoat", "body panels",
    "fur costume",
)  # fmt: skip

TRIMS = (
    "trim", "stripes", "belt", "buttons", "pockets", "straps", "panels", "patches", "collar", "sash",
)  # fmt: skip
"""Parts with the second colour."""

TOOLS = (
    "tablet", "telescope", "binoculars", "magnifying glass", "microscope", "flask", "test tube", "clipboard", "camera",
    "microphone", "radio", "compass", "map", "scroll", "book", "quill", "pen", "paintbrush", "palette", "chalk",
    "letter", "lantern", "flashlight", "torch", "candle", "staff", "wand", "crystal ball", "potion bottle", "sword",
    "shield", "spear", "bow", "axe", "banner", "flag", "horn", "trumpet", "guitar", "violin", "drum", "flute",
    "accordion", "keyboard", "wrench", "hammer", "saw", "drill", "screwdriver", "pickaxe", "shovel", "rake",
    "pitchfork", "broom", "toolbox", "bucket", "paint roller", "hose", "fire extinguisher", "traffic cone", "stop sign",
    "whistle", "stopwatch", "rope", "net", "fishing rod", "paddle", "anchor", "hook", "ship wheel", "life ring",
    "basket", "watering can", "shears", "flower pot", "bouquet", "apple", "carrot", "egg", "bread", "cake", "pizza",
    "whisk", "ladle", "frying pan", "rolling pin", "tray", "cup", "teapot", "umbrella", "suitcase", "parcel", "bag",
    "key", "coin", "gem", "treasure chest", "trophy", "ball", "racket", "skateboard", "surfboard", "snowboard",
    "ski poles", "kite", "balloon", "juggling balls", "hoop", "mask", "stethoscope", "syringe", "bandage roll", "clock",
    "gear", "remote control", "drone", "bone", "feather", "shell", "seedling", "ticket", "film clapper", "tape measure",
    "needle", "yarn ball", "scissors", "boomerang", "ladder",
)  # fmt: skip
"""Things that a figure holds."""

EXTRAS = (
    "backpack", "cape", "scarf", "quiver", "tool belt", "oxygen tank", "satchel", "medal", "bow tie", "necktie",
    "gloves", "rubber boots", "glasses", "sunglasses", "beard", "mustache", "eye patch", "wings", "jet pack",
    "small dog", "small cat", "parrot", "owl", "small robot", "wooden crate", "barrel", "potted plant",
    "treasure chest", "campfire", "bicycle",
)  # fmt: skip
"""Things that a figure wears on top, or has beside it."""

SETTINGS = (
    "space", "moon", "planet", "night sky", "castle", "city street", "construction site", "harbor", "ocean",
    "underwater", "beach", "island", "ship deck", "forest", "jungle", "desert", "pyramid", "mountain", "snow",
    "glacier", "volcano", "cave", "mine", "swamp", "river", "meadow", "farm", "orchard", "garden", "greenhouse",
    "workshop", "factory", "garage", "kitchen", "bakery", "market", "stage", "circus tent", "library", "museum",
    "classroom", "laboratory", "hospital", "fire station", "railway station", "airfield", "cloudy sky", "stadium",
    "race track", "gym", "skate park", "office", "living room", "temple", "village", "harvest field", "theme park",
    "campsite", "studio",
)  # fmt: skip

EXPRESSIONS = (
    "friendly smile", "calm smile", "cheerful grin", "determined look", "curious look", "focused look",
)  # fmt: skip
"""Facial expressions, if the prompt has room for them."""

SHAPES = (
    "round", "oval", "square", "tall", "slim", "wide", "low", "curved", "tapered", "compact",
)  # fmt: skip
"""Outlines of products."""

MATERIALS = (
    "oak", "walnut", "bamboo", "wicker", "steel", "aluminum", "copper", "brass", "cast iron", "ceramic", "porcelain",
    "stoneware", "glass", "leather", "canvas", "linen", "cotton", "wool", "felt", "silicone", "rubber", "resin",
    "marble", "cork", "enamel",
)  # fmt: skip

FINISHES = (
    "matte", "glossy", "satin", "brushed", "polished", "speckled", "ribbed", "woven", "hammered", "frosted",
)  # fmt: skip
