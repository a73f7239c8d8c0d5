// Sign-in with Microsoft Entra before the app, by the platform (App Service authentication). Function keys stay required.

@description('Name of the function app.')
@minLength(2)
@maxLength(60)
param appName string

@description('Client id of the Entra application that callers sign in to.')
@minLength(36)
@maxLength(36)
param clientId string

@description('Tenant of the callers.')
@minLength(36)
@maxLength(36)
param tenantId string

@description('What needs a sign-in: tokens: each call needs a token; all: the same, and browsers are sent to the sign-in page; page: only the review page.')
@allowed(['tokens', 'all', 'page'])
param requiredFor string

@description('Audiences of accepted tokens, comma-separated; empty: the application.')
param allowedAudiences string

@description('Object ids of the users and service principals that may sign in, comma-separated; empty: everyone in the tenant whom the application admits.')
param allowedPrincipals string

var healthPath = '/api/health'

// The whole API: programs that have only the function key keep calling it. A test compares the list with the app's routes.
var apiPaths = [
  '/api/health/*'
  '/api/openapi.json'
  '/api/runs'
  '/api/runs/*'
  '/api/catalogs'
  '/api/catalogs/*'
  '/api/inputs/*'
]

var audiences = empty(allowedAudiences)
  ? [clientId, 'api://${clientId}']
  : map(split(allowedAudiences, ','), audience => trim(audience))
var principals = map(split(allowedPrincipals, ','), principal => trim(principal))

resource app 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: requiredFor == 'tokens' ? 'Return401' : 'RedirectToLoginPage'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: requiredFor == 'page' ? union([healthPath], apiPaths) : [healthPath]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId // without a secret: the browser gets an ID token, which the platform validates
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: audiences
          defaultAuthorizationPolicy: empty(allowedPrincipals)
            ? null
            : {
                allowedPrincipals: {
                  identities: principals
                }
              }
        }
      }
    }
    login: {
      preserveUrlFragmentsForLogins: true // the page's own address is the part after #
      cookieExpiration: {
        convention: 'FixedTime'
        timeToExpiration: '08:00:00'
      }
      tokenStore: {
        enabled: false // the app needs no token of its callers
      }
    }
  }
}
