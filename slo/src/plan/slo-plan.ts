/** One SLO document → the plan of each of its objectives. */
import { hash } from 'node:crypto'
import { type Alerting, planAlerts, readPolicies } from './alerting.ts'
import { ANNOTATIONS, listOf } from './annotations.ts'
import type { Located } from './check-shape.ts'
import type { Asked } from './composite.ts'
import { parseDecimal, subtract } from './decimal.ts'
import { windowName } from './duration.ts'
import { fault, show } from './fault.ts'
import { type Measured, planIndicator } from './indicator.ts'
import { planNumbers, starved } from './numbers.ts'
import { DEFAULT_PERIOD_SECONDS, readEffectiveFrom, readPeriod, readSlices, readTarget } from './objective.ts'
import type { Path } from './read-yaml.ts'
import {
  MEMORY_INTERVAL_SECONDS,
  memoryRules,
  PAGE_INTERVAL_SECONDS,
  pageRules,
  SLOW_INTERVAL_SECONDS,
  slowRules,
  windowsBeside,
  withWindows,
} from './recording-rules.ts'
import type { References } from './references.ts'
import { type RuleInput, recorded } from './rule.ts'
import { groupOfRuns } from './rule-template.ts'
import { type Documents, type Objective, SLO_NAME } from './schema.ts'
import { seenForSeconds, seenName } from './tile-rules.ts'
import type { Fault, LedgerSource, RuleGroupPlan, SloPlan } from './types.ts'
import { burnPairs } from './windows.ts'

/** `locate` finds the fields of the document that the plan is of. */
export type Planned = { slo: SloPlan; locate: Slo['locate']; groups: RuleGroupPlan[]; asked?: Asked }
type Slo = Located<Documents['SLO']>

export function planSlo(spec: Slo, references: References): { planned: Planned[]; faults: Fault[] } {
  const { value, locate } = spec
  const ids = listOf(value.metadata.annotations?.[ANNOTATIONS.objectiveIds.name])
  const { objectives } = value.spec
  const { name } = value.metadata
  const faults: Fault[] = []
  if (!SLO_NAME.test(name)) {
    const fix = 'the name is the id of the SLO for ever: choose it well'
    faults.push(
      fault('SPEC_FIELD_VALUE', locate(['metadata', 'name']), name, 'lower case, digits and dashes', fix),
    )
  }
  if (ids.length !== (objectives.length > 1 ? objectives.length : 0)) {
    const saw = `${objectives.length} objectives and ${ids.length} ids`
    const expected = `an id for each of several objectives in ${ANNOTATIONS.objectiveIds.name}`
    const fix = 'ids are stable for ever, unlike the order of objectives'
    faults.push(fault('SPEC_FIELD_VALUE', locate(['spec', 'objectives']), saw, expected, fix))
  }
  if (objectives.length > 1 && readsGauge(spec, references)) {
    const fix = 'write an SLO for each: OpenSLO allows one objective of a thresholdMetric'
    const where = locate(['spec', 'objectives', 1])
    faults.push(fault('SPEC_FIELD_VALUE', where, 'several objectives of a thresholdMetric', 'one', fix))
  }
  const composite = objectives.some(({ indicator, indicatorRef }) => indicator ?? indicatorRef)
  const planned = objectives.flatMap((objective, index) => {
    const id = objectives.length > 1 ? `${name}-${ids[index] ?? index}` : name
    const result = planObjective(spec, references, objective, ['spec', 'objectives', index], id, composite)
    if ('faults' in result) faults.push(...result.faults)
    return 'faults' in result ? [] : [result]
  })
  return { planned, faults }
}

function planObjective(
  spec: Slo,
  references: References,
  objective: Objective,
  path: Path,
  slo: string,
  composite: boolean,
): Planned | { faults: Fault[] } {
  const { locate, writtenAt } = spec
  const { metadata, spec: body } = spec.value
  const annotation = (name: keyof typeof ANNOTATIONS) => metadata.annotations?.[ANNOTATIONS[name].name]
  const faults: Fault[] = []

  const service = references.find('Service', body.service)
  if (!service) {
    const expected = 'the name of a document of kind Service'
    const where = locate(['spec', 'service'])
    faults.push(
      fault('SPEC_REFERENCE', where, show(body.service), expected, 'correct the name, or add the Service'),
    )
  }
  const target = readTarget(objective, path, spec)
  if (typeof target !== 'string') faults.push(target)
  const period = readPeriod(spec)
  if ('faults' in period) faults.push(...period.faults)
  const slices = readSlices(objective, body.budgetingMethod, path, locate)
  if ('code' in slices) faults.push(slices)
  const effectiveFromSeconds = readEffectiveFrom(spec)
  if (typeof effectiveFromSeconds === 'object') faults.push(effectiveFromSeconds)
  const measured = readIndicator(spec, references, objective, path, composite)
  if ('faults' in measured) faults.push(...measured.faults)
  const policy = readPolicies(
    body,
    annotation('burnRates'),
    'faults' in period ? DEFAULT_PERIOD_SECONDS : period.seconds,
    references,
    locate,
  )
  faults.push(...policy.faults)
  const anyBadEvent = annotation('alertOn') === 'any-bad-event'
  if (anyBadEvent && (annotation('burnRates') ?? body.alertPolicies?.length)) {
    const where = locate(['metadata', 'annotations', ANNOTATIONS.alertOn.name])
    const saw = 'any-bad-event beside burn rates'
    const fix = `remove ${ANNOTATIONS.burnRates.name} and alertPolicies, or ${ANNOTATIONS.alertOn.name}`
    faults.push(fault('SPEC_FIELD_VALUE', where, saw, 'one of the two', fix))
  }
  if (
    !service ||
    typeof target !== 'string' ||
    'faults' in period ||
    'code' in slices ||
    'faults' in measured
  ) {
    return { faults }
  }

  const errorBudget = subtract('1', target)
  const alerting = (annotation('alerting') ?? 'page') as Alerting
  const pairs = burnPairs(period.seconds, errorBudget, anyBadEvent ? [] : policy.rows)
  const asked = !anyBadEvent && policy.rows.some(({ severity }) => severity === 'page')
  if (alerting === 'page' && asked && pairs.page.length === 0) {
    const saw = `target ${target} over ${windowName(period.seconds)}, which leaves no window pair that can page`
    const expected = '1 ≤ threshold < 1/errorBudget for at least one page pair'
    const fix = `choose another target or window, or annotate ${ANNOTATIONS.alerting.name}: ticket`
    faults.push(fault('PLAN_NO_PAGE_POSSIBLE', locate(path), saw, expected, fix))
  }
  if (faults.length > 0) return { faults }

  const { indicator } = measured
  const moreWindows = anyBadEvent ? [] : windowsBeside(period.seconds, policy.rows)
  const regions = listOf(annotation('regions'))
  const byRegion = regions.length > 0
  const input: RuleInput = {
    slo,
    service: body.service,
    displayName: objective.displayName ?? nameOf(metadata, slo),
    owner: service.value.metadata.annotations?.[ANNOTATIONS.owner.name] ?? '',
    target,
    errorBudget,
    periodSeconds: period.seconds,
    byRegion,
    indicator,
    ...slices,
    ...(moreWindows.length > 0 && { moreWindows }),
  }
  const groupNames = { page: `${slo}:page`, slow: `${slo}:slow` }
  const groups = [
    groupOfRuns(groupNames.page, PAGE_INTERVAL_SECONDS, input, () => pageRules(input)),
    groupOfRuns(groupNames.slow, SLOW_INTERVAL_SECONDS, input, () => slowRules(input)),
    groupOfRuns(`${slo}:memory`, MEMORY_INTERVAL_SECONDS, input, () => memoryRules(input)),
  ]
  const evidenceGate = annotation('evidenceGate') === 'off' ? 'off' : 'on'
  const { whenNoData, forSeconds } = policy
  const choices = {
    alerting,
    anyBadEvent,
    evidenceGate,
    forSeconds,
    whenNoData,
    slices: body.budgetingMethod !== 'Occurrences',
    seenForSeconds: seenForSeconds(input),
  } as const
  const alerts = planAlerts(choices, pairs, groupNames, byRegion)
  const dependsOn = listOf(annotation('dependsOn')).map((item) => {
    const [id = '', weight = '1'] = item.split(':')
    return { slo: id, weight }
  })
  const guards = listOf(annotation('guards')).map((item) => {
    const [excluded = '', slo = ''] = item.split('=')
    return { excluded, slo }
  })
  const numbers = planNumbers(input, groups, alerts, annotation('eventsPerHour'))
  const promise = { indicator, target, period: period.seconds, method: body.budgetingMethod, ...slices }
  const plan = withWindows(input, {
    slo,
    service: body.service,
    displayName: input.displayName,
    description: body.description ?? '',
    owner: input.owner,
    runbook: annotation('runbook') ?? '',
    writtenAt,
    revision: revision(promise),
    ...(typeof effectiveFromSeconds === 'number' && { effectiveFromSeconds }),
    target,
    errorBudget,
    period: { name: windowName(period.seconds), seconds: period.seconds },
    budgetingMethod: body.budgetingMethod,
    ...slices,
    calendars: period.calendars,
    ...(composite && { composite: { slo: metadata.name, weight: weightOf(objective) } }),
    dependsOn,
    guards,
    regions,
    indicator,
    source: sourceOf(annotation('source'), measured.source),
    series: {
      objective: recorded('slo', 'objective:ratio', slo),
      errorBudgetRemaining: recorded('slo', 'error_budget_remaining:ratio', slo),
      info: recorded('slo', 'info', slo),
      seen: recorded('slo', seenName(input), slo),
      seenForSeconds: seenForSeconds(input),
      regionErrorBudgetRemaining: byRegion ? recorded('slo_region', 'error_budget_remaining:ratio', slo) : '',
      regionSeen: byRegion ? recorded('slo_region', seenName(input), slo) : '',
    },
    alerts,
    numbers,
    warnings: [
      ...period.warnings,
      ...policy.warnings,
      ...pairs.warnings,
      ...starved(numbers.traffic, pairs.page, input.slices),
    ],
  })
  if (!composite) return { slo: plan, locate, groups }
  const choicesOfAll = {
    alerting,
    anyBadEvent,
    evidenceGate,
    rows: policy.rows,
    forSeconds: policy.forSeconds,
  } as const
  return {
    slo: plan,
    locate,
    groups,
    asked: { displayName: metadata.displayName ?? metadata.name, ...choicesOfAll },
  }
}

function readsGauge({ value }: Slo, references: References): boolean {
  const { indicator, indicatorRef } = value.spec
  const sli = indicator?.spec ?? references.find('SLI', indicatorRef ?? '')?.value.spec
  return sli?.thresholdMetric !== undefined
}

/** The indicator of a composite's objective is the objective's own. */
function readIndicator(
  { value, locate }: Slo,
  references: References,
  objective: Objective,
  path: Path,
  composite: boolean,
): Measured | { faults: Fault[] } {
  const { indicator, indicatorRef } = composite ? objective : value.spec
  const where: Path = composite ? path : ['spec']
  if (composite && (value.spec.indicator ?? value.spec.indicatorRef)) {
    const saw = 'an indicator of the SLO beside those of its objectives'
    const fix = 'a composite has one in each objective and none of its own'
    return { faults: [fault('SPEC_FIELD_VALUE', locate(['spec']), saw, 'one of the two', fix)] }
  }
  const found = references.resolve('SLI', indicatorRef, indicator?.spec, {
    path: indicator ? [...where, 'indicator'] : indicatorRef ? [...where, 'indicatorRef'] : where,
    locate,
  })
  if ('faults' in found) return found
  const written = { spec: found.spec, locate: (inner: Path) => found.locate([...found.at, ...inner]) }
  return planIndicator(written, objective, value.spec.budgetingMethod)
}

function sourceOf(annotation: string | undefined, usual: LedgerSource): LedgerSource {
  return annotation === 'prometheus' || annotation === 'deltas' ? { kind: annotation } : usual
}

function weightOf({ compositeWeight }: Objective): string {
  return String(parseDecimal(String(compositeWeight ?? 1)))
}

/** 12 hex digits of SHA-256: enough to tell the revisions of one SLO apart. */
function revision(promise: unknown): string {
  return hash('sha256', JSON.stringify(promise)).slice(0, 12)
}

/** Each of several objectives has its own id after the document's name: pages that say only that would look the same. */
function nameOf({ name, displayName }: Slo['value']['metadata'], slo: string): string {
  if (displayName === undefined) return slo
  return slo === name ? displayName : `${displayName}: ${slo.slice(name.length + 1)}`
}
