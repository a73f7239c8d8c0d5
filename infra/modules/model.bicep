// The model account, its content filter, and the text, vision and image deployments. Sign-in with Entra only.

@description('Name of the account, and its subdomain, which Entra tokens require.')
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

@description('Minimum severity that the content filter blocks. Low blocks more; Medium is the default of the service.')
@allowed(['Low', 'Medium'])
param contentFilterSeverity string

@description('Whether a deployment is a MAI-Image model, which an account of kind OpenAI cannot have.')
param hasMaiModel bool

@description('The deployments, each with name, model, version, sku and capacity, and with format for models that are not OpenAI\'s.')
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

// A theme is text from a caller, so attempts to override the model's instructions are refused, too.
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
  kind: hasMaiModel ? 'AIServices' : 'OpenAI'
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

// One after another: an account refuses concurrent changes.
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
        format: deployment.?format ?? 'OpenAI'
        name: deployment.model
        version: deployment.version
      }
      raiPolicyName: contentFilter.name
      // Keeps the version until the model is retired, and then upgrades to its successor.
      versionUpgradeOption: 'OnceCurrentVersionExpired'
    }
  }
]

output name string = account.name
