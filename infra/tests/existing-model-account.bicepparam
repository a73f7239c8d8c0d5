using '../main.bicep'

// A model account that exists already, in a resource group of its own.
param environmentName = 'snapshot'
param location = 'swedencentral'
param existingModelAccount = 'oai-shared'
param existingModelResourceGroup = 'rg-shared'
