// A network with two subnets: one for the app, one for private endpoints.

@description('Name of the virtual network.')
@minLength(2)
@maxLength(64)
param name string

@description('Name of the network security group of the endpoints\' subnet.')
@minLength(1)
@maxLength(80)
param securityGroupName string

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Address range of the network.')
@minLength(9)
@maxLength(18)
param addressPrefix string

@description('Address range of the subnet of the app, at least a /27.')
@minLength(9)
@maxLength(18)
param appPrefix string

@description('Address range of the subnet of the private endpoints, at least a /28.')
@minLength(9)
@maxLength(18)
param endpointPrefix string

var appSubnetName = 'app'
var endpointSubnetName = 'endpoints'

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: securityGroupName
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'allow-https-from-app'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: appPrefix
          sourcePortRange: '*'
          destinationAddressPrefix: endpointPrefix
          destinationPortRange: '443'
        }
      }
      {
        name: 'deny-all-else'
        properties: {
          priority: 4096
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: appSubnetName
        properties: {
          addressPrefix: appPrefix
          // Flex Consumption runs on the platform of Container Apps and requires its delegation.
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: endpointSubnetName
        properties: {
          addressPrefix: endpointPrefix
          networkSecurityGroup: {
            id: securityGroup.id
          }
          privateEndpointNetworkPolicies: 'Enabled' // otherwise the security group does not apply to endpoints
        }
      }
    ]
  }
}

output id string = network.id
output appSubnetId string = '${network.id}/subnets/${appSubnetName}'
output endpointSubnetId string = '${network.id}/subnets/${endpointSubnetName}'
