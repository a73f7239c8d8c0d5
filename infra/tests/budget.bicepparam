using '../main.bicep'

// A monthly budget and two readers of its mails.
param environmentName = 'snapshot'
param location = 'swedencentral'
param budgetAmount = 200
param budgetStartDate = '2026-12-01'
param alertEmails = 'team@example.com, lead@example.com'
