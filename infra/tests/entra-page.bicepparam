using '../main.bicep'

// Some people sign in before the review page; programs call the API with the function key alone.
param environmentName = 'snapshot'
param location = 'swedencentral'
param entraClientId = '00000000-0000-0000-0000-00000000c11e'
param entraSignIn = 'page'
param entraAllowedPrincipals = '00000000-0000-0000-0000-0000000000aa, 00000000-0000-0000-0000-0000000000bb'
