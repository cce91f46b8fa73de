/** Specs → plan. Pure: the same sources give the same plan, and any fault means no plan at all. */
import { createHash } from 'node:crypto'
import { ANNOTATIONS, checkAnnotations } from './annotations.ts'
import { checkShape, type Located } from './check-shape.ts'
import { compare, divide, parseDecimal, subtract } from './decimal.ts'
import { DAY, parseDuration, windowName } from './duration.ts'
import { fault, show } from './fault.ts'
import { httpIndicator, LATENCY_THRESHOLDS, probeIndicator } from './indicator.ts'
import { readYaml, type SpecDocument } from './read-yaml.ts'
import {
  PAGE_INTERVAL_SECONDS,
  pageRules,
  type RuleInput,
  recorded,
  recordedWindows,
  SLOW_INTERVAL_SECONDS,
  slowRules,
} from './recording-rules.ts'
import type { ServiceSpec, SloSpec } from './schema.ts'
import type {
  AlertPlan,
  BurnAlertPlan,
  ConditionAlertPlan,
  Decimal,
  Fault,
  IndicatorPlan,
  LedgerSource,
  Plan,
  PlanWarning,
  RuleGroupPlan,
  SloPlan,
} from './types.ts'
import { type BurnPairs, burnPairs } from './windows.ts'

export type SpecSource = { file: string; text: string }
export type Compiled = { plan?: Plan; faults: Fault[]; warnings: PlanWarning[] }

/** Longest period whose history a Prometheus usually keeps; thresholds of longer ones would mean little. */
const LONGEST_PERIOD_SECONDS = 366 * DAY
/** Evidence that a burn is not chance: ln 1000, and more than one failure. */
const EVIDENCE = { minScore: '6.9', minBad: '1.5' }
/** A steady incident near a threshold would otherwise page again and again. */
const KEEP_FIRING_SECONDS = 15 * 60

/** The plan of all SLOs, sorted by id; or the faults of every file, together. */
export function compilePlan(sources: SpecSource[]): Compiled {
  const read = sources.map(({ file, text }) => readYaml(file, text))
  const { checked, faults: shapeFaults } = checkShape(read.flatMap(({ documents }) => documents))
  const faults = [...read.flatMap((one) => one.faults), ...shapeFaults]
  faults.push(...duplicates(checked.services), ...duplicates(checked.slos))
  const services = new Map(checked.services.map((service) => [service.value.metadata.name, service]))
  for (const service of checked.services) faults.push(...checkAnnotations(service, 'Service'))

  const slos: { slo: SloPlan; groups: RuleGroupPlan[] }[] = []
  for (const spec of checked.slos) {
    const result = compileSlo(spec, services)
    faults.push(...result.faults)
    if (result.compiled) slos.push(result.compiled)
  }
  if (checked.slos.length === 0 && faults.length === 0) {
    const where = sources[0]?.file ?? '(no files)'
    faults.push(
      fault('SPEC_NOTHING', `${where}:1:1`, 'no SLO', 'at least one document of kind SLO', 'write one'),
    )
  }
  slos.sort((a, b) => (a.slo.slo < b.slo.slo ? -1 : 1))
  const warnings = slos.flatMap(({ slo }) =>
    slo.warnings.map(({ code, message }) => ({ code, message: `${slo.writtenAt}: ${slo.slo}: ${message}` })),
  )
  if (faults.length > 0) return { faults, warnings }
  const plan: Plan = {
    version: 1,
    slos: slos.map(({ slo }) => slo),
    groups: slos.flatMap(({ groups }) => groups),
  }
  return { plan, faults, warnings }
}

function duplicates(documents: Located<ServiceSpec | SloSpec>[]): Fault[] {
  const first = new Map<string, string>()
  return documents.flatMap(({ value: { kind, metadata }, locate }) => {
    const at = locate(['metadata', 'name'])
    const earlier = first.get(metadata.name)
    if (earlier === undefined) {
      first.set(metadata.name, at)
      return []
    }
    const saw = `${kind} ${metadata.name} a second time (first at ${earlier})`
    return [fault('SPEC_ID_DUPLICATE', at, saw, 'each name once', 'rename or remove one')]
  })
}

type Services = Map<string, Located<ServiceSpec>>

function compileSlo(
  spec: Located<SloSpec>,
  services: Services,
): { compiled?: { slo: SloPlan; groups: RuleGroupPlan[] }; faults: Fault[] } {
  const { value, locate } = spec
  const { metadata, spec: body } = value
  const faults = checkAnnotations(spec, 'SLO')
  const service = services.get(body.service)
  if (!service) {
    faults.push(
      fault(
        'SPEC_REFERENCE',
        locate(['spec', 'service']),
        `service ${show(body.service)}`,
        'the name of a document of kind Service',
        'correct the name, or add the Service',
      ),
    )
  }
  const target = readTarget(body.objectives[0] ?? {}, locate, faults)
  const periodSeconds = readPeriod(body.timeWindow[0]?.duration ?? '', locate, faults)
  const indicator = readIndicator(body, locate, faults)
  const alerting = metadata.annotations?.[ANNOTATIONS.alerting.name] ?? 'page'
  if (target === undefined || periodSeconds === undefined || !indicator || !service) return { faults }

  const errorBudget = subtract('1', target)
  const pairs = burnPairs(periodSeconds, errorBudget)
  if (alerting === 'page' && pairs.page.length === 0) {
    faults.push(
      fault(
        'PLAN_NO_PAGE_POSSIBLE',
        locate(['spec', 'objectives', 0]),
        `target ${target} over ${windowName(periodSeconds)}, which leaves no window pair that can page`,
        '1 ≤ threshold < 1/errorBudget for at least one page pair',
        `choose another target or window, or annotate ${ANNOTATIONS.alerting.name}: ticket`,
      ),
    )
  }
  if (faults.length > 0) return { faults }

  const slo = metadata.name
  const owner = service.value.metadata.annotations?.[ANNOTATIONS.owner.name] ?? ''
  const regions = list(metadata.annotations?.[ANNOTATIONS.regions.name])
  const displayName = metadata.displayName ?? slo
  const input: RuleInput = {
    slo,
    service: body.service,
    displayName,
    owner,
    target,
    errorBudget,
    periodSeconds,
    byRegion: regions.length > 0,
    indicator,
  }
  const [page, slow] = [`${slo}:page`, `${slo}:slow`]
  const group = (name: string, intervalSeconds: number, recordings: RuleGroupPlan['recordings']) => ({
    name,
    service: body.service,
    slo,
    intervalSeconds,
    recordings,
  })
  const plan: SloPlan = {
    slo,
    service: body.service,
    displayName,
    description: body.description ?? '',
    owner,
    runbook: metadata.annotations?.[ANNOTATIONS.runbook.name] ?? '',
    writtenAt: locate([]).replace(/:\d+$/, ''),
    revision: revision({ indicator, target, periodSeconds, budgetingMethod: body.budgetingMethod }),
    target,
    errorBudget,
    period: { name: windowName(periodSeconds), seconds: periodSeconds },
    budgetingMethod: body.budgetingMethod,
    regions,
    indicator,
    source: readSource(metadata.annotations?.[ANNOTATIONS.source.name], body),
    windows: recordedWindows(input),
    series: {
      objective: recorded('slo', 'objective:ratio', slo),
      errorBudgetRemaining: recorded('slo', 'error_budget_remaining:ratio', slo),
      info: recorded('slo', 'info', slo),
      regionErrorBudgetRemaining:
        regions.length > 0 ? recorded('slo_region', 'error_budget_remaining:ratio', slo) : '',
    },
    alerts: planAlerts(alerting, pairs, page, slow, regions.length > 0),
    warnings: pairs.warnings,
  }
  const groups = [
    group(page, PAGE_INTERVAL_SECONDS, pageRules(input)),
    group(slow, SLOW_INTERVAL_SECONDS, slowRules(input)),
  ]
  return { compiled: { slo: plan, groups }, faults }
}

function readTarget(
  objective: SloSpec['spec']['objectives'][number],
  locate: SpecDocument['locate'],
  faults: Fault[],
): Decimal | undefined {
  const { target, targetPercent } = objective
  const at = (field: string) => locate(['spec', 'objectives', 0, field])
  if ((target === undefined) === (targetPercent === undefined)) {
    const saw = target === undefined ? 'neither target nor targetPercent' : 'both target and targetPercent'
    faults.push(fault('SPEC_FIELD_VALUE', at(''), saw, 'exactly one of them', 'write target: 0.999'))
    return undefined
  }
  if (target !== undefined) {
    const exact = parseDecimal(String(target))
    if (exact !== undefined && compare(exact, '0') > 0 && compare(exact, '1') < 0) return exact
    const percent = exact !== undefined && compare(exact, '1') > 0 && compare(exact, '100') < 0
    const fix = percent
      ? `write ${divide(exact, '100', 30)}, or use targetPercent: ${exact}`
      : 'write a ratio such as 0.999; an objective of 100 % has no budget to burn'
    faults.push(fault('SPEC_TARGET_RANGE', at('target'), show(target), 'a ratio above 0 and below 1', fix))
    return undefined
  }
  const exact = parseDecimal(String(targetPercent))
  if (exact !== undefined && compare(exact, '0') > 0 && compare(exact, '100') < 0)
    return divide(exact, '100', 32)
  const fix = 'write a percentage such as 99.9; an objective of 100 % has no budget to burn'
  faults.push(
    fault('SPEC_TARGET_RANGE', at('targetPercent'), show(targetPercent), 'above 0 and below 100', fix),
  )
  return undefined
}

function readPeriod(duration: string, locate: SpecDocument['locate'], faults: Fault[]): number | undefined {
  const seconds = parseDuration(duration)
  if (seconds !== undefined && seconds % DAY === 0 && seconds <= LONGEST_PERIOD_SECONDS) return seconds
  faults.push(
    fault(
      'SPEC_WINDOW',
      locate(['spec', 'timeWindow', 0, 'duration']),
      show(duration),
      'whole days, from 1d to 366d',
      'write 28d, which always holds the same number of weekends',
    ),
  )
  return undefined
}

function readIndicator(
  body: SloSpec['spec'],
  locate: SpecDocument['locate'],
  faults: Fault[],
): IndicatorPlan | undefined {
  const { metricSource } = body.indicator.spec.ratioMetric.raw
  if (metricSource.type === 'Plimsoll/probe') return probeIndicator(metricSource.spec)
  const { thresholdSeconds } = metricSource.spec
  if (thresholdSeconds === undefined || LATENCY_THRESHOLDS.includes(thresholdSeconds)) {
    return httpIndicator(metricSource.spec)
  }
  const path = ['spec', 'indicator', 'spec', 'ratioMetric', 'raw', 'metricSource', 'spec', 'thresholdSeconds']
  const bounds = LATENCY_THRESHOLDS.join(', ')
  const expected = `a bound of the histogram (${bounds})`
  faults.push(
    fault('SPEC_LATENCY_THRESHOLD', locate(path), `${thresholdSeconds} s`, expected, 'choose one of them'),
  )
  return undefined
}

function readSource(written: string | undefined, body: SloSpec['spec']): LedgerSource {
  if (written === 'prometheus' || written === 'deltas') return { kind: written }
  const { metricSource } = body.indicator.spec.ratioMetric.raw
  return metricSource.type === 'Plimsoll/probe'
    ? { kind: 'probe', flow: metricSource.spec.flow }
    : { kind: 'prometheus' }
}

function planAlerts(
  alerting: string,
  pairs: BurnPairs,
  page: string,
  slow: string,
  byRegion: boolean,
): AlertPlan[] {
  if (alerting === 'none') return []
  const scopes: ('region' | 'all')[] = byRegion ? ['region', 'all'] : ['all']
  const highest = alerting === 'page' ? 'page' : 'ticket'
  const burns = (['page', 'ticket'] as const).flatMap((severity) =>
    scopes.map(
      (scope): BurnAlertPlan => ({
        kind: 'burn',
        alert: 'SLOErrorBudgetBurn',
        group: severity === 'page' ? page : slow,
        severity,
        scope,
        pairs: severity === 'page' && highest === 'ticket' ? [] : pairs[severity],
        evidence: EVIDENCE,
        keepFiringForSeconds: KEEP_FIRING_SECONDS,
      }),
    ),
  )
  const conditions: ConditionAlertPlan[] = [
    ...scopes
      .filter((scope) => scope === 'region' || !byRegion)
      .flatMap((scope): ConditionAlertPlan[] => [
        { kind: 'blind', alert: 'SLOBlind', group: page, severity: highest, forSeconds: 600, scope },
        {
          kind: 'traffic-gone',
          alert: 'SLOTrafficGone',
          group: page,
          severity: 'ticket',
          forSeconds: 300,
          scope,
        },
      ]),
    {
      kind: 'exhausted',
      alert: 'SLOErrorBudgetExhausted',
      group: slow,
      severity: 'ticket',
      forSeconds: 0,
      scope: 'all',
    },
  ]
  return [...burns.filter(({ pairs }) => pairs.length > 0), ...conditions]
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** 12 hex digits of SHA-256: enough to tell the revisions of one SLO apart. */
function revision(promise: unknown): string {
  return createHash('sha256').update(JSON.stringify(promise)).digest('hex').slice(0, 12)
}
