using '../main.bicep'

// Only what has to be given: what a first `azd up` deploys.
param environmentName = 'snapshot'
param location = 'swedencentral'
