// Roles to call the model. Deployed to the resource group of the account, which may differ from the app's.

@description('Name of the model account.')
@minLength(2)
@maxLength(64)
param accountName string

@description('Principal id of the app\'s identity.')
@minLength(36)
@maxLength(36)
param appPrincipalId string

@description('Object id of the deploying person; empty: no role.')
@maxLength(36)
param personPrincipalId string

@description('Type of the deploying principal.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param personPrincipalType string

@description('Whether the app calls a MAI-Image model, which the role for OpenAI models does not cover.')
param grantsMai bool

var roles = loadJsonContent('../roles.json')

resource account 'Microsoft.CognitiveServices/accounts@2026-07-01' existing = {
  name: accountName
}

resource appCallsModel 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, appPrincipalId, roles.cognitiveServicesOpenAiUser)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.cognitiveServicesOpenAiUser
    )
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource personCallsModel 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(personPrincipalId)) {
  name: guid(account.id, personPrincipalId, roles.cognitiveServicesOpenAiUser)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.cognitiveServicesOpenAiUser
    )
    principalId: personPrincipalId
    principalType: personPrincipalType
  }
}

resource appCallsMai 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (grantsMai) {
  name: guid(account.id, appPrincipalId, roles.cognitiveServicesUser)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.cognitiveServicesUser)
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource personCallsMai 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (grantsMai && !empty(personPrincipalId)) {
  name: guid(account.id, personPrincipalId, roles.cognitiveServicesUser)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.cognitiveServicesUser)
    principalId: personPrincipalId
    principalType: personPrincipalType
  }
}

output accountId string = account.id
output endpoint string = account.properties.endpoint
output maiEndpoint string = 'https://${account.properties.customSubDomainName}.services.ai.azure.com'
