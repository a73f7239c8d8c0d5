// Azure OpenAI: the account, its content filter, and the text, vision and image deployments. Sign-in with Entra only.

@description('Name of the account; also its subdomain, which Entra tokens need.')
@minLength(2)
@maxLength(64)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Whether the account is reached through private endpoints only.')
param isPrivate bool

@description('Lowest severity that the content filter blocks: Low blocks most, Medium is what the service does by itself.')
@allowed(['Low', 'Medium'])
param contentFilterSeverity string

@description('The deployments: each has name, model, version, sku and capacity.')
@minLength(1)
@maxLength(3)
param deployments array

var harms = ['Hate', 'Sexual', 'Violence', 'Selfharm']

var promptFilters = [
  for harm in harms: {
    name: harm
    source: 'Prompt'
    severityThreshold: contentFilterSeverity
    blocking: true
    enabled: true
  }
]

var completionFilters = [
  for harm in harms: {
    name: harm
    source: 'Completion'
    severityThreshold: contentFilterSeverity
    blocking: true
    enabled: true
  }
]

// A theme is text from a caller: an attempt to talk the model out of its instructions is refused as well.
var jailbreakFilter = {
  name: 'Jailbreak'
  source: 'Prompt'
  blocking: true
  enabled: true
}

resource account 'Microsoft.CognitiveServices/accounts@2026-07-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: {
    name: 'S0'
  }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

resource contentFilter 'Microsoft.CognitiveServices/accounts/raiPolicies@2026-07-01' = {
  parent: account
  name: 'catalog-seeder'
  properties: {
    mode: 'Blocking'
    basePolicyName: 'Microsoft.DefaultV2'
    contentFilters: concat(promptFilters, completionFilters, [jailbreakFilter])
  }
}

// One after the other: an account refuses two changes at a time.
@batchSize(1)
resource modelDeployments 'Microsoft.CognitiveServices/accounts/deployments@2026-07-01' = [
  for deployment in deployments: {
    parent: account
    name: deployment.name
    sku: {
      name: deployment.sku
      capacity: deployment.capacity
    }
    properties: {
      model: {
        format: 'OpenAI'
        name: deployment.model
        version: deployment.version
      }
      raiPolicyName: contentFilter.name
      // A model that is retired is followed by its successor; until then the version is the one asked for.
      versionUpgradeOption: 'OnceCurrentVersionExpired'
    }
  }
]

output name string = account.name
