"""What the tables show, and what the product is to keep to."""

from bench.markdown_tables import Detail, Line, difference, figure, ratio
from bench.number_format import Unit

COMPARISON_INTRODUCTION = "What is wanted is wanted of the full loads; a small one is mostly beginning and end."

COMPARISON = (
    Line(
        "share of the quota used, told to the run",
        Unit.PERCENT,
        figure("quota-told", "quotaUsed"),
        figure("baseline-quota", "quotaUsed"),
        "at least 95 %",
    ),
    Line(
        "image calls answered 429, told",
        Unit.PERCENT,
        figure("quota-told", "refusedShare"),
        figure("baseline-quota", "refusedShare"),
        "at most 5 %",
    ),
    Line(
        "share of the quota used, not told",
        Unit.PERCENT,
        figure("quota-untold", "quotaUsed"),
        figure("baseline-quota", "quotaUsed"),
        "at least 90 %",
    ),
    Line(
        "image calls answered 429, not told",
        Unit.PERCENT,
        figure("quota-untold", "refusedShare"),
        figure("baseline-quota", "refusedShare"),
        "at most 20 %",
    ),
    Line(
        "share of the quota used by eight runs together, not told",
        Unit.PERCENT,
        figure("quota-untold-8", "quotaUsed"),
        wanted="at least 90 %",
    ),
    Line(
        "slowest of the eight runs, of their mean",
        Unit.TIMES,
        figure("quota-untold-8", "slowestOfMean"),
        wanted="at most 1.5 x",
    ),
    Line(
        "whole time of {quota-untold} images under the quota, not told",
        Unit.SECONDS,
        figure("quota-untold", "wallSeconds"),
        figure("baseline-quota", "wallSeconds"),
    ),
    Line(
        "share of the ideal throughput, 3 s each",
        Unit.PERCENT,
        figure("window-constant-3s", "idealShare"),
        wanted="at least 95 %",
    ),
    Line(
        "share of the ideal throughput, 1 s each",
        Unit.PERCENT,
        figure("window-constant-1s", "idealShare"),
        figure("baseline-window-constant-1s", "idealShare"),
        "at least 92 %",
    ),
    Line(
        "share of the ideal throughput, lognormal 3 s",
        Unit.PERCENT,
        figure("window-lognormal-3s", "idealShare"),
        wanted="at least 88 %",
    ),
    Line(
        "first image in the store, after the start",
        Unit.SECONDS,
        figure("first-image", "firstImageSeconds"),
        figure("baseline-first-image", "firstImageSeconds"),
        "before the second batch",
    ),
    Line(
        "second batch in the store, after the start",
        Unit.SECONDS,
        figure("first-image", "secondBatchSeconds"),
    ),
    Line(
        "images paid again after a kill, of {kill}",
        Unit.COUNT,
        figure("kill", "excessImages"),
        figure("baseline-kill", "excessImages"),
        "at most 16, those in flight",
    ),
    Line(
        "orchestrator CPU an image, {growth-small} images",
        Unit.MILLISECONDS,
        figure("growth-small", "orchestratorCpuMsAnImage"),
        wanted="at most 10 ms",
    ),
    Line(
        "orchestrator CPU an image, {growth-medium} images",
        Unit.MILLISECONDS,
        figure("growth-medium", "orchestratorCpuMsAnImage"),
        wanted="at most 10 ms",
    ),
    Line(
        "orchestrator CPU an image, {growth-large} images",
        Unit.MILLISECONDS,
        figure("growth-large", "orchestratorCpuMsAnImage"),
        wanted="at most 10 ms",
    ),
    Line(
        "that at {growth-medium} images, of that at {growth-small}",
        Unit.TIMES,
        ratio("growth-medium", "growth-small", "orchestratorCpuMsAnImage"),
        wanted="at most 1.3 x",
    ),
    Line(
        "orchestrator CPU an image, paced, {growth-paced-medium} images",
        Unit.MILLISECONDS,
        figure("growth-paced-medium", "orchestratorCpuMsAnImage"),
        wanted="at most 15 ms",
    ),
    Line(
        "that at {growth-paced-medium} images, of that at {growth-paced-small}",
        Unit.TIMES,
        ratio("growth-paced-medium", "growth-paced-small", "orchestratorCpuMsAnImage"),
        wanted="at most 1.3 x",
    ),
    Line(
        "events of the longest history, {growth-large} images",
        Unit.COUNT,
        figure("growth-large", "longestHistory"),
        wanted="at most 1,000",
    ),
    Line(
        "peak memory of the host, {five-thousand} images of 1.5 MB",
        Unit.MEGABYTES,
        figure("five-thousand", "peakMemoryMb"),
    ),
    Line(
        "that, of the peak at {five-hundred} images",
        Unit.TIMES,
        ratio("five-thousand", "five-hundred", "peakMemoryMb"),
        wanted="at most 1.3 x",
    ),
    *(
        Line(
            f"input tokens an item, {{prompts-{size}}} items",
            Unit.COUNT,
            figure(f"prompts-{size}", "inputTokensAnItem"),
            figure(f"baseline-prompts-{size}", "inputTokensAnItem"),
        )
        for size in ("small", "medium", "large")
    ),
    Line(
        "those at {prompts-large} items, of those at {prompts-small}",
        Unit.TIMES,
        ratio("prompts-large", "prompts-small", "inputTokensAnItem"),
        ratio("baseline-prompts-large", "baseline-prompts-small", "inputTokensAnItem"),
        "at most 1.5 x",
    ),
    Line(
        "bytes of records written an item, {growth-large} items",
        Unit.COUNT,
        figure("growth-large", "recordBytesAnItem"),
    ),
    Line(
        "those, of those at {growth-small} items",
        Unit.TIMES,
        ratio("growth-large", "growth-small", "recordBytesAnItem"),
    ),
    Line(
        "images missing after a run through faults and a repair, {products-faults} products",
        Unit.COUNT,
        figure("products-faults", "missingImages"),
        wanted="0",
    ),
    Line(
        "rows of it that are not as they were given", Unit.COUNT, figure("products-faults", "changedRows"), wanted="0"
    ),
    Line(
        "its cost in the audits and billed differ",
        Unit.USD,
        difference("products-faults", "auditedUsd", "billedUsd"),
        wanted="less than a cent",
    ),
    Line(
        "peak memory of the host, {products-large} rows, of that at {products-small}",
        Unit.TIMES,
        ratio("products-large", "products-small", "peakMemoryMb"),
        wanted="at most 1.2 x",
    ),
    Line(
        "image calls in all, account blocked after 50",
        Unit.COUNT,
        figure("breaker", "imageCalls"),
        wanted="at most 66",
    ),
    Line(
        "images missing after a pause on the block and a resume",
        Unit.COUNT,
        figure("breaker-resumed", "missingImages"),
        wanted="0",
    ),
    Line("images paid again by it", Unit.COUNT, figure("breaker-resumed", "excessImages"), wanted="0"),
    Line("spent of the budget", Unit.PERCENT, figure("budget", "spentOfBudget"), wanted="at most one call more"),
    Line(
        "cost told and billed differ, {five-thousand} items",
        Unit.USD,
        difference("five-thousand", "reportedUsd", "billedUsd"),
        wanted="less than a cent",
    ),
    Line(
        "estimate before the run, of the bill, {five-thousand} items",
        Unit.PERCENT,
        figure("five-thousand", "estimateOfBill"),
        wanted="90 to 110 %",
    ),
    Line("import of the app in a fresh interpreter", Unit.SHORT_WINDOW_SECONDS, figure("cold-import", "wallSeconds")),
)

DETAILS = (
    Detail(
        "Under a quota",
        "600 image requests a minute, an answer takes 2 s, `parallelImageRequests` 32 for each run. The quota is 100 "
        "requests in any 10 s, so a run that starts with an empty window may come out a little above 100 %.",
        rows=[
            ("told 600 a minute, {quota-told} images", "quota-told"),
            ("not told, {quota-untold} images", "quota-untold"),
            ("two runs told, {quota-told-2} images each", "quota-told-2"),
            ("two runs not told, {quota-untold-2} images each", "quota-untold-2"),
            ("eight runs not told, {quota-untold-8} images each", "quota-untold-8"),
            ("plain script, {baseline-quota} images", "baseline-quota"),
        ],
        columns=[
            ("quota used", "quotaUsed", Unit.PERCENT),
            ("answered 429", "refusedShare", Unit.PERCENT),
            ("first to last image", "imageSeconds", Unit.SECONDS),
            ("whole time", "wallSeconds", Unit.SECONDS),
            ("slowest of mean", "slowestOfMean", Unit.TIMES),
        ],
    ),
    Detail(
        "A full window",
        "No quota, window 16. The ideal is 16 images in the mean time of an answer; a lognormal distribution's mean "
        "lies above its median by exp(sigma² / 2), which is 13 % for sigma 0.5.",
        rows=[
            ("3 s each, {window-constant-3s} images", "window-constant-3s"),
            ("1 s each, {window-constant-1s} images", "window-constant-1s"),
            ("lognormal 3 s, {window-lognormal-3s} images", "window-lognormal-3s"),
            ("plain script, 1 s each, {baseline-window-constant-1s} images", "baseline-window-constant-1s"),
        ],
        columns=[
            ("of the ideal throughput", "idealShare", Unit.PERCENT),
            ("first to last image", "imageSeconds", Unit.SECONDS),
            ("most at once", "mostAtOnce", Unit.COUNT),
        ],
    ),
    Detail(
        "Growth",
        "Images of 64x64 that take 0.5 s, window 32, batches of 50: what the engine itself costs has nowhere to hide. "
        "Paced runs are told 3,000 images a minute. Orchestrator CPU is that of all replays, journal included; the "
        "whole CPU is the host process's, with the model client, the images and the store.",
        rows=[
            ("{growth-small} images", "growth-small"),
            ("{growth-medium} images", "growth-medium"),
            ("{growth-large} images", "growth-large"),
            ("{growth-paced-small} images, paced", "growth-paced-small"),
            ("{growth-paced-medium} images, paced", "growth-paced-medium"),
        ],
        columns=[
            ("orchestrator CPU an image", "orchestratorCpuMsAnImage", Unit.MILLISECONDS),
            ("whole CPU an image", "cpuMsAnItem", Unit.MILLISECONDS),
            ("longest history", "longestHistory", Unit.COUNT),
            ("record bytes an item", "recordBytesAnItem", Unit.COUNT),
            ("store operations an item", "storeOperationsAnItem", Unit.OPERATIONS),
            ("files listed an item", "filesListedAnItem", Unit.OPERATIONS),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("whole time", "wallSeconds", Unit.SECONDS),
        ],
    ),
    Detail(
        "Prompts",
        "Dry runs with the default batch size of 20. The script shows the model every name that is taken; a run shows "
        "a bounded number of the latest ones and lets the rules find repetitions.",
        rows=[
            *((f"{{prompts-{size}}} items", f"prompts-{size}") for size in ("small", "medium", "large")),
            *(
                (f"plain script, {{baseline-prompts-{size}}} items", f"baseline-prompts-{size}")
                for size in ("small", "medium", "large")
            ),
        ],
        columns=[
            ("input tokens an item", "inputTokensAnItem", Unit.COUNT),
            ("items a text call", "itemsATextCall", Unit.OPERATIONS),
            ("whole time", "wallSeconds", Unit.SECONDS),
        ],
    ),
    Detail(
        "Products that are there",
        "Images of 64x64 for the rows of an input, no text call. First through faults: of the calls 30 % are "
        "throttled, 20 % of the prompts are refused and 10 % of the calls hang and are billed (0.1 s an answer, window "
        "64); then the service is well again, and a repair follows. The others are without faults and latency, window "
        "32; the largest is measured only when it is named. A row has changed if its members, their order or the "
        "spelling of a number are not as they were given.",
        rows=[
            ("{products-faults} rows, faults, repair", "products-faults"),
            ("{products-small} rows", "products-small"),
            ("{products-large} rows", "products-large"),
        ],
        columns=[
            ("whole time", "wallSeconds", Unit.SECONDS),
            ("missing before the repair", "missingBeforeRepair", Unit.COUNT),
            ("missing", "missingImages", Unit.COUNT),
            ("rows changed", "changedRows", Unit.COUNT),
            ("images billed", "billedImages", Unit.COUNT),
            ("in the audits", "auditedImages", Unit.COUNT),
            ("billed", "billedUsd", Unit.USD),
            ("in the audits", "auditedUsd", Unit.USD),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("whole CPU an item", "cpuMsAnItem", Unit.MILLISECONDS),
        ],
    ),
    Detail(
        "When something happens",
        "A run is killed (`kill -9`) in the middle and started again; the account is blocked after 50 images; half of "
        "what a run would cost is all that it may spend. Paid again are images that were billed and are not in the "
        "catalog: at a kill those in flight, for the script also all that it made before, because it writes down what "
        "it has only at its end.",
        rows=[
            ("killed, {kill} images", "kill"),
            ("plain script killed, {baseline-kill} images", "baseline-kill"),
            ("account blocked, {breaker} items", "breaker"),
            ("account blocked, paused, resumed, {breaker-resumed} items", "breaker-resumed"),
            ("budget, {budget} items", "budget"),
        ],
        columns=[
            ("image calls", "imageCalls", Unit.COUNT),
            ("images billed", "billedImages", Unit.COUNT),
            ("images there", "images", Unit.COUNT),
            ("missing", "missingImages", Unit.COUNT),
            ("paid again", "excessImages", Unit.COUNT),
            ("billed", "billedUsd", Unit.USD),
            ("of the budget", "spentOfBudget", Unit.PERCENT),
        ],
    ),
    Detail(
        "Whole catalogs",
        "Images of 1.5 MB that take 3 s (lognormal, sigma 0.5), text answers 1 s, window 64: a tenth of real "
        "latencies. The largest catalog is made by a dry run and then filled with small images that take 0.5 s; it "
        "is measured only when it is named.",
        rows=[
            ("{five-hundred} items", "five-hundred"),
            ("{five-thousand} items", "five-thousand"),
            ("{fifty-thousand} items, small images", "fifty-thousand"),
        ],
        columns=[
            ("whole time", "wallSeconds", Unit.SECONDS),
            ("of the ideal throughput", "idealShare", Unit.PERCENT),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("whole CPU an item", "cpuMsAnItem", Unit.MILLISECONDS),
            ("longest history", "longestHistory", Unit.COUNT),
            ("cost told", "reportedUsd", Unit.USD),
            ("cost billed", "billedUsd", Unit.USD),
            ("estimate, of the bill", "estimateOfBill", Unit.PERCENT),
            ("missing", "missingImages", Unit.COUNT),
            ("paid again", "excessImages", Unit.COUNT),
        ],
    ),
)
