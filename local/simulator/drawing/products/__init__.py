"""Products: which words stand for which family of things."""

from collections.abc import Mapping

from local.simulator.drawing.products.devices import DEVICES
from local.simulator.drawing.products.furniture import FURNITURE
from local.simulator.drawing.products.kinds import Product
from local.simulator.drawing.products.vessels import VESSELS
from local.simulator.drawing.products.wear import WEAR

PRODUCTS: Mapping[str, Product] = {**VESSELS, **FURNITURE, **WEAR, **DEVICES}

ALIASES: Mapping[str, str] = {
    "flacon": "bottle", "water bottle": "bottle", "perfume": "bottle", "shampoo": "bottle", "wine": "bottle", "pitcher": "jug",
    "carafe": "jug", "milk jug": "jug", "mug": "cup", "trail mug": "cup", "tumbler": "cup", "measuring cup": "cup",
    "mixing bowl": "bowl", "salad bowl": "bowl", "food bowl": "bowl", "fire bowl": "bowl", "colander": "bowl", "basin": "bowl",
    "bird bath": "bowl", "fountain": "bowl", "plate": "dish", "platter": "dish", "saucer": "dish", "tray": "dish",
    "butter dish": "dish", "pie dish": "dish", "cake tin": "dish", "pot": "planter", "plant pot": "planter",
    "herb pot": "planter", "flower pot": "planter", "flower stand": "planter", "kettle": "teapot", "camp kettle": "teapot",
    "coffee pot": "teapot", "pan": "saucepan", "casserole": "saucepan", "camp stove": "saucepan", "wok": "saucepan",
    "canister": "jar", "tin": "jar", "pepper mill": "jar", "lunch tin": "box", "candle holder": "candle",
    "incense holder": "candle", "thermos": "flask", "dining chair": "chair", "camp chair": "chair", "deck chair": "chair",
    "rocking chair": "chair", "seat": "chair", "seating": "chair", "lounge chair": "armchair", "reading chair": "armchair",
    "recliner": "armchair", "sofa": "armchair", "couch": "armchair", "loveseat": "armchair", "swing seat": "bench", "daybed": "bench",
    "hammock": "bench", "saw horse": "bench", "footrest": "stool", "ottoman": "stool", "step stool": "stool", "desk": "table",
    "workbench": "table", "side table": "table", "coffee table": "table", "console": "table", "bar cart": "table",
    "nightstand": "cabinet", "dresser": "cabinet", "drawer": "cabinet", "cupboard": "cabinet", "wardrobe": "cabinet",
    "chest": "cabinet", "toy chest": "cabinet", "tool chest": "cabinet", "bookshelf": "shelf", "bookcase": "shelf", "rack": "shelf",
    "wall shelf": "shelf", "trellis": "shelf", "dog bed": "bed", "cushion": "bed", "pillow": "bed", "mattress": "bed",
    "pet bed": "bed", "play mat": "textile", "lamp": "table lamp", "night light": "table lamp", "mood light": "table lamp",
    "pendant": "table lamp", "light": "table lamp", "lampshade": "table lamp", "reading lamp": "desk lamp", "clip lamp": "desk lamp",
    "work lamp": "desk lamp", "spotlight": "desk lamp", "tent lamp": "lantern", "photo frame": "frame", "picture": "frame",
    "poster": "frame", "calendar": "frame", "alarm clock": "clock", "wall clock": "clock", "timer": "clock", "bird house": "house",
    "birdhouse": "house", "bird feeder": "house", "dog house": "house", "doll house": "house", "coat": "jacket", "hoodie": "jacket",
    "vest": "jacket", "parka": "jacket", "cardigan": "sweater", "pullover": "sweater", "t shirt": "shirt", "tee": "shirt",
    "blouse": "shirt", "robe": "dress", "skirt": "dress", "gown": "dress", "work apron": "apron", "blanket": "textile",
    "towel": "textile", "rug": "textile", "shawl": "textile", "scarf": "textile", "mat": "textile", "quilt": "textile",
    "sheet": "textile", "curtain": "textile", "sneaker": "shoe", "trainer": "shoe", "sandal": "shoe", "slipper": "shoe",
    "wellington": "boot", "handbag": "bag", "tote": "bag", "purse": "bag", "pouch": "bag", "messenger bag": "bag",
    "lunch bag": "bag", "wallet": "bag", "duffel": "bag", "weekender": "suitcase", "luggage": "suitcase", "travel carrier": "suitcase",
    "rucksack": "backpack", "daypack": "backpack", "climbing bag": "backpack", "wristwatch": "watch", "bracelet": "watch",
    "collar": "watch", "package": "box", "storage box": "box", "puzzle": "box", "game": "box", "kit": "box", "soap": "box",
    "notebook": "book", "sketchbook": "book", "planner": "book", "folder": "book", "diary": "book", "pencil": "pen", "marker": "pen",
    "pen holder": "pen", "fountain pen": "pen", "pencil case": "pen", "smartphone": "phone", "tablet": "phone", "e reader": "phone",
    "computer": "laptop", "monitor": "laptop", "screen": "laptop", "television": "laptop", "projector": "camera",
    "loudspeaker": "speaker", "air purifier": "speaker", "record player": "radio", "charging dock": "radio", "coffee maker": "machine",
    "espresso machine": "machine", "coffee machine": "machine", "rice cooker": "machine", "mixer": "blender", "hand mixer": "blender",
    "juicer": "blender", "grinder": "blender", "desk fan": "fan", "ventilator": "fan", "headset": "headphones", "earbud": "headphones",
    "headphone stand": "headphones", "bicycle": "bike", "scooter": "bike", "play tent": "tent", "cat tunnel": "tent",
    "soft ball": "ball", "teddy": "bear", "plush": "bear", "puppet": "bear", "cuddle bear": "bear", "doll": "bear",
    "pull duck": "bear", "rocking horse": "bear", "train set": "train", "toy car": "train", "locomotive": "train",
    "building kit": "blocks", "stacking tower": "blocks", "marble run": "blocks", "yoga block": "blocks", "jewelry box": "box",
    "mirrored": "mirror", "glass": "cup", "brick": "blocks", "webcam": "camera",
}  # fmt: skip
"""Other words for the same families. Tools and headgear that figures have are products, too; see ``showcase``."""

__all__ = ["ALIASES", "PRODUCTS", "Product"]
