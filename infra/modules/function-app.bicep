// The app: a Flex Consumption plan, the site, and its settings. It signs in everywhere with one identity, without keys.

@description('Name of the hosting plan.')
@minLength(1)
@maxLength(40)
param planName string

@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Value of the tag azd-service-name, by which azd finds the app for a service of azure.yaml.')
@minLength(1)
param serviceName string

@description('Resource id of the app\'s identity.')
@minLength(1)
param identityId string

@description('Client id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param identityClientId string

@description('Resource id of the subnet of the app; empty: no network.')
param subnetId string

@description('Name of the host\'s storage account.')
@minLength(3)
@maxLength(24)
param hostStorageName string

@description('URL of the private container with the deployed package.')
@minLength(1)
param packageContainerUrl string

@description('URL of the catalogs\' blob service.')
@minLength(1)
param catalogStorageUrl string

@description('URL of the model\'s account.')
@minLength(1)
param modelEndpoint string

@description('Name of the text deployment.')
@minLength(2)
@maxLength(64)
param textDeploymentName string

@description('Name of the vision deployment; empty: the text deployment scores images.')
@maxLength(64)
param visionDeploymentName string

@description('Name of the image deployment.')
@minLength(2)
@maxLength(64)
param imageDeploymentName string

@description('Name of the MAI-Image deployment; empty: Azure OpenAI generates images.')
@maxLength(64)
param maiDeploymentName string

@description('URL of the account with the MAI-Image deployment; empty: there is none.')
param maiEndpoint string

@description('Reasoning effort of text and vision models; omit: the parameter is not sent.')
@allowed(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'omit'])
param reasoningEffort string

@description('Whether there is an image deployment. Without one, the default of requests is a dry run.')
param imageModelEnabled bool

@description('Maximum duration of one image call in seconds.')
@minValue(60)
@maxValue(1500)
param imageTimeoutSeconds int

@description('Image calls at a time, for runs without their own value.')
@minValue(1)
@maxValue(64)
param parallelImageRequests int

@description('Minimum level of log records.')
@allowed(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])
param logLevel string

@description('Name of the Application Insights resource.')
@minLength(1)
param applicationInsightsName string

@description('Endpoint of the Durable Task Scheduler; empty: the durable backend is the host\'s storage.')
param schedulerEndpoint string

@description('Name of the task hub in the scheduler.')
param taskHubName string

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Maximum number of instances.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Instances that always wait for durable work.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int

@description('HTTP requests per instance at a time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

var baseSettings = {
  // The host and every SDK sign in with the identity above, without a connection string.
  AZURE_CLIENT_ID: identityClientId
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Otherwise the exporter sends statistics about itself and fetches remote settings.
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'True'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'True'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'True'

  // Settings of shared/config.py. The others keep their defaults; docs/reference/deployment.md says why.
  AZURE_OPENAI_ENDPOINT: modelEndpoint
  AZURE_OPENAI_TEXT_DEPLOYMENT: textDeploymentName
  AZURE_OPENAI_VISION_DEPLOYMENT: visionDeploymentName
  AZURE_OPENAI_IMAGE_DEPLOYMENT: imageDeploymentName
  IMAGE_PROVIDER: empty(maiDeploymentName) ? 'azure' : 'mai'
  IMAGE_MODEL: maiDeploymentName // empty: the deployment above
  MAI_ENDPOINT: maiEndpoint
  REASONING_EFFORT: reasoningEffort
  IMAGE_TIMEOUT_SECONDS: string(imageTimeoutSeconds)
  PARALLEL_IMAGE_REQUESTS: string(parallelImageRequests)
  DRY_RUN: imageModelEnabled ? 'false' : 'true'
  LOG_LEVEL: logLevel
  STORE: 'blob'
  CATALOG_STORAGE_URL: catalogStorageUrl
  CATALOGS_CONTAINER: 'catalogs'
  RUNS_CONTAINER: 'runs'
  INPUTS_CONTAINER: 'inputs'
  BACKUPS_CONTAINER: 'backups'
}

// host.json configures the storage backend; these settings replace it with the scheduler.
var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
  AzureFunctionsJobHost__extensions__durableTask__hubName: taskHubName
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
}

// Orchestrators, activities and entities scale together, as the group "durable".
var durableGroup = {
  name: 'durable'
  instanceCount: alwaysReadyInstances
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.12'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [durableGroup]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(baseSettings, empty(schedulerEndpoint) ? {} : schedulerSettings)
}

// Deployment requires an Entra token; user name and password are disabled.
resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
