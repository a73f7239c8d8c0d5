"""Column names of shop exports and published data sets, by field."""

from collections.abc import Mapping
from typing import Final

COLUMN_NAMES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "products": {
        "id": (
            "id", "productid", "sku", "itemid", "itemnumber", "articlenumber", "externalid", "productcode",
            "articleid", "uniqid", "uniqueid", "handle", "handleid", "variantsku", "productsku", "itemsku",
            "sellersku", "asin", "stockcode", "itemcode", "produktnummer", "produktnr", "artnr", "modelnumber",
            "modelno", "stylenumber", "styleno", "stylecode", "merchantsku", "customlabel", "codigo", "codice",
            "商品番号", "商品コード", "商品编号", "货号", "상품코드", "상품번호", "listingid", "reference",
            "referencenumber", "articleno", "partnumber", "gtin", "ean", "upc", "barcode", "artikelnummer",
            "artikelnr", "referencia", "slug",
        ),
        "name": (
            "name", "productname", "title", "producttitle", "itemname", "productdisplayname", "displayname",
            "prodname", "itemtitle", "articlename", "listingtitle", "label", "product", "item", "titel",
            "bezeichnung", "artikelname", "produktname", "nom", "titre", "nombre", "titulo", "nome", "titolo",
            "designation", "libelle", "naam", "productnaam", "nazwa", "商品名", "商品名称", "产品名称", "名称",
            "상품명",
        ),
        "description": (
            "description", "productdescription", "longdescription", "desc", "details", "summary", "body",
            "bodyhtml", "descriptionhtml", "fulldescription", "itemdescription", "detaildesc", "shortdescription",
            "aboutproduct", "content", "beschreibung", "kurzbeschreibung", "descripcion", "descrizione",
            "descricao", "omschrijving", "opis", "商品説明", "説明", "商品描述", "描述", "상품설명", "설명",
        ),
        "category": (
            "category", "categoryname", "productcategory", "categories", "productcategories", "maincategory",
            "articletype", "producttype", "productgroup", "productgroupname", "producttypename", "categorypath",
            "categorytree", "productcategorytree", "googleproductcategory", "subcategory", "mastercategory",
            "feedproducttype", "department", "collection", "collections", "section", "kategorie", "categorie",
            "categoria", "kategoria", "カテゴリ", "カテゴリー", "分类", "类别", "카테고리", "type",
        ),
        "brand": (
            "brand", "brandname", "manufacturer", "vendor", "productbrand", "vendorname", "maker", "make", "marke",
            "hersteller", "marque", "marca",
        ),
        "colour": (
            "colour", "color", "colours", "colors", "basecolour", "basecolor", "colourname", "colorname",
            "colourgroupname", "maincolour", "maincolor", "primarycolour", "primarycolor", "farbe", "couleur",
            "colore", "cor", "kleur", "kolor", "色", "カラー", "颜色", "색상",
        ),
        "material": (
            "material", "materials", "fabric", "materialtype", "composition", "fabriccomposition", "matiere",
            "materiale",
        ),
        "attributes": (
            "attributes", "features", "specifications", "specs", "properties", "productspecifications",
            "productfeatures", "keyfeatures", "bulletpoints", "productdetails", "variationname", "variantname",
            "varianttitle",
        ),
        "image": (
            "imagefile", "imagefilename", "image", "imagename", "filename", "picture", "photo", "imageurl",
            "images", "imagesrc", "imagelink", "imageurls", "mainimage", "mainimageurl", "productimage",
            "productimageurl", "photos", "pictures", "featuredimage", "img", "picurl",
        ),
        "prompt": ("imageprompt", "prompt", "prompts"),
    },
    "prompts": {
        "id": ("id", "promptid"),
        "title": ("title", "heading", "name"),
        "scene": ("scene", "setting", "description"),
        "mood": ("mood", "style", "atmosphere"),
        "prompt": (
            "prompt", "imageprompt", "text", "prompts", "caption", "captions", "prompttext", "sentence", "query",
        ),
        "image": ("imagefile", "imagefilename", "filename"),
    },
}  # fmt: skip
"""By source: the fields, and the column names that hold them, the likeliest first.

Compared without case and without anything but letters and digits, also without text in brackets, and in the plural.
"""

ID_WORDS: Final = frozenset({"id", "sku", "no", "nr", "num", "number", "nummer", "code", "ref", "key"})
"""Last words of column names that may hold ids."""

WRAPPERS: Final = frozenset({"fields", "attributes", "product", "node", "item", "data", "_source"})
"""Members that contain the columns of a row."""

SHOP_TYPES: Final = frozenset(
    {
        "simple", "variable", "variation", "grouped", "external", "physical", "digital", "configurable", "virtual",
        "downloadable", "bundle", "subscription", "variable-subscription", "subscription_variation", "product",
        "variant", "service", "giftcard", "gift_card", "sku", "rule", "parent", "child", "standard", "affiliate",
        "product_option", "product_variation", "product_variant", "option",
    },
)  # fmt: skip
"""What shop systems call the kinds of rows."""

VARIANT_TYPES: Final = frozenset(
    {"variation", "variant", "subscription_variation", "sku", "rule", "child", "option"}
    | {"product_option", "product_variation", "product_variant"}
)
"""Kinds of rows that are a variant of another row."""

TYPE_COLUMNS: Final = ("type", "itemtype", "fieldtype", "producttype", "rowtype", "parentage", "parentchild")
PARENT_COLUMNS: Final = ("parent", "parentsku", "parentid", "parentproductid", "parentproduct")
SKU_COLUMNS: Final = ("variantsku", "sku", "productcode", "itemsku", "productsku", "id")
VARIANT_WORDS: Final = ("variant", "option", "variation")
"""A column with such a word in its name shows that rows may continue the product above."""
