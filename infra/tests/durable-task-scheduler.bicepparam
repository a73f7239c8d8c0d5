using '../main.bicep'

// Orchestrations in a Durable Task Scheduler, reachable from one range.
param environmentName = 'snapshot'
param location = 'swedencentral'
param durableBackend = 'DurableTaskScheduler'
param schedulerSku = 'Dedicated'
param schedulerIpAllowlist = '203.0.113.0/24,198.51.100.7'
