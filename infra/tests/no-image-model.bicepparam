using '../main.bicep'

// No image deployment: runs make items only.
param environmentName = 'snapshot'
param location = 'swedencentral'
param imageModelEnabled = false
