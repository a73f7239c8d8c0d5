// A monthly budget for the resource group: mails at 50, 80 and 100 % of it, and when the forecast passes it. It stops nothing.

@description('US dollars, or the currency of the subscription, a month.')
@minValue(1)
@maxValue(1000000)
param amount int

@description('First day of the month that the budget starts with, as YYYY-MM-01. Keep it: a budget\'s start cannot be moved.')
@minLength(10)
@maxLength(10)
param startDate string

@description('Who gets the mails, comma-separated.')
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
