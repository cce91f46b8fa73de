/** A rendered dashboard as read back: only the fields that queries and rules look at. */

/** What every panel and query names as its data source: the dashboard's variable. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
export const DATASOURCE = '${datasource}'

export type Target = {
  refId: string
  expr?: string
  instant?: boolean
  datasource?: { type?: string; uid?: string }
}

export type Panel = {
  id: number
  type: string
  title?: string
  description?: string
  datasource?: { type?: string; uid?: string }
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: Target[]
  fieldConfig?: { defaults: { unit?: string; noValue?: string; min?: number } }
}

export type Variable = {
  name: string
  type: string
  label?: string
  query?: string
  refresh?: number
  multi?: boolean
  includeAll?: boolean
  allValue?: string
  current?: { value: string | string[] }
}

export type Annotation = { name: string; target?: { expr?: string } }

export type Dashboard = {
  uid: string
  title: string
  description?: string
  editable?: boolean
  panels: Panel[]
  templating: { list: Variable[] }
  annotations: { list: Annotation[] }
}

/** Reads what `renderDashboards` wrote. Throws on text that is not JSON. */
export function parseDashboard(text: string): Dashboard {
  return JSON.parse(text) as Dashboard
}
