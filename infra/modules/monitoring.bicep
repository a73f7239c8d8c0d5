// Traces, metrics and logs: a workspace, and Application Insights on it. Both accept Entra tokens only.

@description('Name of the Log Analytics workspace.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Name of the Application Insights resource.')
@minLength(1)
@maxLength(255)
param applicationInsightsName string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('Daily cap of telemetry in gigabytes; more is dropped until the next day.')
@minValue(1)
@maxValue(1000)
param dailyCapGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyCapGb
    }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output applicationInsightsId string = applicationInsights.id
output applicationInsightsName string = applicationInsights.name
