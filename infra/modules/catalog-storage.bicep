// Storage of catalogs, runs, inputs and backups: private containers with versions and soft delete; records of old runs expire.

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Redundancy.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param skuName string

@description('Whether the account is reached through private endpoints only.')
param isPrivate bool

@description('Days for which deleted and overwritten blobs, and deleted containers, can be restored.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Days after which the records of a run are deleted; the catalog and its images stay.')
@minValue(7)
@maxValue(3650)
param runRetentionDays int

@description('Names of the containers.')
@minLength(1)
param containerNames string[]

// A run id starts with a number of 13 digits, so these ten prefixes match all runs. They exclude runs/keys/, the
// Idempotency-Keys, because a key means the same run forever. A rule can have ten prefixes at most.
var runPrefixes = [
  'runs/0'
  'runs/1'
  'runs/2'
  'runs/3'
  'runs/4'
  'runs/5'
  'runs/6'
  'runs/7'
  'runs/8'
  'runs/9'
]

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
    isVersioningEnabled: true
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' = [
  for containerName in containerNames: {
    parent: blobService
    name: containerName
    properties: {
      publicAccess: 'None'
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2026-04-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'delete-old-runs'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: runPrefixes
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: runRetentionDays
                }
              }
            }
          }
        }
        {
          // Every write of a progress file or a heartbeat creates a version.
          name: 'delete-old-versions'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
            }
            actions: {
              version: {
                delete: {
                  daysAfterCreationGreaterThan: softDeleteDays
                }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [
    blobService // versioning has to be on first
  ]
}

output id string = account.id
output name string = account.name
output blobUrl string = account.properties.primaryEndpoints.blob
