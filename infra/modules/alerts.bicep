// Alerts on failed runs, on a high share of refused calls (429), and on many instances. Metric names are told here and nowhere else.

@description('Names of the metrics that the app sends. The workbook gets them from this module\'s output.')
param metrics object = {
  // One at the end of each run; dimensions: status (Completed, CompletedWithFailures, Cancelled, Failed), reason.
  runs: 'catalog_seeder.runs'
  // One at the end of each image job; dimensions: outcome (made, kept, failed), reason.
  images: 'catalog_seeder.images'
  // One an answered or failed model call; dimensions: kind (text, vision, image), outcome (ok, or a reason code such as rate_limited).
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

@description('Who gets a mail, comma-separated; empty: the alerts show in the portal only.')
param emails string

@description('Per cent of the calls of half an hour that may be refused for quota.')
@minValue(1)
@maxValue(100)
param rateLimitedSharePercent int

@description('Instances at a time that are more than expected: image calls wait, they need few.')
@minValue(1)
@maxValue(1000)
param instanceCount int

// Below this many calls in half an hour a share says nothing.
var leastCalls = 20

var addresses = empty(emails) ? [] : split(emails, ',')

var rules = [
  {
    name: 'failed-runs'
    displayName: 'Catalog Seeder: a run failed'
    severity: 2
    query: join(
      [
        'AppMetrics'
        '| where Name == "${metrics.runs}" and tostring(Properties.status) == "Failed"'
        '| summarize value = sum(Sum)'
      ],
      '\n'
    )
    frequency: 'PT5M'
    window: 'PT15M'
    threshold: 0
  }
  {
    name: 'rate-limited-calls'
    displayName: 'Catalog Seeder: many model calls are refused for quota'
    severity: 3
    query: join(
      [
        'AppMetrics'
        '| where Name == "${metrics.modelCalls}"'
        '| summarize refused = sumif(Sum, tostring(Properties.outcome) == "rate_limited"), calls = sum(Sum)'
        '| where calls >= ${leastCalls}'
        '| project value = 100.0 * refused / calls'
      ],
      '\n'
    )
    frequency: 'PT15M'
    window: 'PT30M'
    threshold: rateLimitedSharePercent
  }
  {
    // Flex Consumption has no metric for it; every worker signs its telemetry with its instance.
    name: 'many-instances'
    displayName: 'Catalog Seeder: more instances than expected'
    severity: 3
    query: join(
      [
        'union isfuzzy=true AppTraces, AppRequests, AppDependencies, AppMetrics'
        '| where AppRoleName == "${appName}"'
        '| summarize instances = dcount(AppRoleInstance) by bin(TimeGenerated, 5m)'
        '| summarize value = max(instances)'
      ],
      '\n'
    )
    frequency: 'PT15M'
    window: 'PT30M'
    threshold: instanceCount
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
            query: rule.query
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
