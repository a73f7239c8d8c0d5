"""The options of the commands: their names and help texts."""

from pathlib import Path
from typing import Annotated, Literal

import typer

CatalogOption = Annotated[str, typer.Option(metavar="NAME", help="The catalog.")]

TargetCountOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Items that the catalog is to hold, 1-50000 (200)."),
]
CategoryCountOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Categories of a new catalog, 1-100 (20)."),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Items asked for in one text call, 1-50 (20)."),
]
ThemeOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="JSON file of what the catalog is about: subject, openings, tail, forbiddenWords, promptTemplate.",
    ),
]
ForceCategoriesOption = Annotated[
    bool | None,
    typer.Option("--force-categories/--no-force-categories", help="Make the categories anew although there are some."),
]
ValidateItemsOption = Annotated[
    bool | None,
    typer.Option(
        "--validate-items/--no-validate-items", " /--no-validate", help="Hold items to the content rules (default)."
    ),
]
PublishOption = Annotated[
    bool | None,
    typer.Option(
        "--publish/--no-publish", help="Write catalog.json at the end (default), or leave it for 'seeder publish'."
    ),
]
DryRunOption = Annotated[
    bool | None,
    typer.Option("--dry-run/--no-dry-run", "--skip-images/--no-skip-images", help="Make the items, but no images."),
]
ForceImagesOption = Annotated[
    bool | None,
    typer.Option("--force-images/--no-force-images", help="Make every image again, and pay for it once more."),
]
ImageSizeOption = Annotated[
    str | None,
    typer.Option(metavar="WxH", help="Pixels (1024x1024)."),
]
ImageQualityOption = Annotated[
    str | None,
    typer.Option(metavar="LEVEL", help="low, medium (default) or high; gpt-image-2.5 also has xhigh and max."),
]
ImageFormatOption = Annotated[
    str | None,
    typer.Option(metavar="FORMAT", help="png (default) or jpeg."),
]
ThumbnailsOption = Annotated[
    bool | None,
    typer.Option("--thumbnails/--no-thumbnails", help="Make a small WebP of each image, too (default)."),
]
PlaceholderOption = Annotated[
    bool | None,
    typer.Option(
        "--placeholder/--no-placeholder",
        help="Draw a card with the name for an item whose image the content policy refuses; it counts as failed.",
    ),
]
ParallelImageRequestsOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Image calls at a time, 1-64 (4)."),
]
ImageRequestsPerMinuteOption = Annotated[
    float | None,
    typer.Option(metavar="N", help="The quota of image calls, if you know it: starts are spread evenly under it."),
]
ParallelTextRequestsOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Text calls at a time, each for categories, or rows, of its own, 1-16 (1)."),
]
MaxCostUsdOption = Annotated[
    float | None,
    typer.Option(metavar="USD", help="Budget by list prices: no call is made that could go beyond it."),
]
AcceptEstimateOption = Annotated[
    bool | None,
    typer.Option(
        "--accept-estimate/--no-accept-estimate",
        help="Start although the estimate is above the budget, and stop there.",
    ),
]
EstimateOption = Annotated[
    bool,
    typer.Option("--estimate", help="Tell calls, tokens, cost and time of the run, and make nothing."),
]
MaxRetriesOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Further tries of a failed call, 0-10 (5); waiting for the quota does not count."),
]

PauseOnBlockOption = Annotated[
    bool | None,
    typer.Option(
        "--pause-on-block/--no-pause-on-block",
        help="Where the account is blocked or most calls fail: wait for 'seeder resume' instead of failing.",
    ),
]
PauseLimitMinutesOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="How long a paused run waits before it fails, 1-8640 (1440)."),
]

SourceOption = Annotated[
    Literal["generate", "products", "prompts"] | None,
    typer.Option(help="Where the items come from: the text model (default), or the rows of --input."),
]
InspectedSourceOption = Annotated[
    Literal["products", "prompts"],
    typer.Option("--source", help="What the rows are."),
]
RefineIterationsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Images of an item in all, 0-3 (0): each is looked at, and drawn again from a better prompt; the best "
        "one is kept. 0 = not looked at.",
    ),
]
RefineAcceptScoreOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="With --refine-iterations: an image of this score is kept at once, 0-100 (85)."),
]
PolicyRewritesOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="How often a prompt that the content policy refuses is put in neutral words, 0-2 (0)."
    ),
]
InputOption = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="JSON array, JSON Lines, CSV or TSV; or inputs/NAME of what is in the store."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(metavar="FIELD=COLUMN", help="Which column holds a field, if the guess is wrong; may be repeated."),
]
PromptWriterOption = Annotated[
    Literal["template", "model"] | None,
    typer.Option(help="Who writes the image prompts of rows that have none: the theme (default), or the text model."),
]
SkipInvalidOption = Annotated[
    bool | None,
    typer.Option("--skip-invalid/--no-skip-invalid", help="Leave rows out that cannot be used, and tell them."),
]
KeepChangedOption = Annotated[
    bool | None,
    typer.Option(
        "--keep-changed/--no-keep-changed",
        help="Keep the image of a row whose text has changed, instead of generating a new one.",
    ),
]
VariantImagesOption = Annotated[
    bool | None,
    typer.Option("--variant-images/--no-variant-images", help="Generate an image for each variant of a product, too."),
]
ImageBaseUrlOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where the images will be served: imageUrl of catalog.json begins with it."),
]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The input.")]

OutputDirOption = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of catalogs and of the host's journal (./data_seed)."),
]
StoreOption = Annotated[
    Literal["folder", "blob"] | None,
    typer.Option(help="Keep catalogs in the folder (default) or in Blob Storage."),
]
OfflineOption = Annotated[
    bool,
    typer.Option("--offline", help="Let a simulator on this machine play the model; costs nothing."),
]
FaultsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --offline: JSON file of faults to simulate."),
]
SimulatorFaultsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="JSON file of faults to simulate."),
]
UrlOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Let the app that is deployed there do it."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="Its function key; better given as FUNCTIONS_KEY."),
]
ResumeOption = Annotated[
    bool,
    typer.Option("--resume", show_default=False, help="Go on where an earlier run stopped; always so."),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object, also on failure."),
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="Id of the run, or a catalog's name for its latest run.")
]
NewestRunArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Id of the run, or a catalog's name for its latest run. Default: the latest.",
        show_default=False,
    ),
]
ListedRunArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[RUN]",
        help="Id of the run, or a catalog's name for its latest run. Default: the latest run, and a list.",
        show_default=False,
    ),
]
LimitOption = Annotated[int, typer.Option(min=1, max=100, help="How many runs to list.")]
SeedOption = Annotated[int, typer.Option(help="All answers and faults follow from it.")]
ServePortOption = Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 = any free port.")]
SimulatorPortOption = Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 = any free port.")]
