// One page about runs: results, images per minute, failures by reason, cost. Its content is workbook.json.

@description('Region.')
@minLength(3)
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Log Analytics workspace to query.')
@minLength(1)
param workspaceId string

@description('Names of the app\'s metrics, from the alerts module: runs, pauses, images, modelCalls, cost.')
param metrics object

var serialized = reduce(
  items(metrics),
  loadTextContent('workbook.json'),
  (text, metric) => replace(text, '{{${metric.key}}}', metric.value)
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'catalog-seeder')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Catalog Seeder'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: serialized
  }
}

output id string = workbook.id
