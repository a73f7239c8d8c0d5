// Further roles on catalogs: for the deploying person and for the importer, each only if a parameter asks for it.

@description('Name of the catalogs\' storage account.')
@minLength(3)
@maxLength(24)
param catalogStorageName string

@description('Object id of the deploying person, who may read and write catalogs; empty: no role.')
@maxLength(36)
param personPrincipalId string

@description('Type of the deploying principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param personPrincipalType string

@description('Principal id of the importer identity, which may read the container catalogs only; empty: no role.')
@maxLength(36)
param importerPrincipalId string

var roles = loadJsonContent('../roles.json')

resource catalogStorage 'Microsoft.Storage/storageAccounts@2026-04-01' existing = {
  name: catalogStorageName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2026-04-01' existing = {
  parent: catalogStorage
  name: 'default'
}

resource catalogs 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-04-01' existing = {
  parent: blobService
  name: 'catalogs'
}

resource personWritesCatalogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(personPrincipalId)) {
  name: guid(catalogStorage.id, personPrincipalId, roles.storageBlobDataContributor)
  scope: catalogStorage
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
    principalId: personPrincipalId
    principalType: personPrincipalType
  }
}

resource importerReadsCatalogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(importerPrincipalId)) {
  name: guid(catalogs.id, importerPrincipalId, roles.storageBlobDataReader)
  scope: catalogs
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
    principalId: importerPrincipalId
    principalType: 'ServicePrincipal'
  }
}
