// Monthly budget of the resource group: sends mails at 50, 80 and 100 %, and if the forecast exceeds it. It stops nothing.

@description('Amount per month, in the currency of the subscription.')
@minValue(1)
@maxValue(1000000)
param amount int

@description('First day of the month in which the budget begins, as YYYY-MM-01. Keep it: a budget\'s start cannot be moved.')
@minLength(10)
@maxLength(10)
param startDate string

@description('Mail addresses, comma-separated.')
@minLength(3)
param contactEmails string

var contacts = split(contactEmails, ',')

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: 'catalog-seeder'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: startDate
    }
    notifications: {
      actual50: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 50
        thresholdType: 'Actual'
        contactEmails: contacts
      }
      actual80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: contacts
      }
      actual100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: contacts
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: contacts
      }
    }
  }
}
