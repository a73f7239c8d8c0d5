// Alerts on runs that fail, are lost, pause or make no progress, on refused calls (429), on the number of instances, and on the
// workspace's daily cap. The queries are in ../queries. The templates name the metrics here only.

@description('Names of the metrics that the app sends. The workbook gets them from this module\'s output.')
param metrics object = {
  // One per ended run; dimensions: status (Completed, CompletedWithFailures, Cancelled, Failed), reason, run_id, catalog.
  runs: 'catalog_seeder.runs'
  // One per pause; dimensions: reason, run_id, catalog.
  pauses: 'catalog_seeder.pauses'
  // One per ended image job; dimensions: outcome (made, kept, failed), reason.
  images: 'catalog_seeder.images'
  // One per answered or failed model call; dimensions: kind (text, vision, image), outcome (ok, or a reason code such as rate_limited).
  modelCalls: 'catalog_seeder.model_calls'
  // US dollars of each billed call; dimension: kind (text, vision, image).
  cost: 'catalog_seeder.cost_usd'
}

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the action group.')
@minLength(1)
@maxLength(260)
param actionGroupName string

@description('Resource id of the Log Analytics workspace.')
@minLength(1)
param workspaceId string

@description('Name of the function app, as its telemetry names it.')
@minLength(2)
param appName string

@description('Mail addresses, comma-separated; empty: alerts appear in the portal only.')
param emails string

@description('Percentage of the calls in half an hour that may be refused for quota.')
@minValue(1)
@maxValue(100)
param rateLimitedSharePercent int

@description('Number of instances at a time above which the alert fires. Image calls wait for answers, so few instances are enough.')
@minValue(1)
@maxValue(1000)
param instanceCount int

// Values for the names in double braces of a query. A share of fewer than 20 calls in half an hour is not significant. Two
// evaluations of the rule take place before a run has been without progress for half an hour.
var placeholders = union(metrics, { minCalls: '20', quietMinutes: '25' })

var addresses = empty(emails) ? [] : split(emails, ',')

// The columns of a query that the mail shows. After an outage records arrive late, so windows are longer than frequencies.
var rules = [
  {
    name: 'failed-runs'
    displayName: 'Catalog Seeder: a run failed'
    severity: 2
    query: loadTextContent('../queries/failed-runs.kql')
    dimensions: ['run', 'catalog', 'reason']
    frequency: 'PT5M'
    window: 'PT1H'
    threshold: 0
  }
  {
    name: 'broken-runs'
    displayName: 'Catalog Seeder: a run was terminated, or its orchestrator failed'
    severity: 2
    query: loadTextContent('../queries/broken-runs.kql')
    dimensions: ['run', 'catalog', 'status']
    frequency: 'PT5M'
    window: 'PT1H'
    threshold: 0
  }
  {
    name: 'paused-runs'
    displayName: 'Catalog Seeder: a blocked run waits for a person to resume it'
    severity: 2
    query: loadTextContent('../queries/paused-runs.kql')
    dimensions: ['run', 'catalog', 'reason']
    frequency: 'PT5M'
    window: 'PT1H'
    threshold: 0
  }
  {
    name: 'no-progress'
    displayName: 'Catalog Seeder: a run has made no progress for half an hour'
    severity: 2
    query: loadTextContent('../queries/no-progress.kql')
    dimensions: ['run', 'catalog', 'work']
    frequency: 'PT10M'
    window: 'PT1H'
    threshold: 0
  }
  {
    name: 'rate-limited-calls'
    displayName: 'Catalog Seeder: many model calls are refused for quota'
    severity: 3
    query: loadTextContent('../queries/rate-limited-calls.kql')
    dimensions: []
    frequency: 'PT15M'
    window: 'PT30M'
    threshold: rateLimitedSharePercent
  }
  {
    name: 'many-instances'
    displayName: 'Catalog Seeder: more instances than expected'
    severity: 3
    query: replace(loadTextContent('../queries/many-instances.kql'), '{{appName}}', appName)
    dimensions: []
    frequency: 'PT15M'
    window: 'PT30M'
    threshold: instanceCount
  }
  {
    name: 'daily-cap'
    displayName: 'Catalog Seeder: the workspace accepts no more telemetry today'
    severity: 2
    query: loadTextContent('../queries/daily-cap.kql')
    dimensions: []
    frequency: 'PT15M'
    window: 'PT1H'
    threshold: 0
  }
]

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'seeder'
    enabled: true
    emailReceivers: [
      for (address, index) in addresses: {
        name: 'mail-${index}'
        emailAddress: trim(address)
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.displayName
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: reduce(
              items(placeholders),
              rule.query,
              (query, placeholder) => replace(query, '{{${placeholder.key}}}', placeholder.value)
            )
            dimensions: map(rule.dimensions, column => { name: column, operator: 'Include', values: ['*'] })
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'value'
            operator: 'GreaterThan'
            threshold: rule.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: [actionGroup.id]
      }
      // The tables appear in a new workspace with the first telemetry.
      skipQueryValidation: true
    }
  }
]

output metrics object = metrics
