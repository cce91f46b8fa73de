/**
 * What prom-client holds: the metrics of the app's own in its default register, and runtime metrics. Those live in a
 * register of ours: an app that calls collectDefaultMetrics() itself would fail on names that are taken.
 * prom-client fixes one format per register and renames counters for good when that is OpenMetrics, so each format
 * has a renderer that is handed copies, one metric at a time.
 */
import { collectDefaultMetrics, Registry, register } from 'prom-client'
import type { Format } from './exposition.ts'
import { warnOnce } from './warn.ts'

const runtime = new Registry()
collectDefaultMetrics({ register: runtime })

/** What we use of prom-client that its types leave out. */
type Collected = { name: string; type: string }
type Collectable = { name: string; get(): Promise<Collected>; getForPromString?(): Promise<Collected> }
type Renderer = Pick<Registry, 'setDefaultLabels' | 'setContentType'> & {
  getMetricsAsString(metric: { get(): Promise<Collected> }): Promise<string>
}
const renderers = {
  text: new Registry(),
  openmetrics: new Registry(),
} as unknown as Record<Format, Renderer>
renderers.openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)

/** One metric per piece. One that cannot be collected is left out, and the others are not. */
export async function* renderPromClient(format: Format): AsyncGenerator<string> {
  const renderer = renderers[format]
  renderer.setDefaultLabels((register as unknown as { _defaultLabels?: object })._defaultLabels ?? {})
  const own = runtime.getMetricsAsArray().filter(({ name }) => !register.getSingleMetric(name))
  for (const metric of [...register.getMetricsAsArray(), ...own] as unknown as Collectable[]) {
    try {
      const collected = await (metric.getForPromString?.() ?? metric.get())
      const copy = format === 'openmetrics' ? withFamilyName(collected) : collected
      yield `${await renderer.getMetricsAsString({ get: async () => copy })}\n`
    } catch (error) {
      warnOnce(`METRIC_${metric.name}`, `metric ${metric.name} could not be collected`, error)
    }
  }
}

/** OpenMetrics: prom-client adds `_total` to a counter's samples, whether or not the name has it already. */
function withFamilyName(collected: Collected): Collected {
  return collected.type === 'counter'
    ? { ...collected, name: collected.name.replace(/_total$/, '') }
    : collected
}
