/** Every query of every panel, ready to run against a Prometheus. */
import noValue from '../no-value.json' with { type: 'json' }
import { type Dashboard, parseDashboard, type Variable } from './dashboard.ts'

/** When a panel has data: at all times, only once something failed, only once a browser visited. */
export type DataWhen = keyof typeof noValue

export type PanelQuery = {
  /** File name of the dashboard. */
  dashboard: string
  panel: string
  expr: string
  /** The panel asks for the value now; otherwise for values over its time range. */
  instant: boolean
  data: DataWhen
}

/**
 * What Grafana's own variables stand for here. A rate over two minutes has samples soon after a start;
 * an hour is short enough to be had and long enough to be looked at.
 */
const BUILT_IN = { $__rate_interval: '2m', $__range: '1h', $__interval: '1m' }

/** Queries with Grafana's variables replaced as in `BUILT_IN`, and the dashboard's own by their chosen value. */
export function panelQueries(dashboards: Map<string, string>): PanelQuery[] {
  return [...dashboards].flatMap(([file, text]) => {
    const dashboard = parseDashboard(text)
    return dashboard.panels.flatMap((panel) =>
      (panel.targets ?? []).map((target) => ({
        dashboard: file,
        panel: panel.title ?? '',
        expr: withoutVariables(target.expr ?? '', dashboard),
        instant: target.instant ?? false,
        data: dataWhen(panel.fieldConfig?.defaults.noValue, `${file}: ${panel.title}`),
      })),
    )
  })
}

/** An expression as Prometheus reads it, with the variables of this dashboard replaced. */
export function withoutVariables(expr: string, dashboard: Dashboard): string {
  const values = new Map(Object.entries(BUILT_IN))
  for (const variable of dashboard.templating.list) values.set(`$${variable.name}`, chosenValue(variable))
  // `$` and a name; `${1}` and `$1` are a label_replace's own.
  return expr.replace(/\$[a-z_]\w*/gi, (name) => values.get(name) ?? name)
}

function chosenValue(variable: Variable): string {
  const value = [variable.current?.value ?? ''].flat().join('|')
  return value === '$__all' ? (variable.allValue ?? '.*') : value
}

/** The panel's text when empty says when it has data. Throws for a text that is not in the table. */
function dataWhen(text: string | undefined, where: string): DataWhen {
  const found = (Object.keys(noValue) as DataWhen[]).find((when) => noValue[when] === text)
  if (!found)
    throw new Error(
      `${where}: saw noValue ${JSON.stringify(text)}, expected a text of dashboards/no-value.json`,
    )
  return found
}
