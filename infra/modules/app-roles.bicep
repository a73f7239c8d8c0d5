// Roles of the app's identity, each at the smallest scope that works.

@description('Principal id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param principalId string

@description('Name of the host\'s storage account.')
@minLength(3)
@maxLength(24)
param hostStorageName string

@description('Name of the catalogs\' storage account.')
@minLength(3)
@maxLength(24)
param catalogStorageName string

@description('Containers of the catalogs\' storage account that the app reads and writes.')
@minLength(1)
param catalogContainerNames array

@description('Name of the Application Insights resource.')
@minLength(1)
param applicationInsightsName string

var roles = loadJsonContent('../roles.json')

resource hostStorage 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: hostStorageName
}

resource catalogStorage 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: catalogStorageName
}

resource catalogBlobService 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' existing = {
  parent: catalogStorage
  name: 'default'
}

resource catalogContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' existing = [
  for containerName in catalogContainerNames: {
    parent: catalogBlobService
    name: containerName
  }
]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// The host creates containers in its storage and takes leases there, so it must own the blobs.
resource hostOwnsBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, principalId, roles.storageBlobDataOwner)
  scope: hostStorage
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource hostUsesQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, principalId, roles.storageQueueDataContributor)
  scope: hostStorage
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataContributor
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource hostUsesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, principalId, roles.storageTableDataContributor)
  scope: hostStorage
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource appWritesCatalogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (containerName, index) in catalogContainerNames: {
    name: guid(catalogStorage.id, containerName, principalId, roles.storageBlobDataContributor)
    scope: catalogContainers[index]
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource appSendsTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, principalId, roles.monitoringMetricsPublisher)
  scope: applicationInsights
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
