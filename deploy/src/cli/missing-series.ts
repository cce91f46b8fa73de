/** Asks a running Prometheus for the series that a plan counts by, and where there is none, what is in the way. */
import {
  type CountedSelector,
  type MissingSeries,
  type Plan,
  parseSelector,
  readLater,
  type SloPlan,
  selectorsNeeded,
} from '@plimsoll/slo/plan'
import type { RunningPrometheus } from '../build/loaded-rules.ts'

/** By SLO. */
export async function missingSeries(
  { slos }: Plan,
  prometheus: RunningPrometheus,
): Promise<Map<string, MissingSeries[]>> {
  const { exists, seenNow, valuesOf } = asked(prometheus)
  const missing = async (counted: CountedSelector): Promise<MissingSeries[]> => {
    if (await exists(counted)) return []
    const { metric, matchers } = parseSelector(counted.selector)
    const metricSeen = await seenNow(metric)
    for (const [index, { label, op, value }] of metricSeen ? matchers.entries() : []) {
      const others = matchers.filter((_, i) => i !== index)
      const values = await valuesOf(label, `${metric}{${others.map(text).join(',')}}`)
      const matcher = text({ label, op, value })
      if (values.length > 0) return [{ ...counted, metric, metricSeen, unmet: { label, matcher, values } }]
    }
    return [{ ...counted, metric, metricSeen }]
  }
  const missingOf = async (slo: SloPlan) => {
    const counted = await Promise.all(selectorsNeeded(slo.indicator).map(missing))
    return [...counted.flat(), ...(await missingGauge(slo, prometheus))]
  }
  const found = new Map<string, MissingSeries[]>()
  for (let start = 0; start < slos.length; start += AT_ONCE) {
    const some = slos.slice(start, start + AT_ONCE)
    const results = await Promise.all(some.map(missingOf))
    for (const [index, { slo }] of some.entries()) found.set(slo, results[index] ?? [])
  }
  return found
}

/** SLOs asked about at the same time: a Prometheus answers 20 queries at once by default, others have theirs. */
const AT_ONCE = 4

/** Many SLOs count by the same series. */
function asked(prometheus: RunningPrometheus) {
  const answers = new Map<string, ReturnType<RunningPrometheus['query']>>()
  const query = (expr: string) => {
    const answer = answers.get(expr) ?? prometheus.query(expr)
    answers.set(expr, answer)
    return answer
  }
  return {
    // A series of the last hour is one: what it belongs to may be restarting. With an offset samples may come late.
    exists: async ({ selector, offsetSeconds = 0 }: CountedSelector) => {
      const lastHour = readLater(`${selector}[1h]`, offsetSeconds)
      return (await query(`group (last_over_time(${lastHour}))`)).length > 0
    },
    // Of a whole metric an hour would be much to read.
    seenNow: async (metric: string) => (await query(`group (${metric})`)).length > 0,
    valuesOf: async (label: string, selector: string) =>
      (await query(`group by (${label}) (${selector})`)).map(({ labels }) => labels[label] ?? ''),
  }
}

async function missingGauge(
  { indicator: { gauge } }: SloPlan,
  prometheus: RunningPrometheus,
): Promise<MissingSeries[]> {
  if (!gauge) return []
  const seen = await prometheus.query(`group (last_over_time((${gauge.query})[1h:1m]))`)
  return seen.length > 0
    ? []
    : [{ selector: gauge.query, as: 'total', metric: gauge.query, metricSeen: true }]
}

function text({ label, op, value }: { label: string; op: string; value: string }): string {
  return `${label}${op}${JSON.stringify(value)}`
}
