/** Rules of the shape that two widely used generators write, reduced to what Prometheus has to evaluate. */
import { rawSeries, sloId } from './ours.ts'

type Rule = { record?: string; alert?: string; expr: string; labels?: Record<string, string> }
export type Group = { name: string; interval: string; rules: Rule[] }

const BURNS = [
  { rate: 14.4, long: '1h', short: '5m', severity: 'page' },
  { rate: 6, long: '6h', short: '30m', severity: 'page' },
  { rate: 3, long: '1d', short: '2h', severity: 'ticket' },
  { rate: 1, long: '3d', short: '6h', severity: 'ticket' },
]
const burning = (series: (window: string) => string, { rate, long, short }: (typeof BURNS)[number]) =>
  `(${series(short)} > ${rate} * 0.001 and ${series(long)} > ${rate} * 0.001)`

const ratio = (slo: number, window: string) =>
  `sum(rate(${rawSeries(slo, '=~"5.."')}[${window}])) / sum(rate(${rawSeries(slo, '!~"4.."')}[${window}]))`

/** A: raw rates over each window, 30 days as the time average of 5-minute ratios, each minute. */
export function generatorA(slos: number): Group[] {
  return Array.from({ length: slos }, (_, slo) => {
    const labels = { slo: sloId(slo) }
    const series = (window: string) => `a:ratio_rate${window}{slo="${sloId(slo)}"}`
    const of30d = `sum_over_time(${series('5m')}[30d]) / count_over_time(${series('5m')}[30d])`
    return {
      name: `a-${sloId(slo)}`,
      interval: '60s',
      rules: [
        ...['5m', '30m', '1h', '2h', '6h', '1d', '3d'].map((window) => ({
          record: `a:ratio_rate${window}`,
          expr: ratio(slo, window),
          labels,
        })),
        { record: 'a:ratio_rate30d', expr: of30d, labels },
        { record: 'a:burn_rate', expr: `${series('5m')} / 0.001`, labels },
        { record: 'a:budget_remaining', expr: `1 - ${series('30d')} / 0.001`, labels },
        ...['page', 'ticket'].map((severity) => ({
          alert: `A${severity}`,
          expr: BURNS.filter((burn) => burn.severity === severity)
            .map((burn) => burning(series, burn))
            .join(' or '),
          labels,
        })),
      ],
    }
  })
}

/** B: raw windows in groups of 30 s; 30 days as an increase over the raw series every 150 s. */
export function generatorB(slos: number): Group[] {
  return Array.from({ length: slos }, (_, slo) => {
    const labels = { slo: sloId(slo) }
    const total = rawSeries(slo, '!~"4.."')
    const series = (window: string) => `b:burnrate${window}{slo="${sloId(slo)}"}`
    const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d']
    const rules: Rule[] = [
      ...windows.map((window) => ({ record: `b:burnrate${window}`, expr: ratio(slo, window), labels })),
      ...BURNS.map((burn) => ({ alert: 'BBurn', expr: burning(series, burn), labels })),
    ]
    const period = [
      { record: 'b:increase30d', expr: `sum by (code) (increase(${total}[30d]))`, labels },
      { alert: 'BAbsent', expr: `absent(${total})`, labels },
    ]
    return [
      { name: `b-${sloId(slo)}`, interval: '30s', rules },
      { name: `b-${sloId(slo)}-period`, interval: '150s', rules: period },
    ]
  }).flat()
}
