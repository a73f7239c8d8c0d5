// Storage of the Functions host: leases, queues and tables of the durable backend, and the deployed package. No catalog data.

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Redundancy. After a loss the app can be deployed again, and runs continue from the catalog storage.')
@allowed(['Standard_LRS', 'Standard_ZRS'])
param skuName string

@description('Name of the private container that holds the deployed package.')
@minLength(3)
@maxLength(63)
param packageContainerName string = 'app-package'

@description('Whether the account is reached through private endpoints only.')
param isPrivate bool

resource account 'Microsoft.Storage/storageAccounts@2026-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: 7
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 7
    }
  }
}

resource packageContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = {
  parent: blobService
  name: packageContainerName
  properties: {
    publicAccess: 'None'
  }
}

output id string = account.id
output name string = account.name
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packageContainer.name}'
