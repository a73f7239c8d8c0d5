using '../main.bicep'

// MAI-Image in place of an OpenAI image model, behind private endpoints.
param environmentName = 'snapshot'
param location = 'swedencentral'
param imageProvider = 'mai'
param vnetEnabled = true
