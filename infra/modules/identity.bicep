// The identity with which the app signs in to storage, model, telemetry and scheduler.

@description('Name of the identity.')
@minLength(3)
@maxLength(128)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output id string = identity.id
output name string = identity.name
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
