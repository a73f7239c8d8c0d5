using '../main.bicep'

// Storage and model behind private endpoints.
param environmentName = 'snapshot'
param location = 'swedencentral'
param vnetEnabled = true
