// Catalog Seeder in Azure: one resource group with the app, its storage, its model and its telemetry. docs/guides/operate-in-azure.md says how to use it.

targetScope = 'subscription'

// --- azd ----------------------------------------------------------------------------------------------------------------

@description('Name of the azd environment. Names of resources follow from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources except the model. It must offer Flex Consumption: az functionapp list-flexconsumption-locations.')
@minLength(3)
@maxLength(40)
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of the deploying person or pipeline; azd sets it.')
@maxLength(36)
param principalId string = ''

@description('Type of the deploying principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param principalType string = 'User'

@description('Whether the deploying person may read and write catalogs and call the model. Deploying needs neither.')
param grantPersonDataRoles bool = false

// --- Function app -------------------------------------------------------------------------------------------------------

@description('Memory of an instance in megabytes.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Maximum number of instances.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for durable work. 0 costs nothing while idle, but delays the first run by a cold start.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 1

@description('HTTP requests per instance at a time.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 16

@description('Maximum duration of one image call in seconds. It must stay below functionTimeout of host.json.')
@minValue(60)
@maxValue(1500)
param imageTimeoutSeconds int = 600

@description('Image calls at a time, for runs without their own value.')
@minValue(1)
@maxValue(64)
param parallelImageRequests int = 4

@description('Minimum level of log records.')
@allowed(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'])
param logLevel string = 'INFO'

@description('Client id of an Entra application that callers sign in to, in addition to the function key; empty: the key alone.')
@maxLength(36)
param entraClientId string = ''

@description('What needs a sign-in. tokens: each call needs a token; all: the same, and browsers are sent to the sign-in page; page: only the review page, and the API needs the function key alone.')
@allowed(['tokens', 'all', 'page'])
param entraSignIn string = 'tokens'

@description('Tenant of the callers; empty: the tenant of the deployment.')
@maxLength(36)
param entraTenantId string = ''

@description('Audiences of accepted tokens, comma-separated; empty: the client id, alone and as api://.')
@maxLength(1000)
param entraAllowedAudiences string = ''

@description('Object ids of the users and service principals that may sign in, comma-separated; empty: everyone whom the application admits.')
@maxLength(2000)
param entraAllowedPrincipals string = ''

// --- Durable backend ----------------------------------------------------------------------------------------------------

@description('Where orchestrations are stored: queues and tables of the host storage, or a Durable Task Scheduler.')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('Plan of the scheduler: Consumption is billed per action, Dedicated per month.')
@allowed(['Consumption', 'Dedicated'])
param schedulerSku string = 'Consumption'

@description('Address ranges that may reach the scheduler, comma-separated. Without a private network the app can have any Azure address.')
@minLength(9)
@maxLength(2000)
param schedulerIpAllowlist string = '0.0.0.0/0'

// --- Storage ------------------------------------------------------------------------------------------------------------

@description('Redundancy of the host storage.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param hostStorageSku string = 'Standard_LRS'

@description('Redundancy of the catalog storage.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param catalogStorageSku string = 'Standard_LRS'

@description('Days for which deleted and overwritten catalog data can be restored.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('Days after which the records of a run are deleted; the catalog and its images stay.')
@minValue(7)
@maxValue(3650)
param runRetentionDays int = 365

@description('Principal id of the importer identity, which may read the container catalogs; empty: none.')
@maxLength(36)
param importerPrincipalId string = ''

// --- Model --------------------------------------------------------------------------------------------------------------

@description('Region of the model. These regions offer the image models as GlobalStandard.')
@allowed(['eastus2', 'westus3', 'swedencentral', 'polandcentral'])
param modelLocation string = 'swedencentral'

@description('Name of an Azure OpenAI account to use instead of a new one; its deployments must have the names below. Empty: a new account.')
@maxLength(64)
param existingModelAccount string = ''

@description('Resource group of the existing account.')
@maxLength(90)
param existingModelResourceGroup string = ''

@description('Minimum severity that the content filter blocks. Low blocks more; Medium is the default of the service.')
@allowed(['Low', 'Medium'])
param contentFilterSeverity string = 'Medium'

@description('Name of the text deployment.')
@minLength(2)
@maxLength(64)
param textDeploymentName string = 'gpt-6-luna'

@description('Text model.')
@minLength(2)
@maxLength(64)
param textModelName string = 'gpt-6-luna'

@description('Version of the text model.')
@minLength(1)
@maxLength(32)
param textModelVersion string = '2026-09-22'

@description('Kind of the text deployment.')
@allowed(['GlobalStandard', 'DataZoneStandard', 'Standard'])
param textModelSku string = 'GlobalStandard'

@description('Capacity of the text deployment, in thousands of tokens per minute.')
@minValue(1)
@maxValue(10000)
param textModelCapacity int = 50

@description('Reasoning effort of text and vision models; omit: the parameter is not sent.')
@allowed(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'omit'])
param reasoningEffort string = 'low'

@description('Name of a deployment that scores images; empty: the text deployment scores them, and no other one is created.')
@maxLength(64)
param visionDeploymentName string = ''

@description('Vision model: a text model that reads images.')
@minLength(2)
@maxLength(64)
param visionModelName string = 'gpt-6-luna'

@description('Version of the vision model.')
@minLength(1)
@maxLength(32)
param visionModelVersion string = '2026-09-22'

@description('Kind of the vision deployment.')
@allowed(['GlobalStandard', 'DataZoneStandard', 'Standard'])
param visionModelSku string = 'GlobalStandard'

@description('Capacity of the vision deployment, in thousands of tokens per minute.')
@minValue(1)
@maxValue(10000)
param visionModelCapacity int = 50

@description('Whether there is an image deployment. Some image models require registration. Without a deployment the app generates items only.')
param imageModelEnabled bool = true

@description('Name of the image deployment.')
@minLength(2)
@maxLength(64)
param imageDeploymentName string = 'gpt-image-2'

@description('Image model.')
@minLength(2)
@maxLength(64)
param imageModelName string = 'gpt-image-2'

@description('Version of the image model.')
@minLength(1)
@maxLength(32)
param imageModelVersion string = '2026-04-21'

@description('Kind of the image deployment.')
@allowed(['GlobalStandard', 'DataZoneStandard', 'Standard'])
param imageModelSku string = 'GlobalStandard'

@description('Capacity of the image deployment, in units of the quota page.')
@minValue(1)
@maxValue(1000)
param imageModelCapacity int = 2

@description('Provider of images: azure deploys the image model above, mai deploys a MAI-Image model instead.')
@allowed(['azure', 'mai'])
param imageProvider string = 'azure'

@description('Name of the MAI-Image deployment.')
@minLength(2)
@maxLength(64)
param maiDeploymentName string = 'MAI-Image-2.6'

@description('MAI-Image model.')
@minLength(2)
@maxLength(64)
param maiModelName string = 'MAI-Image-2.6'

@description('Version of the MAI-Image model.')
@minLength(1)
@maxLength(32)
param maiModelVersion string = '2026-07-31'

@description('Capacity of the MAI-Image deployment, in units of the quota page.')
@minValue(1)
@maxValue(1000)
param maiModelCapacity int = 2

// --- Network ------------------------------------------------------------------------------------------------------------

@description('Whether both storages and the model are reached through private endpoints only.')
param vnetEnabled bool = false

@description('Address range of the network.')
@minLength(9)
@maxLength(18)
param vnetAddressPrefix string = '10.42.0.0/24'

@description('Address range of the subnet of the app, at least a /27.')
@minLength(9)
@maxLength(18)
param vnetAppPrefix string = '10.42.0.0/26'

@description('Address range of the subnet of the private endpoints, at least a /28.')
@minLength(9)
@maxLength(18)
param vnetEndpointPrefix string = '10.42.0.64/27'

// --- Telemetry and cost -------------------------------------------------------------------------------------------------

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Daily cap of telemetry in gigabytes; more is dropped until the next day.')
@minValue(1)
@maxValue(1000)
param logDailyCapGb int = 1

@description('Mail addresses for alerts and the budget, comma-separated; empty: alerts appear in the portal only.')
@maxLength(1000)
param alertEmails string = ''

@description('Percentage of the model calls in half an hour that may be refused for quota before an alert.')
@minValue(1)
@maxValue(100)
param rateLimitedSharePercent int = 50

@description('Number of instances at a time above which an alert fires.')
@minValue(1)
@maxValue(1000)
param instanceCountAlert int = 10

@description('Monthly budget of the resource group in the currency of the subscription; 0: none.')
@minValue(0)
@maxValue(1000000)
param budgetAmount int = 0

@description('First day of the month in which the budget begins, as YYYY-MM-01. Keep it: a budget\'s start cannot be moved.')
@maxLength(10)
param budgetStartDate string = ''

// --- Names --------------------------------------------------------------------------------------------------------------

var abbreviations = loadJsonContent('abbreviations.json')
var resourceToken = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var resourceGroupName = '${abbreviations.resourcesResourceGroups}${environmentName}'

var usesExistingModel = !empty(existingModelAccount)
var modelAccountName = usesExistingModel
  ? existingModelAccount
  : '${abbreviations.cognitiveServicesAccounts}${resourceToken}'
var modelResourceGroupName = usesExistingModel && !empty(existingModelResourceGroup)
  ? existingModelResourceGroup
  : resourceGroupName
var personPrincipalId = grantPersonDataRoles ? principalId : ''
var functionAppName = '${abbreviations.webSitesFunctions}${resourceToken}'
var catalogContainers = ['catalogs', 'runs', 'inputs', 'backups']

var textDeployment = {
  name: textDeploymentName
  model: textModelName
  version: textModelVersion
  sku: textModelSku
  capacity: textModelCapacity
}
var visionDeployment = {
  name: visionDeploymentName
  model: visionModelName
  version: visionModelVersion
  sku: visionModelSku
  capacity: visionModelCapacity
}
var imageDeployment = {
  name: imageDeploymentName
  model: imageModelName
  version: imageModelVersion
  sku: imageModelSku
  capacity: imageModelCapacity
}
var maiDeployment = {
  name: maiDeploymentName
  model: maiModelName
  version: maiModelVersion
  sku: 'GlobalStandard'
  capacity: maiModelCapacity
  format: 'Microsoft'
}
var usesMai = imageModelEnabled && imageProvider == 'mai'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

// --- Who the app is, and what watches it --------------------------------------------------------------------------------

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: '${abbreviations.managedIdentityUserAssignedIdentities}${resourceToken}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${resourceToken}'
    applicationInsightsName: '${abbreviations.insightsComponents}${resourceToken}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyCapGb: logDailyCapGb
  }
}

// --- What it keeps ------------------------------------------------------------------------------------------------------

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}host${resourceToken}'
    location: location
    tags: tags
    skuName: hostStorageSku
    isPrivate: vnetEnabled
  }
}

module catalogStorage 'modules/catalog-storage.bicep' = {
  name: 'catalog-storage'
  scope: group
  params: {
    name: '${abbreviations.storageStorageAccounts}cat${resourceToken}'
    location: location
    tags: tags
    skuName: catalogStorageSku
    isPrivate: vnetEnabled
    softDeleteDays: softDeleteDays
    runRetentionDays: runRetentionDays
    containerNames: catalogContainers
  }
}

// --- What it calls ------------------------------------------------------------------------------------------------------

module model 'modules/model.bicep' = if (!usesExistingModel) {
  name: 'model'
  scope: group
  params: {
    name: modelAccountName
    location: modelLocation
    tags: tags
    isPrivate: vnetEnabled
    contentFilterSeverity: contentFilterSeverity
    hasMaiModel: usesMai
    deployments: concat(
      [textDeployment],
      empty(visionDeploymentName) ? [] : [visionDeployment],
      usesMai ? [maiDeployment] : imageModelEnabled ? [imageDeployment] : []
    )
  }
}

module modelAccess 'modules/model-access.bicep' = {
  name: 'model-access-${resourceToken}'
  scope: resourceGroup(modelResourceGroupName)
  params: {
    accountName: modelAccountName
    appPrincipalId: identity.outputs.principalId
    personPrincipalId: personPrincipalId
    personPrincipalType: principalType
    grantsMai: usesMai
  }
  dependsOn: [
    model // the account is known by name only, as an existing one is
  ]
}

module scheduler 'modules/durable-scheduler.bicep' = if (durableBackend == 'DurableTaskScheduler') {
  name: 'durable-scheduler'
  scope: group
  params: {
    name: '${abbreviations.durableTaskSchedulers}${resourceToken}'
    location: location
    tags: tags
    skuName: schedulerSku
    ipAllowlist: schedulerIpAllowlist
    appPrincipalId: identity.outputs.principalId
  }
}

// --- Who may do what ----------------------------------------------------------------------------------------------------

module appRoles 'modules/app-roles.bicep' = {
  name: 'app-roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    catalogStorageName: catalogStorage.outputs.name
    catalogContainerNames: catalogContainers
    applicationInsightsName: monitoring.outputs.applicationInsightsName
  }
}

module readerRoles 'modules/reader-roles.bicep' = {
  name: 'reader-roles'
  scope: group
  params: {
    catalogStorageName: catalogStorage.outputs.name
    personPrincipalId: personPrincipalId
    personPrincipalType: principalType
    importerPrincipalId: importerPrincipalId
  }
}

// --- How it gets there --------------------------------------------------------------------------------------------------

module network 'modules/network.bicep' = if (vnetEnabled) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.networkVirtualNetworks}${resourceToken}'
    securityGroupName: '${abbreviations.networkNetworkSecurityGroups}${resourceToken}'
    location: location
    tags: tags
    addressPrefix: vnetAddressPrefix
    appPrefix: vnetAppPrefix
    endpointPrefix: vnetEndpointPrefix
  }
}

module privateEndpoints 'modules/private-endpoints.bicep' = if (vnetEnabled) {
  name: 'private-endpoints'
  scope: group
  params: {
    namePrefix: '${abbreviations.networkPrivateEndpoints}${resourceToken}'
    location: location
    tags: tags
    networkId: network!.outputs.id
    subnetId: network!.outputs.endpointSubnetId
    hostStorageId: hostStorage.outputs.id
    catalogStorageId: catalogStorage.outputs.id
    modelAccountId: modelAccess.outputs.accountId
  }
}

// --- The app ------------------------------------------------------------------------------------------------------------

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    planName: '${abbreviations.webServerFarms}${resourceToken}'
    name: functionAppName
    location: location
    tags: tags
    serviceName: 'api'
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
    hostStorageName: hostStorage.outputs.name
    packageContainerUrl: hostStorage.outputs.packageContainerUrl
    catalogStorageUrl: catalogStorage.outputs.blobUrl
    modelEndpoint: modelAccess.outputs.endpoint
    textDeploymentName: textDeploymentName
    visionDeploymentName: visionDeploymentName
    imageDeploymentName: imageDeploymentName
    maiDeploymentName: usesMai ? maiDeploymentName : ''
    maiEndpoint: usesMai ? modelAccess.outputs.maiEndpoint : ''
    reasoningEffort: reasoningEffort
    imageModelEnabled: imageModelEnabled
    imageTimeoutSeconds: imageTimeoutSeconds
    parallelImageRequests: parallelImageRequests
    logLevel: logLevel
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    schedulerEndpoint: durableBackend == 'DurableTaskScheduler' ? scheduler!.outputs.endpoint : ''
    taskHubName: durableBackend == 'DurableTaskScheduler' ? scheduler!.outputs.taskHubName : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    httpConcurrency: httpConcurrency
  }
  dependsOn: [
    appRoles // the host reads its package and takes its leases with these roles, as soon as it starts
    privateEndpoints
  ]
}

module signIn 'modules/sign-in.bicep' = if (!empty(entraClientId)) {
  name: 'sign-in'
  scope: group
  params: {
    appName: functionAppName
    clientId: entraClientId
    tenantId: empty(entraTenantId) ? tenant().tenantId : entraTenantId
    requiredFor: entraSignIn
    allowedAudiences: entraAllowedAudiences
    allowedPrincipals: entraAllowedPrincipals
  }
  dependsOn: [
    functionApp
  ]
}

// --- Alerts -------------------------------------------------------------------------------------------------------------

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    location: location
    tags: tags
    actionGroupName: '${abbreviations.insightsActionGroups}${resourceToken}'
    workspaceId: monitoring.outputs.workspaceId
    appName: functionAppName
    emails: alertEmails
    rateLimitedSharePercent: rateLimitedSharePercent
    instanceCount: instanceCountAlert
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    metrics: alerts.outputs.metrics
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  name: 'budget'
  scope: group
  params: {
    amount: max(budgetAmount, 1) // the compiler does not see that the condition excludes 0
    startDate: budgetStartDate
    contactEmails: alertEmails
  }
}

// --- What azd and people need; nothing here is a secret -----------------------------------------------------------------

output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_API_NAME string = functionApp.outputs.name
output SERVICE_API_URI string = functionApp.outputs.uri
output CATALOG_STORAGE_ACCOUNT string = catalogStorage.outputs.name
output CATALOG_STORAGE_URL string = catalogStorage.outputs.blobUrl
output AZURE_OPENAI_ENDPOINT string = modelAccess.outputs.endpoint
output AZURE_OPENAI_TEXT_DEPLOYMENT string = textDeploymentName
output AZURE_OPENAI_VISION_DEPLOYMENT string = visionDeploymentName
output AZURE_OPENAI_IMAGE_DEPLOYMENT string = imageDeploymentName
output APPLICATION_INSIGHTS_NAME string = monitoring.outputs.applicationInsightsName
output WORKBOOK_ID string = workbook.outputs.id
