"""Exports of shops: which column holds what, which rows are variants, and what is left of their texts."""

import csv
import io
from typing import Any

import pytest

from shared.inputs.item_builder import write_row_prompt
from shared.inputs.item_source import PRODUCTS
from shared.inputs.markup import strip_markup
from shared.inputs.raw_rows import InputError
from shared.inputs.row_reader import RowReader
from shared.inputs.row_values import parse_category
from shared.inputs.rows import Row, RowProblem, RowResult, Variant
from shared.runs.request import SeedRequest

REQUEST = SeedRequest(catalog="shop", source="products")


def read_table(
    rows: list[dict[str, str]], reported: dict[str, str] | None = None, *, variants_are_rows: bool = False
) -> tuple[RowReader, list[RowResult]]:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    reader = RowReader(PRODUCTS, "export.csv", reported or {}, variants_are_rows=variants_are_rows)
    return reader, [*reader.feed(text.getvalue().encode()), *reader.finish()]


def read_mapping(row: dict[str, str]) -> dict[str, str]:
    reader, _ = read_table([row])
    assert reader.mapping is not None
    return dict(reader.mapping.columns)


EXPORTS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "Shopify": (
        {"Handle": "cap", "Title": "Cap", "Body (HTML)": "<p>x</p>", "Vendor": "V", "Type": "Caps", "Variant SKU": "C"},
        {"id": "Handle", "name": "Title", "description": "Body (HTML)", "category": "Type", "brand": "Vendor"},
    ),
    "Shopify with categories": (
        {"Handle": "cap", "Title": "Cap", "Product Category": "Apparel > Hats", "Type": "Caps"},
        {"id": "Handle", "name": "Title", "category": "Product Category"},
    ),
    "WooCommerce": (
        {"ID": "5", "Type": "simple", "SKU": "c", "Name": "Cap", "Categories": "Caps", "Images": ""},
        {"id": "ID", "name": "Name", "category": "Categories"},
    ),
    "Merchant Center": (
        {
            "g:id": "5",
            "g:title": "Cap",
            "g:description": "x",
            "g:google_product_category": "173",
            "g:product_type": "H",
        },
        {"id": "g:id", "name": "g:title", "description": "g:description", "category": "g:product_type"},
    ),
    "PrestaShop": (
        {"Product ID": "5", "Name *": "Cap", "Categories (x,y,z...)": "Caps", "Manufacturer": "M", "Description": ""},
        {"id": "Product ID", "name": "Name *", "category": "Categories (x,y,z...)", "brand": "Manufacturer"},
    ),
    "Magento": (
        {"sku": "c", "product_type": "simple", "categories": "Default Category/Hats", "name": "Cap"},
        {"id": "sku", "name": "name", "category": "categories"},
    ),
    "Squarespace": (
        {"Product ID [Non Editable]": "5", "Title": "Cap", "Product Type [Non Editable]": "PHYSICAL"},
        {"id": "Product ID [Non Editable]", "name": "Title"},
    ),
    "fashion data": (
        {"id": "5", "articleType": "Caps", "baseColour": "Red", "productDisplayName": "Cap"},
        {"id": "id", "name": "productDisplayName", "category": "articleType", "colour": "baseColour"},
    ),
    "plural": (
        {"SKUs": "5", "Titles": "Cap", "Descriptions": "x", "Brands": "B"},
        {"id": "SKUs", "name": "Titles", "description": "Descriptions", "brand": "Brands"},
    ),
    "eBay": (
        {"*Action(SiteID=US)": "Add", "Custom label (SKU)": "5", "*Title": "Cap", "Category name": "/Home/Caps"},
        {"id": "Custom label (SKU)", "name": "*Title", "category": "Category name"},
    ),
    "Ecwid": (
        {"type": "product", "product_sku": "5", "product_name": "Cap", "product_category_1": "Caps"},
        {"id": "product_sku", "name": "product_name", "category": "product_category_1"},
    ),
    "Square": (
        {"Token": "x", "Item Name": "Cap", "Variation Name": "Large", "SKU": "5", "Categories": "Caps"},
        {"id": "SKU", "name": "Item Name", "category": "Categories", "attributes": "Variation Name"},
    ),
    "Japanese": (
        {"商品番号": "5", "商品名": "帽子", "カテゴリ": "帽子"},
        {"id": "商品番号", "name": "商品名", "category": "カテゴリ"},
    ),
    "French": (
        {"R\u00e9f\u00e9rence": "5", "Nom": "Cap", "Cat\u00e9gorie": "Caps", "Marque": "M"},
        {"id": "R\u00e9f\u00e9rence", "name": "Nom", "category": "Cat\u00e9gorie", "brand": "Marque"},
    ),
}


@pytest.mark.parametrize("shop", EXPORTS)
def test_the_columns_of_an_export_are_found(shop: str) -> None:
    row, mapping = EXPORTS[shop]
    assert read_mapping(row) == mapping


def test_why_a_column_was_chosen_or_not_is_known() -> None:
    reader, _ = read_table([{"SKU": "1", "Name": "Cap", "Category": "", "Type": "simple"}], {"name": "Name"})
    assert reader.mapping is not None
    assert reader.mapping.reasons == {"id": "by its name", "name": "as given"}
    assert reader.mapping.notes == (
        "'Category' is not used as category: it is blank",
        "'Type' is not used as category: it says what kind of row each is",
    )


@pytest.mark.parametrize("name", ["Lager-Nr.", "house_code", "vendorKey", "Part ID"])
def test_a_column_that_ends_like_an_id_serves_where_each_value_is_unique(name: str) -> None:
    reader, found = read_table([{"Name": "Cap", name: "7"}, {"Name": "Cap", name: "8"}])
    assert [row.id for row in found if isinstance(row, Row)] == ["7", "8"]
    assert reader.mapping is not None
    assert "unique" in reader.mapping.reasons["id"]
    with pytest.raises(InputError, match="has no column that looks like id"):
        read_table([{"Name": "Cap", name: "7"}, {"Name": "Cap", name: "7"}])


def test_numbers_of_categories_are_not_a_category() -> None:
    reader, _ = read_table([{"id": "1", "name": "Cap", "categories": "24,28"}])
    assert reader.mapping is not None
    assert "category" not in reader.mapping.columns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["Red", "Blue"]', "Red, Blue"),
        ("['Red', 'Blue', None]", "Red, Blue"),
        ("{'size': 'XL', 'fit': \"men's\"}", "size: XL, fit: men's"),
        (
            '{"product_specification"=>[{"key"=>"Fabric", "value"=>"Cotton"}, {"key"=>"Fit", "value"=>nil}]}',
            "Fabric: Cotton",
        ),
        ("[Red, Blue", "[Red, Blue"),
        ("[sic]", "[sic]"),
        ("[" * 30_000 + "]", None),
    ],
)
def test_lists_and_objects_that_a_table_holds_as_text_are_read(text: str, words: str | None) -> None:
    _, (row,) = read_table([{"id": "1", "name": "Cap", "features": text}])
    assert isinstance(row, Row)
    assert row.values["attributes"] == (words or text)


def test_a_product_without_a_name_keeps_the_opening_of_its_prompt() -> None:
    _, (row,) = read_table([{"id": "1", "description": "Blue mug", "color": "blue"}])
    assert isinstance(row, Row)
    assert write_row_prompt(row, REQUEST).text.startswith("Product photo of Blue mug, blue, ")


def test_a_blank_id_column_is_refused_once_with_a_column_that_can_serve() -> None:
    rows = [{"Title": f"Box {number}", "Price": "9", "SKU": ("", "NA")[number % 2]} for number in range(3)]
    with pytest.raises(InputError) as caught:
        read_table(rows)
    assert str(caught.value).startswith("has no id: column 'SKU' is blank in every row; expected --map id=Title,")
    _, found = read_table(rows, {"id": "Title"})
    assert [one.id for one in found if isinstance(one, Row)] == ["Box 0", "Box 1", "Box 2"]


# --- variants --------------------------------------------------------------------------------------------------------


def describe_results(found: list[RowResult]) -> list[str]:
    return [one.id if isinstance(one, Row) else f"of {one.parent}" for one in found if not isinstance(one, RowProblem)]


@pytest.mark.parametrize("reported", [{}, {"id": "Variant SKU"}])
def test_a_row_that_only_continues_the_product_above_is_a_variant(reported: dict[str, str]) -> None:
    rows = [
        {"Handle": "shirt", "Title": "Shirt", "Option1 Value": "S", "Variant SKU": "S-1"},
        {"Handle": "shirt", "Option1 Value": "M", "Variant SKU": "S-2"},
        {"Handle": "shirt", "Image Src": "https://cdn.example.com/2.jpg"},
        {"Handle": "bowl", "Title": "Bowl", "Option1 Value": "Default Title", "Variant SKU": "B-1"},
    ]
    _, found = read_table(rows, reported)
    shirt, bowl = ("S-1", "B-1") if reported else ("shirt", "bowl")
    assert describe_results(found) == [shirt, f"of {shirt}", f"of {shirt}", bowl]
    assert all(isinstance(one, Variant | Row) for one in found)


def test_a_variation_names_its_parent_by_sku_or_number_before_or_behind_it() -> None:
    rows = [
        {"ID": "3", "Type": "variation", "SKU": "s-1", "Name": "Shirt - S", "Parent": "shirt"},
        {"ID": "1", "Type": "variable", "SKU": "shirt", "Name": "Shirt", "Parent": ""},
        {"ID": "2", "Type": "simple, virtual", "SKU": "", "Name": "Card", "Parent": ""},
        {"ID": "4", "Type": "variation", "SKU": "s-2", "Name": "Shirt - M", "Parent": "id:1"},
        {"ID": "5", "Type": "variation", "SKU": "x", "Name": "Gone", "Parent": "gone"},
    ]
    _, found = read_table(rows)
    assert describe_results(found) == ["1", "2", "of id:1", "of shirt"]
    assert [str(one) for one in found if isinstance(one, RowProblem)] == [
        "row 5: is a variant of 'gone'; expected a row with that id or SKU in the same input"
    ]
    assert len({one.parent_digest for one in found if isinstance(one, Variant)}) == 1


def test_variants_are_rows_where_requested_and_they_say_how_they_differ() -> None:
    shirt = {"Handle": "shirt", "Title": "Shirt", "Vendor": "Zeta", "Type": "Tops", "Variant SKU": "S-1"}
    rows = [
        shirt | {"Option1 Value": "S"},
        {"Handle": "shirt", "Option1 Value": "M", "Variant SKU": "S-2"},
        {"Handle": "shirt", "Image Src": "https://cdn.example.com/2.jpg"},
    ]
    _, found = read_table(rows, variants_are_rows=True)
    assert describe_results(found) == ["shirt", "S-2", "of shirt"]
    assert [(one.values["name"], one.values["category"]) for one in found if isinstance(one, Row)] == [
        ("Shirt", "Tops"),
        ("Shirt, M", "Tops"),
    ]


def test_variations_are_rows_where_requested() -> None:
    rows = [
        {"ID": "1", "Type": "variable", "SKU": "shirt", "Name": "Shirt", "Parent": ""},
        {"ID": "4", "Type": "variation", "SKU": "s-2", "Name": "Shirt - M", "Parent": "shirt"},
    ]
    _, found = read_table(rows, variants_are_rows=True)
    assert [(one.id, one.values["name"]) for one in found if isinstance(one, Row)] == [
        ("1", "Shirt"),
        ("s-2", "Shirt - M"),
    ]


def test_a_row_with_the_id_of_the_product_above_and_texts_of_its_own_is_a_duplicate() -> None:
    _, found = read_table([{"sku": "a", "name": "Mug"}, {"sku": "a", "name": "Tray"}])
    assert isinstance(found[1], RowProblem)


def test_a_row_without_id_and_texts_is_a_problem_where_no_column_speaks_of_variants() -> None:
    _, found = read_table([{"sku": "a", "name": "Mug", "price": "1"}, {"sku": "", "name": "", "price": "2"}])
    assert isinstance(found[1], RowProblem)


# --- categories and texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "category"),
    [
        ("Apparel > Shirts", "Categories", "Shirts"),
        ("Sale, Apparel > Shirts > Linen, New", "Categories", "Linen"),
        ("Apparel > Home\\, Garden", "Categories", "Home, Garden"),
        ("Apparel & Accessories > Hats, Caps", "Product Category", "Hats, Caps"),
        ("Ski/boarding", "category", "Ski/boarding"),
        ("Default Category/Gear,Default Category/Gear/Bags", "categories", "Bags"),
        ('["Clothing >> Shirts"]', "product_category_tree", "Shirts"),
        ("Kitchen", "Categories", "Kitchen"),
        (" > ", "Categories", ""),
    ],
)
def test_the_category_is_the_last_level_of_a_path(text: str, column: str, category: str) -> None:
    assert parse_category(text, column) == category


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            '<div style="color: #333"><p><b>Oak</b>wood<br>round &mdash; 20&nbsp;cm</p></div>',
            "Oakwood round \u2014 20 cm",
        ),
        ("<style>.a{color:red}</style><p>Oak</p><script>if (a<b) x()</script>", "Oak"),
        ("&lt;p&gt;Salt &amp;amp; pepper&lt;/p&gt;", "Salt & pepper"),
        ("x<img alt=\"a > b\" src='y'>z <!-- no --> <![CDATA[<b>in</b>]]>", "x z in"),
        ("<p>Light.</p>\\n<ul>\\n<li>Wash cold</li>\\n</ul>", "Light. Wash cold"),
        ("a < b, 5 <3, <XL> AT&T C:\\new", "a < b, 5 <3, <XL> AT&T C:\\new"),
        ('cut <a href="htt', "cut"),
        ("cut <!-- for ever", "cut"),
        ('[vc_row][vc_column width="1/2"]Oak tray[/vc_column][/vc_row]', "Oak tray"),
        ('[gallery ids="1,2"] Oak [caption id=a align="left"]tray[/caption]', "Oak tray"),
        ("[sic] Size [S-M] [2 pcs] [x] [pre-order]", "[sic] Size [S-M] [2 pcs] [x]"),
        ("<o:p>Word</o:p> <my-tag>web</my-tag>", "Word web"),
    ],
)
def test_texts_lose_their_markup_and_nothing_else(text: str, plain: str) -> None:
    assert strip_markup(text) == plain


@pytest.mark.parametrize(
    "piece",
    ['<a "', "<a '\"", "<script>", "<!--", "<p", "&amp;", "<style><", "&lt;p", "<p a='>", "[a_", "[a b=c ", '[a b="'],
)
def test_a_long_text_of_broken_markup_is_read_in_one_pass(piece: str) -> None:
    assert isinstance(strip_markup(piece * 20_000), str)


def write_prompt(theme: dict[str, Any] | None = None, **row: str) -> tuple[str, tuple[str, ...]]:
    _, found = read_table([{"id": "1"} | row])
    (one,) = found
    assert isinstance(one, Row)
    request = SeedRequest.model_validate(
        {"catalog": "shop", "source": "products", "theme": {"tail": ""} | (theme or {})}
    )
    prompt = write_row_prompt(one, request)
    return prompt.text.removeprefix("Product photo of "), prompt.left_out


def test_words_for_nothing_are_nothing() -> None:
    for word in (
        *("NULL", "NaN", "NA", "N/A", "None", "-", "nan", "n/a", "null", "undefined", "(null)", "[None]", "<NA>"),
        *("#N/A", "#REF!", "#VALUE!", "(blank)", "---", "?", "...", "n.a", "Not available"),
    ):
        assert write_prompt(name="Cap", color=word, material=word, description=word)[0] == "Cap"
    for word in ("blank", "value!", "name?", "Nana", "#1", "(x)", "empty"):
        assert word in write_prompt(name="Cap", color=word)[0]


def test_a_text_is_cut_only_after_its_markup_is_gone() -> None:
    style = "<style>" + ".a{margin:0} " * 100 + "</style>"
    assert write_prompt(name="Bench", description=f"{style}<p>Oak</p>")[0] == "Bench, Oak"


@pytest.mark.parametrize(
    ("row", "prompt", "left_out"),
    [
        ({"name": "Zet\u00e0\u00ae shoe", "brand": "Zeta"}, "shoe", ("'Zet\u00e0\u00ae' of name",)),
        ({"name": "Cap with Logo"}, "Cap with Logo", ()),
        ({"name": "Cap with Batman"}, "Cap with Batman", ()),
        ({"name": "Rose perfume", "brand": "Perfumes", "category": "Perfumes"}, "Rose perfume, Perfumes", ()),
        (
            {"name": "Orange juice", "brand": "Orange", "description": "Fresh orange juice."},
            "Orange juice, Fresh orange juice.",
            (),
        ),
        (
            {"name": "Cherry pie", "brand": "Cherry", "description": "A cherry pie of cherrys."},
            "Cherry pie, A cherry pie of cherrys.",
            (),
        ),
        ({"name": "Zeta", "brand": "Zeta", "category": "Shoes"}, "Shoes", ("'Zeta' of name",)),
        ({"name": "Zeta", "brand": "Zeta"}, "Zeta", ("'Zeta' of name",)),
        ({"name": "Shoe\u2122", "brand": "Generic"}, "Shoe", ()),
    ],
)
def test_a_brand_is_left_out_and_a_noun_is_not(row: dict[str, str], prompt: str, left_out: tuple[str, ...]) -> None:
    assert write_prompt({}, **row) == (prompt, left_out)


def test_the_words_that_a_theme_forbids_are_left_out_in_any_spelling() -> None:
    theme = {"forbiddenWords": ["Pok\u00e9mon", "Spider-Man", "logo"]}
    for name in ("Pokemon mug", "Spider Man mug", "SPIDERMAN\u00ae mug", "mug with logo", "Mug by Pok&eacute;mon"):
        assert write_prompt(theme, name=name)[0].casefold() == "mug"
