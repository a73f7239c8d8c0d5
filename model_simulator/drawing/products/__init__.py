"""Product families by name, and the words for them."""

from collections.abc import Mapping

from model_simulator.drawing.lexicon import expand_synonyms
from model_simulator.drawing.products.clothing import CLOTHING
from model_simulator.drawing.products.containers import CONTAINERS
from model_simulator.drawing.products.devices import DEVICES
from model_simulator.drawing.products.furniture import FURNITURE
from model_simulator.drawing.products.product_type import Product

PRODUCTS: Mapping[str, Product] = {**CONTAINERS, **FURNITURE, **CLOTHING, **DEVICES}

ALIASES: Mapping[str, str] = expand_synonyms(
    {
        "bottle": "flacon, water bottle, perfume, shampoo, wine",
        "jug": "pitcher, carafe, milk jug",
        "cup": "mug, trail mug, tumbler, measuring cup, glass",
        "bowl": "mixing bowl, salad bowl, food bowl, fire bowl, colander, basin, bird bath, fountain",
        "dish": "plate, platter, saucer, tray, butter dish, pie dish, cake tin",
        "planter": "pot, plant pot, herb pot, flower pot, flower stand",
        "teapot": "kettle, camp kettle, coffee pot",
        "saucepan": "pan, casserole, camp stove, wok",
        "jar": "ink stand, canister, tin, pepper mill",
        "box": "lunch tin, package, storage box, puzzle, game, kit, soap, jewelry box",
        "candle": "candle holder, incense holder",
        "flask": "thermos",
        "chair": "dining chair, camp chair, deck chair, rocking chair, seat, seating",
        "armchair": "lounge chair, reading chair, recliner, sofa, couch, loveseat",
        "bench": "swing seat, daybed, hammock, saw horse",
        "stool": "display stand, scratching post, footrest, ottoman, step stool",
        "table": "desk, workbench, side table, coffee table, console, bar cart",
        "cabinet": "nightstand, dresser, drawer, cupboard, wardrobe, chest, toy chest, tool chest",
        "shelf": "bookshelf, bookcase, rack, wall shelf, trellis",
        "bed": "dog bed, cushion, pillow, mattress, pet bed",
        "textile": "play mat, blanket, towel, rug, shawl, scarf, mat, quilt, sheet, curtain",
        "table lamp": "lamp, night light, mood light, pendant, light, lampshade",
        "desk lamp": "reading lamp, clip lamp, work lamp, spotlight",
        "lantern": "tent lamp",
        "frame": "photo frame, painting, poster, calendar",
        "board": "chopping board, cutting board, desk pad",
        "grater": "peeler, zester",
        "level": "spirit level, ruler",
        "clock": "alarm clock, wall clock, timer",
        "house": "bird house, birdhouse, bird feeder, dog house, doll house",
        "jacket": "coat, hoodie, vest, parka",
        "sweater": "cardigan, pullover",
        "shirt": "t shirt, tee, blouse",
        "dress": "robe, skirt, gown",
        "apron": "work apron",
        "shoe": "sneaker, trainer, sandal, slipper",
        "boot": "wellington",
        "bag": "handbag, tote, purse, pouch, messenger bag, lunch bag, wallet, duffel, card holder, tool roll",
        "suitcase": "weekender, luggage, travel carrier",
        "backpack": "rucksack, daypack, climbing bag",
        "watch": "wristwatch, bracelet, collar",
        "book": "bookend, bookmark, notebook, sketchbook, planner, folder, diary",
        "pen": "pencil, letter opener, marker, pen holder, fountain pen, pencil case",
        "phone": "smartphone, tablet, e reader",
        "laptop": "computer, monitor, screen, television",
        "camera": "projector, webcam",
        "speaker": "loudspeaker, air purifier",
        "radio": "record player, charging dock",
        "machine": "coffee maker, espresso machine, coffee machine, rice cooker",
        "blender": "mixer, hand mixer, juicer, grinder",
        "fan": "desk fan, ventilator",
        "headphones": "headset, earbud, headphone stand",
        "bike": "bicycle, scooter",
        "tent": "play tent, cat tunnel",
        "ball": "soft ball",
        "bear": "teddy, plush, puppet, cuddle bear, doll, pull duck, rocking horse",
        "train": "train set, toy car, locomotive",
        "blocks": "building kit, stacking tower, marble run, yoga block, brick",
        "mirror": "mirrored",
    },
)
"""Other words for the same families. Tools and headgear that figures have are products, too; see ``showcase``."""

__all__ = ["ALIASES", "PRODUCTS", "Product"]
