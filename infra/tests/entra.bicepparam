using '../main.bicep'

// Callers need an Entra token beside the function key.
param environmentName = 'snapshot'
param location = 'swedencentral'
param entraClientId = '00000000-0000-0000-0000-00000000c11e'
