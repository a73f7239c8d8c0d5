"""Outfit, headgear, tool and setting of a role, for prompts that name only the role."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """Names of an outfit, a headgear, a tool and a setting; None = not specified."""

    outfit: str | None = None
    headgear: str | None = None
    tool: str | None = None
    setting: str | None = None


ROLES: Mapping[str, Role] = {
    "astronaut": Role("spacesuit", "bubble helmet", "flag", "moon"),
    "knight": Role("armor", "knight helmet", "sword", "castle"),
    "guard": Role("chainmail", "knight helmet", "spear", "castle"),
    "wizard": Role("robe", "wizard hat", "staff", "night sky"),
    "witch": Role("robe", "wizard hat", "broom", "night sky"),
    "king": Role("robe", "crown", "staff", "castle"),
    "queen": Role("dress", "crown", "bouquet", "castle"),
    "pirate": Role("long coat", "tricorn hat", "sword", "ship deck"),
    "sailor": Role("sweater", "captain hat", "ship wheel", "harbor"),
    "captain": Role("uniform", "captain hat", "telescope", "ocean"),
    "fisherman": Role("raincoat", "beanie", "fishing rod", "harbor"),
    "diver": Role("wetsuit", "goggles", "net", "underwater"),
    "surfer": Role("wetsuit", None, "surfboard", "beach"),
    "lifeguard": Role("tracksuit", "cap", "life ring", "beach"),
    "chef": Role("uniform", "chef hat", "frying pan", "kitchen"),
    "baker": Role("apron", "chef hat", "bread", "bakery"),
    "waiter": Role("tuxedo", None, "tray", "kitchen"),
    "farmer": Role("overalls", "straw hat", "pitchfork", "farm"),
    "gardener": Role("overalls", "sun hat", "watering can", "garden"),
    "cowboy": Role("vest", "cowboy hat", "rope", "desert"),
    "explorer": Role("jacket", "fedora", "compass", "jungle"),
    "archaeologist": Role("shirt", "fedora", "magnifying glass", "pyramid"),
    "climber": Role("parka", "helmet", "pickaxe", "mountain"),
    "skier": Role("parka", "goggles", "ski poles", "snow"),
    "miner": Role("overalls", "headlamp", "pickaxe", "mine"),
    "builder": Role("safety vest", "hard hat", "hammer", "construction site"),
    "engineer": Role("safety vest", "hard hat", "clipboard", "factory"),
    "mechanic": Role("jumpsuit", "cap", "wrench", "garage"),
    "plumber": Role("overalls", "cap", "wrench", "workshop"),
    "carpenter": Role("overalls", "flat cap", "saw", "workshop"),
    "painter": Role("overalls", "beret", "palette", "studio"),
    "artist": Role("shirt", "beret", "paintbrush", "studio"),
    "firefighter": Role("coat", "fire helmet", "hose", "fire station"),
    "doctor": Role("lab coat", None, "stethoscope", "hospital"),
    "nurse": Role("scrubs", None, "clipboard", "hospital"),
    "scientist": Role("lab coat", "goggles", "flask", "laboratory"),
    "teacher": Role("suit", None, "book", "classroom"),
    "librarian": Role("sweater", None, "book", "library"),
    "detective": Role("long coat", "fedora", "magnifying glass", "city street"),
    "courier": Role("jacket", "cap", "parcel", "city street"),
    "pilot": Role("jumpsuit", "flight helmet", "map", "airfield"),
    "racer": Role("jumpsuit", "racing helmet", "trophy", "race track"),
    "conductor": Role("uniform", "conductor cap", "ticket", "railway station"),
    "photographer": Role("vest", "cap", "camera", "city street"),
    "singer": Role("dress", None, "microphone", "stage"),
    "guitarist": Role("jacket", "bandana", "guitar", "stage"),
    "drummer": Role("vest", "headband", "drum", "stage"),
    "magician": Role("tuxedo", "top hat", "wand", "stage"),
    "clown": Role("overalls", "party hat", "juggling balls", "circus tent"),
    "juggler": Role("leotard", "party hat", "juggling balls", "circus tent"),
    "dancer": Role("leotard", None, None, "stage"),
    "gymnast": Role("leotard", "headband", "hoop", "gym"),
    "referee": Role("tracksuit", "cap", "whistle", "stadium"),
    "skater": Role("sweater", "beanie", "skateboard", "skate park"),
    "viking": Role("tunic", "viking helmet", "axe", "ocean"),
    "archer": Role("tunic", "hood", "bow", "forest"),
    "ranger": Role("cloak", "hood", "bow", "forest"),
    "robot": Role("body panels", "antenna", "gear", "factory"),
    "pharaoh": Role("toga", "pharaoh headdress", "staff", "pyramid"),
    "beekeeper": Role("coat", "sun hat", "basket", "orchard"),
    "inventor": Role("apron", "goggles", "gear", "workshop"),
    "alchemist": Role("robe", "hood", "potion bottle", "laboratory"),
}
