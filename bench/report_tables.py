"""The tables of the report: their metrics, cases and targets."""

from bench.markdown_tables import Detail, Line, Unit, difference, figure, ratio

COMPARISON_INTRODUCTION = "Targets apply to the full workloads; small ones are mostly start-up and end."

COMPARISON = (
    Line(
        "share of the quota used, quota known to the run",
        Unit.PERCENT,
        figure("quota-told", "quotaUsed"),
        figure("baseline-quota", "quotaUsed"),
        "at least 95 %",
    ),
    Line(
        "image calls answered 429, quota known",
        Unit.PERCENT,
        figure("quota-told", "refusedShare"),
        figure("baseline-quota", "refusedShare"),
        "at most 5 %",
    ),
    Line(
        "share of the quota used, quota unknown",
        Unit.PERCENT,
        figure("quota-untold", "quotaUsed"),
        figure("baseline-quota", "quotaUsed"),
        "at least 90 %",
    ),
    Line(
        "image calls answered 429, quota unknown",
        Unit.PERCENT,
        figure("quota-untold", "refusedShare"),
        figure("baseline-quota", "refusedShare"),
        "at most 20 %",
    ),
    Line(
        "share of the quota used by eight runs together, quota unknown",
        Unit.PERCENT,
        figure("quota-untold-8", "quotaUsed"),
        target="at least 90 %",
    ),
    Line(
        "slowest of the eight runs, relative to their mean",
        Unit.TIMES,
        figure("quota-untold-8", "slowestOfMean"),
        target="at most 1.5 x",
    ),
    Line(
        "total time of {quota-untold} images under the quota, quota unknown",
        Unit.SECONDS,
        figure("quota-untold", "wallSeconds"),
        figure("baseline-quota", "wallSeconds"),
    ),
    Line(
        "share of the ideal throughput, 3 s each",
        Unit.PERCENT,
        figure("window-constant-3s", "idealShare"),
        target="at least 95 %",
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
        target="at least 88 %",
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
        "images billed again after a kill, of {kill}",
        Unit.COUNT,
        figure("kill", "excessImages"),
        figure("baseline-kill", "excessImages"),
        "at most 16, those in flight",
    ),
    Line(
        "orchestrator CPU per image, {growth-small} images",
        Unit.MILLISECONDS,
        figure("growth-small", "orchestratorCpuMsAnImage"),
        target="at most 10 ms",
    ),
    Line(
        "orchestrator CPU per image, {growth-medium} images",
        Unit.MILLISECONDS,
        figure("growth-medium", "orchestratorCpuMsAnImage"),
        target="at most 10 ms",
    ),
    Line(
        "orchestrator CPU per image, {growth-large} images",
        Unit.MILLISECONDS,
        figure("growth-large", "orchestratorCpuMsAnImage"),
        target="at most 10 ms",
    ),
    Line(
        "the same at {growth-medium} images, relative to {growth-small}",
        Unit.TIMES,
        ratio("growth-medium", "growth-small", "orchestratorCpuMsAnImage"),
        target="at most 1.3 x",
    ),
    Line(
        "orchestrator CPU per image, rate limited, {growth-paced-medium} images",
        Unit.MILLISECONDS,
        figure("growth-paced-medium", "orchestratorCpuMsAnImage"),
        target="at most 15 ms",
    ),
    Line(
        "the same at {growth-paced-medium} images, relative to {growth-paced-small}",
        Unit.TIMES,
        ratio("growth-paced-medium", "growth-paced-small", "orchestratorCpuMsAnImage"),
        target="at most 1.3 x",
    ),
    Line(
        "events of the longest history, {growth-large} images",
        Unit.COUNT,
        figure("growth-large", "longestHistory"),
        target="at most 1,000",
    ),
    Line(
        "peak memory of the host, {five-thousand} images of 1.5 MB",
        Unit.MEGABYTES,
        figure("five-thousand", "peakMemoryMb"),
    ),
    Line(
        "the same, relative to {five-hundred} images",
        Unit.TIMES,
        ratio("five-thousand", "five-hundred", "peakMemoryMb"),
        target="at most 1.3 x",
    ),
    *(
        Line(
            f"input tokens per item, {{prompts-{size}}} items",
            Unit.COUNT,
            figure(f"prompts-{size}", "inputTokensAnItem"),
            figure(f"baseline-prompts-{size}", "inputTokensAnItem"),
        )
        for size in ("small", "medium", "large")
    ),
    Line(
        "the same at {prompts-large} items, relative to {prompts-small}",
        Unit.TIMES,
        ratio("prompts-large", "prompts-small", "inputTokensAnItem"),
        ratio("baseline-prompts-large", "baseline-prompts-small", "inputTokensAnItem"),
        "at most 1.5 x",
    ),
    Line(
        "record bytes written per item, {growth-large} items",
        Unit.COUNT,
        figure("growth-large", "recordBytesAnItem"),
    ),
    Line(
        "the same, relative to {growth-small} items",
        Unit.TIMES,
        ratio("growth-large", "growth-small", "recordBytesAnItem"),
    ),
    Line(
        "images missing after a run with faults and a repair, {products-faults} products",
        Unit.COUNT,
        figure("products-faults", "missingImages"),
        target="0",
    ),
    Line(
        "its published rows that differ from the input",
        Unit.COUNT,
        figure("products-faults", "changedRows"),
        target="0",
    ),
    Line(
        "difference between its audited and billed cost",
        Unit.USD,
        difference("products-faults", "auditedUsd", "billedUsd"),
        target="less than a cent",
    ),
    Line(
        "peak memory of the host, {products-large} rows, relative to {products-small}",
        Unit.TIMES,
        ratio("products-large", "products-small", "peakMemoryMb"),
        target="at most 1.2 x",
    ),
    Line(
        "image calls, account blocked after 50",
        Unit.COUNT,
        figure("breaker", "imageCalls"),
        target="at most 66",
    ),
    Line(
        "images missing after a pause on the block and a resume",
        Unit.COUNT,
        figure("breaker-resumed", "missingImages"),
        target="0",
    ),
    Line("images billed again by it", Unit.COUNT, figure("breaker-resumed", "excessImages"), target="0"),
    Line("budget spent", Unit.PERCENT, figure("budget", "spentOfBudget"), target="at most one call over"),
    Line(
        "difference between reported and billed cost, {five-thousand} items",
        Unit.USD,
        difference("five-thousand", "reportedUsd", "billedUsd"),
        target="less than a cent",
    ),
    Line(
        "estimate relative to the bill, {five-thousand} items",
        Unit.PERCENT,
        figure("five-thousand", "estimateOfBill"),
        target="90 to 110 %",
    ),
    Line("import of the app in a fresh interpreter", Unit.SHORT_WINDOW_SECONDS, figure("cold-import", "wallSeconds")),
)

DETAILS = (
    Detail(
        "Under a quota",
        "600 image requests a minute, 2 s per image, `parallelImageRequests` 32 for each run. The quota is 100 "
        "requests in any 10 s, so a run that starts with an empty window may use slightly more than 100 %.",
        rows=[
            ("quota known, {items} images", "quota-told"),
            ("quota unknown, {items} images", "quota-untold"),
            ("two runs, quota known, {items} images each", "quota-told-2"),
            ("two runs, quota unknown, {items} images each", "quota-untold-2"),
            ("eight runs, quota unknown, {items} images each", "quota-untold-8"),
            ("plain script, {items} images", "baseline-quota"),
        ],
        columns=[
            ("quota used", "quotaUsed", Unit.PERCENT),
            ("answered 429", "refusedShare", Unit.PERCENT),
            ("first to last image", "imageSeconds", Unit.SECONDS),
            ("total time", "wallSeconds", Unit.SECONDS),
            ("slowest / mean", "slowestOfMean", Unit.TIMES),
        ],
    ),
    Detail(
        "A full window",
        "No quota, window 16. The ideal is 16 images per mean response time. The mean of a lognormal distribution is "
        "its median times exp(sigma² / 2), 13 % more for sigma 0.5.",
        rows=[
            ("3 s each, {items} images", "window-constant-3s"),
            ("1 s each, {items} images", "window-constant-1s"),
            ("lognormal 3 s, {items} images", "window-lognormal-3s"),
            ("plain script, 1 s each, {items} images", "baseline-window-constant-1s"),
        ],
        columns=[
            ("share of the ideal", "idealShare", Unit.PERCENT),
            ("first to last image", "imageSeconds", Unit.SECONDS),
            ("max concurrent", "mostAtOnce", Unit.COUNT),
        ],
    ),
    Detail(
        "Growth",
        "Images of 64x64 that take 0.5 s, window 32, batches of 50, so that the cost of the engine dominates. "
        "Rate-limited runs have a quota of 3,000 images a minute. Orchestrator CPU covers all replays and the "
        "journal; total CPU is that of the host process, with model client, images and store.",
        rows=[
            ("{items} images", "growth-small"),
            ("{items} images", "growth-medium"),
            ("{items} images", "growth-large"),
            ("{items} images, rate limited", "growth-paced-small"),
            ("{items} images, rate limited", "growth-paced-medium"),
        ],
        columns=[
            ("orchestrator CPU per image", "orchestratorCpuMsAnImage", Unit.MILLISECONDS),
            ("total CPU per image", "cpuMsAnItem", Unit.MILLISECONDS),
            ("longest history", "longestHistory", Unit.COUNT),
            ("record bytes per item", "recordBytesAnItem", Unit.COUNT),
            ("store operations per item", "storeOperationsAnItem", Unit.OPERATIONS),
            ("files listed per item", "filesListedAnItem", Unit.OPERATIONS),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("total time", "wallSeconds", Unit.SECONDS),
        ],
    ),
    Detail(
        "Prompts",
        "Dry runs with the default batch size of 20. The script sends every taken name to the model; a run sends a "
        "bounded number of the latest names, and the rules reject repetitions.",
        rows=[
            *(("{items} items", f"prompts-{size}") for size in ("small", "medium", "large")),
            *(("plain script, {items} items", f"baseline-prompts-{size}") for size in ("small", "medium", "large")),
        ],
        columns=[
            ("input tokens per item", "inputTokensAnItem", Unit.COUNT),
            ("items per text call", "itemsATextCall", Unit.OPERATIONS),
            ("total time", "wallSeconds", Unit.SECONDS),
        ],
    ),
    Detail(
        "Existing products",
        "Images of 64x64 for the rows of an input, without text calls. In the first case 30 % of the calls are "
        "throttled, 20 % of the prompts are refused, and 10 % of the calls time out and are billed (0.1 s per image, "
        "window 64); then the faults end, and a repair follows. The other cases have no faults and no latency, "
        "window 32; the largest runs only when it is named. A row counts as changed if its members, their order or the "
        "format of a number differ from the input.",
        rows=[
            ("{items} rows, faults, repair", "products-faults"),
            ("{items} rows", "products-small"),
            ("{items} rows", "products-large"),
        ],
        columns=[
            ("total time", "wallSeconds", Unit.SECONDS),
            ("missing before the repair", "missingBeforeRepair", Unit.COUNT),
            ("missing", "missingImages", Unit.COUNT),
            ("rows changed", "changedRows", Unit.COUNT),
            ("images billed", "billedImages", Unit.COUNT),
            ("audited images", "auditedImages", Unit.COUNT),
            ("billed", "billedUsd", Unit.USD),
            ("audited cost", "auditedUsd", Unit.USD),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("total CPU per item", "cpuMsAnItem", Unit.MILLISECONDS),
        ],
    ),
    Detail(
        "Kills, blocks and budgets",
        "A run is killed (`kill -9`) in the middle and restarted; the account is blocked after 50 images; the budget "
        "is half of a run's cost. *Billed again* counts billed images that are not in the catalog: after a kill "
        "those in flight, and for the script also all earlier ones, because it writes its catalog only at the end.",
        rows=[
            ("killed, {items} images", "kill"),
            ("plain script killed, {items} images", "baseline-kill"),
            ("account blocked, {items} items", "breaker"),
            ("account blocked, paused, resumed, {items} items", "breaker-resumed"),
            ("budget, {items} items", "budget"),
        ],
        columns=[
            ("image calls", "imageCalls", Unit.COUNT),
            ("images billed", "billedImages", Unit.COUNT),
            ("images stored", "images", Unit.COUNT),
            ("missing", "missingImages", Unit.COUNT),
            ("billed again", "excessImages", Unit.COUNT),
            ("billed", "billedUsd", Unit.USD),
            ("budget spent", "spentOfBudget", Unit.PERCENT),
        ],
    ),
    Detail(
        "Whole catalogs",
        "Images of 1.5 MB that take 3 s (lognormal, sigma 0.5), text answers 1 s, window 64: a tenth of real "
        "latencies. For the largest catalog a dry run generates the items, and a second run adds small images that "
        "take 0.5 s; it runs only when it is named.",
        rows=[
            ("{items} items", "five-hundred"),
            ("{items} items", "five-thousand"),
            ("{items} items, small images", "fifty-thousand"),
        ],
        columns=[
            ("total time", "wallSeconds", Unit.SECONDS),
            ("share of the ideal", "idealShare", Unit.PERCENT),
            ("peak memory", "peakMemoryMb", Unit.MEGABYTES),
            ("total CPU per item", "cpuMsAnItem", Unit.MILLISECONDS),
            ("longest history", "longestHistory", Unit.COUNT),
            ("reported cost", "reportedUsd", Unit.USD),
            ("billed cost", "billedUsd", Unit.USD),
            ("estimate / bill", "estimateOfBill", Unit.PERCENT),
            ("missing", "missingImages", Unit.COUNT),
            ("billed again", "excessImages", Unit.COUNT),
        ],
    ),
)
