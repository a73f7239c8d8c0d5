/**
 * Documents of the HTTP API that the page reads; `/api/openapi.json` describes them in full.
 *
 * @typedef {"approved" | "rejected" | "undecided"} Verdict
 * @typedef {{decision: Verdict, note: string | null, reviewer: string | null, at: string}} Decision
 * @typedef {{sha256: string, bytes: number, width: number, height: number, hasThumbnail: boolean, isPlaceholder: boolean, score: number | null, likeness?: number | null, runId: string | null, round: number | null, costUsd: number | null, styleDistance?: number | null}} ItemImage
 * @typedef {object} ItemRow
 * @property {string} productId
 * @property {string} itemId safe in addresses
 * @property {string} name
 * @property {string} category
 * @property {string} description
 * @property {string} imagePrompt
 * @property {string} filename
 * @property {"complete" | "missing" | "failed" | "placeholder"} state
 * @property {ItemImage | null} image
 * @property {{reason: string, message: string} | null} failure
 * @property {string | null} duplicateGroup
 * @property {Decision | null} decision
 * @typedef {{items: ItemRow[], total: number, offset: number, version: string, continuation: string | null, sections?: {key: string, items: number}[] | null}} ItemPage
 * @typedef {object} Round
 * @property {string} runId
 * @property {number} round
 * @property {boolean} isCurrent
 * @property {string} sha256
 * @property {number} bytes
 * @property {number} width
 * @property {number} height
 * @property {string | null} prompt
 * @property {number | null} score
 * @property {number | null} [likeness]
 * @property {{missing: string[], wrong: string[], unwanted: string[], unlike?: string[]} | null} findings
 * @property {number | null} imageCostUsd
 * @property {number | null} evaluationCostUsd
 * @property {string | null} model
 * @property {string} createdAt
 * @typedef {ItemRow & {rounds: Round[]}} ItemDetail
 * @typedef {{items: number, images: number, failed: number, placeholders: number, approved: number, rejected: number, undecided: number}} CatalogCounts
 * @typedef {object} CatalogSummary
 * @property {string} catalog
 * @property {CatalogCounts} counts
 * @property {number} categoryCount
 * @property {{productId: string, itemId: string, filename: string, sha256: string, hasThumbnail: boolean}[]} covers
 * @property {{runId: string, status: string, createdAt: string} | null} lastRun
 * @property {string | null} publishedAt
 * @property {"optional" | "required"} review
 * @typedef {CatalogSummary & {categories: {name: string, slug: string, items: number}[], version: string, hasStyleDistances?: boolean}} CatalogDetail
 * @typedef {{catalog: string, items: number, textCalls: number, imageCalls: number, inputTokens: number, outputTokens: number, costUsd: number, minimumSeconds: number | null, windowSeconds: number}} Estimate
 * @typedef {{recorded: number, decisions: (Decision & {productId: string, itemId: string, sha256: string})[], refused: {productId: string, reason: string, sha256: string | null}[]}} DecisionsAnswer
 * @typedef {object} RunStatus
 * @property {string} runId
 * @property {string} catalog
 * @property {string} status
 * @property {string} stage
 * @property {{categories: number, items: {accepted: number, target: number, rejected: number}, images: {done: number, failed: number, total: number, refined?: number}}} progress
 * @property {{limit: number, rateLimited: number, waitingUntil?: string, message?: string}} throttle
 * @property {{usd: number, calls: number, textCalls: number, imageCalls: number, inputTokens: number, outputTokens: number}} cost
 * @property {Record<string, number>} failures
 * @property {Record<string, string>} outputs
 * @property {string} createdAt
 * @property {string} updatedAt
 * @property {string | null} completedAt
 * @property {string | null} pausedUntil
 * @property {number} [awaitedImages] first items whose images wait for a decision
 * @property {{batches: number, images: number, done: number}} [imageBatches] the provider's open batches of images
 * @property {{batches: number, calls: number, done: number}} [textBatches] the same of text calls
 * @property {{reason: string, message: string} | null} error
 * @property {number} imagesKept
 * @property {number} imagesMade
 * @property {number} placeholders
 * @property {string[]} notes
 */

export {};
