// Private endpoints of both storages and the model, and their DNS zones.

@description('Prefix of the endpoints\' names.')
@minLength(1)
@maxLength(40)
param namePrefix string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the virtual network.')
@minLength(1)
param networkId string

@description('Resource id of the subnet of the endpoints.')
@minLength(1)
param subnetId string

@description('Resource id of the host\'s storage account.')
@minLength(1)
param hostStorageId string

@description('Resource id of the catalogs\' storage account.')
@minLength(1)
param catalogStorageId string

@description('Resource id of the model account.')
@minLength(1)
param modelAccountId string

var blobZone = 'privatelink.blob.${environment().suffixes.storage}'
var queueZone = 'privatelink.queue.${environment().suffixes.storage}'
var tableZone = 'privatelink.table.${environment().suffixes.storage}'
// An account of kind OpenAI uses the first zone, one of kind AIServices uses all of them.
var modelZones = [
  'privatelink.openai.azure.com'
  'privatelink.cognitiveservices.azure.com'
  'privatelink.services.ai.azure.com'
]
var zoneNames = concat([blobZone, queueZone, tableZone], modelZones)

var targets = [
  { name: 'host-blob', resourceId: hostStorageId, groupId: 'blob', zones: [blobZone] }
  { name: 'host-queue', resourceId: hostStorageId, groupId: 'queue', zones: [queueZone] }
  { name: 'host-table', resourceId: hostStorageId, groupId: 'table', zones: [tableZone] }
  { name: 'catalog-blob', resourceId: catalogStorageId, groupId: 'blob', zones: [blobZone] }
  { name: 'model', resourceId: modelAccountId, groupId: 'account', zones: modelZones }
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in zoneNames: {
    parent: zones[index]
    name: 'catalog-seeder'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: '${namePrefix}-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: {
        id: subnetId
      }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.resourceId
            groupIds: [target.groupId]
          }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, index) in targets: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        for zone in target.zones: {
          name: replace(zone, '.', '-')
          properties: {
            privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone)
          }
        }
      ]
    }
    dependsOn: [
      zones
    ]
  }
]
