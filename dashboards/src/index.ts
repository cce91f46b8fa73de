export { type DataWhen, type PanelQuery, panelQueries } from './panel-queries.ts'
export { type ProvisioningOptions, renderProvisioning } from './provisioning.ts'
export { type RenderOptions, renderDashboards } from './render.ts'
