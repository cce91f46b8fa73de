/** What a change of specs does: to promises, thresholds, detection, pages by chance and cost. Pure; for review. */
import { DAY } from './duration.ts'
import { dateOf, percent, rounded } from './format-plan.ts'
import { pagesText, spoken } from './numbers.ts'
import { counterText } from './offset.ts'
import type {
  AlertPlan,
  BurnPair,
  CompositeAlertPlan,
  CompositePlan,
  Plan,
  RuleGroupPlan,
  SloPlan,
} from './types.ts'

export const ROW_KINDS = [
  'promise',
  'threshold',
  'detection',
  'alerts',
  'pages by chance',
  'cost',
  'rest',
] as const
export type RowKind = (typeof ROW_KINDS)[number]
/** One thing that is different; absent on the side that does not have it. */
export type DiffRow = { kind: RowKind; what: string; old?: string; new?: string }
export type SloDiff = {
  slo: string
  change: 'added' | 'removed' | 'changed'
  /** The promise is another: past minutes keep the old one. */
  newRevision: boolean
  /** When the new revision begins, if its spec says so. */
  effectiveFrom?: string
  /** Of one that is added: one that is removed and promised the same. Its past stays under its own id. */
  renamedFrom?: string
  rows: DiffRow[]
}
export type PlanDiff = {
  same: boolean
  slos: SloDiff[]
  totals: { what: string; old: number; new: number }[]
}

export function diffPlans(before: Plan, after: Plan): PlanDiff {
  const [olds, news] = [subjectsOf(before), subjectsOf(after)]
  const ids = [...new Set([...olds.keys(), ...news.keys()])].sort()
  const slos = ids.flatMap((slo): SloDiff[] => {
    const [one, other] = [olds.get(slo), news.get(slo)]
    const rows = rowsOf(one?.facts(), other?.facts())
    if (rows.length === 0) return []
    const newRevision = one !== undefined && other !== undefined && one.revision !== other.revision
    const change = one === undefined ? 'added' : other === undefined ? 'removed' : 'changed'
    return [
      {
        slo,
        change,
        newRevision,
        ...(newRevision && other.from !== undefined && { effectiveFrom: other.from }),
        ...(change === 'added' && renamedFrom(other, olds, news)),
        rows,
      },
    ]
  })
  return { same: slos.length === 0, slos, totals: totalsOf(before, after) }
}

/** An SLO, or a composite of some: past minutes of a composite are those of its parts. */
type Subject = { revision?: string; from?: string | undefined; facts: () => Fact[] }

function renamedFrom(
  added: Subject | undefined,
  olds: Map<string, Subject>,
  news: Map<string, Subject>,
): Pick<SloDiff, 'renamedFrom'> {
  const same = [...olds].find(
    ([id, { revision }]) => revision && revision === added?.revision && !news.has(id),
  )
  return same ? { renamedFrom: same[0] } : {}
}

function subjectsOf(plan: Plan): Map<string, Subject> {
  const slos = plan.slos.map((slo): [string, Subject] => [
    slo.slo,
    { revision: slo.revision, from: dateOf(slo.effectiveFromSeconds), facts: () => factsOf(slo, plan) },
  ])
  const composites = (plan.composites ?? []).map((one): [string, Subject] => [
    one.slo,
    { facts: () => compositeFactsOf(one, plan) },
  ])
  return new Map([...slos, ...composites])
}

type Fact = { kind: RowKind; what: string; text: string }

function rowsOf(before: Fact[] = [], after: Fact[] = []): DiffRow[] {
  const named = (facts: Fact[]) => new Map(facts.map((fact) => [`${fact.kind} ${fact.what}`, fact]))
  const [olds, news] = [named(before), named(after)]
  const all = [...new Map([...olds, ...news]).keys()]
  const rows = all.flatMap((key): DiffRow[] => {
    const [one, other] = [olds.get(key), news.get(key)]
    const fact = other ?? one
    if (!fact || one?.text === other?.text) return []
    return [
      { kind: fact.kind, what: fact.what, ...(one && { old: one.text }), ...(other && { new: other.text }) },
    ]
  })
  return rows.sort((a, b) => ROW_KINDS.indexOf(a.kind) - ROW_KINDS.indexOf(b.kind))
}

function fact(kind: RowKind, what: string, text: string | undefined): Fact[] {
  return text === undefined || text === '' ? [] : [{ kind, what, text }]
}

/** Everything of an SLO that a reviewer may want to know, in words. What has no words of its own is in `rules`. */
function factsOf(slo: SloPlan, plan: Plan): Fact[] {
  const { indicator, numbers } = slo
  const counters = (terms: SloPlan['indicator']['total']) =>
    terms.map((term) => `${term.sign < 0 ? '− ' : ''}${counterText(term)}`).join(' + ')
  const { traffic } = numbers
  return [
    ...fact('promise', 'target', percent(slo.target)),
    ...fact('promise', 'window', slo.period.name),
    ...fact('promise', 'good', indicator.good),
    ...fact('promise', 'total events', counters(indicator.total)),
    ...fact('promise', 'bad events', counters(indicator.bad) || indicator.badShareExpr),
    ...fact('promise', 'budgeting', [slo.budgetingMethod, ...slicesOf(slo)].join(' of ')),
    ...fact('promise', 'from', dateOf(slo.effectiveFromSeconds)),
    ...fact('promise', 'composite', slo.composite && `${slo.composite.slo}, weight ${slo.composite.weight}`),
    ...slo.alerts.flatMap(thresholdsOf),
    ...fact('alerts', 'alerts', slo.alerts.map(nameOf).join(', ') || 'none'),
    ...fact(
      'pages by chance',
      'at half the budgeted errors',
      traffic && `${pagesText(traffic.falsePagesAtHalfBudget)} in 30 days`,
    ),
    ...fact(
      'pages by chance',
      'at all the budgeted errors',
      traffic && `${pagesText(traffic.falsePagesAtFullBudget)} in 30 days`,
    ),
    ...fact(
      'pages by chance',
      'one failure',
      traffic &&
        `${traffic.oneFailureBurn} × burn at ${traffic.eventsPerHour} ${slo.slices ? 'slices' : 'events'}/h`,
    ),
    ...fact('cost', 'evaluation', `${numbers.samplesPerMinute} samples/min`),
    ...fact('cost', 'history', `${numbers.historySeconds / DAY} days`),
    ...fact('rest', 'feasible', numbers.feasibleTarget?.toString()),
    ...fact('rest', 'depends on', slo.dependsOn.map(({ slo, weight }) => `${slo}:${weight}`).join(', ')),
    ...fact('rest', 'guards', slo.guards.map(({ slo, excluded }) => `${excluded}=${slo}`).join(', ')),
    ...fact('rest', 'regions', slo.regions.join(', ')),
    ...fact(
      'rest',
      'report windows',
      slo.calendars.map(({ duration, timeZone }) => `${duration} ${timeZone}`).join(', '),
    ),
    ...fact(
      'rest',
      'source',
      'flow' in slo.source ? `${slo.source.kind} ${slo.source.flow}` : slo.source.kind,
    ),
    ...fact('rest', 'service', slo.service),
    ...fact('rest', 'owner', slo.owner),
    ...fact('rest', 'runbook', slo.runbook),
    ...fact('rest', 'name', slo.displayName),
    ...fact('rest', 'description', slo.description),
    ...fact('rest', 'warnings', slo.warnings.map(({ code, message }) => `${code}: ${message}`).join('; ')),
    ...fact('rest', 'rules', rulesOf(slo, plan.groups)),
  ]
}

function compositeFactsOf(composite: CompositePlan, plan: Plan): Fact[] {
  const { numbers, errorBudget, parts, warnings } = composite
  const { traffic } = numbers
  return [
    ...fact('promise', 'window', composite.period.name),
    ...fact('promise', 'budgeting', composite.budgetingMethod),
    ...parts.flatMap(({ slo, weight }) => {
      const target = plan.slos.find((one) => one.slo === slo)?.target
      return fact('promise', `part ${slo}`, `weight ${weight}, ${target && percent(target)}`)
    }),
    ...fact('promise', 'budget', errorBudget && `${percent(errorBudget)} of the time`),
    ...fact('promise', 'burn when everything fails', rounded(composite.highestBurnRate)),
    ...composite.alerts.flatMap(compositeThresholdsOf),
    ...numbers.detection.flatMap(({ severity, long, at }) => {
      const outage = at.at(-1)
      const text = outage && `after ${spoken(outage.fireSeconds)}, resets in ${spoken(outage.resetSeconds)}`
      return fact('detection', `${severity} ${long} when everything fails`, text)
    }),
    ...fact('alerts', 'alerts', composite.alerts.map(nameOf).join(', ') || 'none'),
    ...fact('alerts', 'evidence', composite.windows.some((one) => one.evidentBurnRate) ? 'gate' : 'no gate'),
    ...fact(
      'pages by chance',
      'at all the budgeted errors',
      traffic && `${pagesText(traffic.falsePagesAtFullBudget)} in 30 days`,
    ),
    ...fact('cost', 'evaluation', `${numbers.samplesPerMinute} samples/min`),
    ...fact('rest', 'service', composite.service),
    ...fact('rest', 'owner', composite.owner),
    ...fact('rest', 'runbook', composite.runbook),
    ...fact('rest', 'name', composite.displayName),
    ...fact('rest', 'description', composite.description),
    ...fact('rest', 'warnings', warnings.map(({ code, message }) => `${code}: ${message}`).join('; ')),
    ...fact('rest', 'rules', rulesOf(composite, plan.groups)),
  ]
}

function compositeThresholdsOf(alert: CompositeAlertPlan): Fact[] {
  if (alert.kind !== 'burn') return []
  return alert.pairs.map(({ long, short, burnRate, budgetShare }): Fact => {
    const spent = Number((Number(budgetShare) * 100).toPrecision(3))
    const text = `burn > ${burnRate}, ${spent} % of the budget`
    return { kind: 'threshold', what: `${alert.severity} ${long}/${short}`, text }
  })
}

function slicesOf({ slices }: SloPlan): string[] {
  return slices
    ? [
        `${slices.seconds} s${slices.goodRatio === undefined ? '' : `, each good from ${percent(slices.goodRatio)}`}`,
      ]
    : []
}

function thresholdsOf(alert: AlertPlan): Fact[] {
  if (alert.kind !== 'burn' || alert.scope !== 'all') return []
  const { severity, pairs, forSeconds } = alert
  const lasting = forSeconds > 0 ? ` for ${spoken(forSeconds)}` : ''
  const thresholds = pairs.map(({ long, short, burnRate, badRatio, budgetShare }): Fact => {
    const spent = Number((Number(budgetShare) * 100).toPrecision(3))
    const text = `burn > ${burnRate} (${percent(badRatio)} bad)${lasting}, ${spent} % of the budget`
    return { kind: 'threshold', what: `${severity} ${long}/${short}`, text }
  })
  const detection = BAD_RATIOS.map((ratio): Fact => {
    const text = detected(pairs, Number(ratio), forSeconds)
    return { kind: 'detection', what: `${severity} at ${percent(ratio)} bad`, text }
  })
  return [...thresholds, ...detection]
}

/** Errors as users see them, whatever the promise: the same on both sides, unlike a burn rate. */
const BAD_RATIOS = ['0.001', '0.01', '0.1', '1']

/** The first pair to fire, and its reset. SRE Workbook, chapter 5: threshold × long window / burn. */
function detected(pairs: BurnPair[], ratio: number, forSeconds: number): string {
  const [first] = pairs
    .filter(({ badRatio }) => Number(badRatio) < ratio)
    .map((pair) => ({ pair, share: Number(pair.badRatio) / ratio }))
    .sort((a, b) => a.share * a.pair.longSeconds - b.share * b.pair.longSeconds)
  if (!first) return 'never'
  const { pair, share } = first
  const [fires, resets] = [share * pair.longSeconds, (1 - share) * pair.shortSeconds].map(Math.round)
  return `after ${spoken((fires ?? 0) + forSeconds)}, resets in ${spoken(resets ?? 0)}`
}

function nameOf(alert: AlertPlan | CompositeAlertPlan): string {
  const ungated = 'evidence' in alert && alert.evidence.minScore === '0'
  const gate = ungated ? ' without the evidence gate' : ''
  return `${alert.alert} ${alert.severity} (${alert.scope})${gate}`
}

/** How many rules there are; the digest is of the whole plan, so that nothing that differs goes unseen. */
function rulesOf({ writtenAt, ...slo }: SloPlan | CompositePlan, groups: RuleGroupPlan[]): string {
  const own = groups.filter((group) => group.slo === slo.slo)
  const count = own.reduce((sum, { recordings }) => sum + recordings.length, 0)
  return `${count} recording rules, digest ${digest(JSON.stringify([slo, own]))}`
}

/** FNV-1a: to see a difference, not to resist an attack. */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

function totalsOf(before: Plan, after: Plan): PlanDiff['totals'] {
  const sum = (of: (one: SloPlan | CompositePlan) => number) => (plan: Plan) =>
    [...plan.slos, ...(plan.composites ?? [])].reduce((all, one) => all + of(one), 0)
  const rules = (plan: Plan) => plan.groups.reduce((all, { recordings }) => all + recordings.length, 0)
  const chance = sum(({ numbers }) => numbers.traffic?.falsePagesAtFullBudget ?? 0)
  const known = [before, after].some(({ slos }) => slos.some(({ numbers }) => numbers.traffic))
  const total = (what: string, of: (plan: Plan) => number) => ({ what, old: of(before), new: of(after) })
  return [
    total('SLOs', ({ slos }) => slos.length),
    total('recording rules', rules),
    total(
      'samples/min',
      sum(({ numbers }) => numbers.samplesPerMinute),
    ),
    // Without traffic nobody knows, which is not 0.
    ...(known
      ? [
          total('pages by chance in 30 days, where traffic is known', (plan) =>
            Number(chance(plan).toFixed(3)),
          ),
        ]
      : []),
  ]
}

export function formatDiff({ same, slos, totals }: PlanDiff): string {
  if (same) return 'no change'
  const blocks = slos.map(({ slo, change, rows, ...revision }) => {
    const lines = rows.map(
      ({ kind, what, ...sides }) => `  ${kind}: ${what}: ${sides.old ?? '—'} → ${sides.new ?? '—'}`,
    )
    return [`${slo}  ${change}${revisionText(revision)}`, ...lines].join('\n')
  })
  const total = totals.map(({ what, ...sides }) => `  ${what}: ${sides.old} → ${sides.new}`)
  return [...blocks, ['in all', ...total].join('\n')].join('\n\n')
}

function revisionText({
  newRevision,
  effectiveFrom,
  renamedFrom,
}: Pick<SloDiff, 'newRevision' | 'effectiveFrom' | 'renamedFrom'>): string {
  if (renamedFrom) return `: the promise of ${renamedFrom}, whose past stays under that id`
  if (!newRevision) return ''
  return `: a new promise, from ${effectiveFrom ?? 'when the ledger first sees it'}`
}

/** For a pull request: a table of totals, then one for each SLO, folded when it is long. */
export function markdownDiff({ same, slos, totals }: PlanDiff): string {
  if (same) return 'No SLO changes.'
  const head = [
    '| in all | before | after |',
    '| --- | ---: | ---: |',
    ...totals.map(({ what, ...sides }) => `| ${what} | ${sides.old} | ${sides.new} |`),
  ]
  const tables = slos.map(({ slo, change, rows, ...revision }) =>
    [
      `#### \`${slo}\` ${change}${revisionText(revision)}`,
      '',
      '| what | before | after |',
      '| --- | --- | --- |',
      ...rows.map(
        ({ kind, what, ...sides }) =>
          `| ${cell(`${kind}: ${what}`)} | ${cell(sides.old)} | ${cell(sides.new)} |`,
      ),
    ].join('\n'),
  )
  return ['### SLO changes', head.join('\n'), ...tables].join('\n\n')
}

/** Text of a spec inside a table: no cell ends early, no tag begins, no mention is made. */
function cell(text: string | undefined): string {
  if (text === undefined) return '—'
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_[\]<>@#]/g, (one) => `&#${one.charCodeAt(0)};`)
}
