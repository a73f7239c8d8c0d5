using '../main.bicep'

// Every option at once.
param environmentName = 'snapshot'
param location = 'swedencentral'
param principalId = '00000000-0000-0000-0000-0000000000aa'
param grantPersonDataRoles = true
param importerPrincipalId = '00000000-0000-0000-0000-0000000000bb'
param entraClientId = '00000000-0000-0000-0000-00000000c11e'
param entraSignIn = 'all'
param entraTenantId = '00000000-0000-0000-0000-00000000007e'
param entraAllowedAudiences = 'api://catalog-seeder'
param entraAllowedPrincipals = '00000000-0000-0000-0000-0000000000aa'
param alwaysReadyInstances = 2
param durableBackend = 'DurableTaskScheduler'
param contentFilterSeverity = 'Low'
param visionDeploymentName = 'vision'
param vnetEnabled = true
param alertEmails = 'team@example.com'
param budgetAmount = 50
param budgetStartDate = '2026-12-01'
