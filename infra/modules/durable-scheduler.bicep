// Durable Task Scheduler: a managed backend instead of queues and tables in the host storage.

@description('Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Plan: Consumption is billed per action, Dedicated per month.')
@allowed(['Consumption', 'Dedicated'])
param skuName string

@description('Address ranges that may reach the scheduler, comma-separated. A caller needs an Entra role as well.')
@minLength(9)
param ipAllowlist string

@description('Name of the task hub.')
@minLength(3)
@maxLength(64)
param taskHubName string = 'catalogseeder'

@description('Principal id of the app\'s identity, which runs orchestrations in the task hub.')
@minLength(36)
@maxLength(36)
param appPrincipalId string

var skus = {
  Consumption: {
    name: 'Consumption'
  }
  Dedicated: {
    name: 'Dedicated'
    capacity: 1
  }
}

var roles = loadJsonContent('../roles.json')

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: skus[skuName]
    ipAllowlist: split(ipAllowlist, ',')
    publicNetworkAccess: 'Enabled'
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHubName
}

resource appUsesTaskHub 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(taskHub.id, appPrincipalId, roles.durableTaskDataContributor)
  scope: taskHub
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.durableTaskDataContributor
    )
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = scheduler.properties.endpoint
output taskHubName string = taskHub.name
