/**
 * The plan: everything derived from the specs, once. `plan.json` is this type and the only input of every renderer
 * (recording rules, alert rules, alert tests, routing, dashboards, ledger): none of them computes a number.
 * Decimals that reach a rule or a screen are exact strings ("0.999", "13.44"), never binary floats.
 */

/** An exact decimal, e.g. "0.001". */
export type Decimal = string

export type Plan = {
  version: 1
  slos: SloPlan[]
  /** Composites of the SLOs; absent when there are none. */
  composites?: CompositePlan[]
  groups: RuleGroupPlan[]
}

/** Rules that must be evaluated in order, together. Renderers return rules by group name; deploy concatenates. */
export type RuleGroupPlan = {
  /**
   * `<slo>:page` (30 s: page windows, then page alerts), `<slo>:slow` (60 s: long windows, then ticket alerts) or
   * `<slo>:memory` (5 min: what sums held before an outage; no alerts). `<composite>:composite` (60 s: burn rates of the
   * whole, then its alerts) comes last.
   */
  name: string
  service: string
  slo: string
  intervalSeconds: number
  recordings: RecordingPlan[]
}

export type RecordingPlan = { record: string; expr: string; labels: Record<string, string> }

/** One objective: one SLO id. */
export type SloPlan = {
  /** OpenSLO metadata.name (or `<name>-<objective>`): unique, kebab-case, stable for ever. */
  slo: string
  service: string
  displayName: string
  description: string
  /** Team that is paged; from the Service. */
  owner: string
  /** Slug of `alerts/runbooks/<runbook>.md`. */
  runbook: string
  /** `file:line` where the SLO was written, relative to the working directory. */
  writtenAt: string
  /** Hash of the promise (indicator, target, window): a change starts a new revision. */
  revision: string
  /** Unix seconds from which the revision is promised, a whole minute; absent: from when the ledger first sees it. */
  effectiveFromSeconds?: number
  /** Ratio in (0, 1), e.g. "0.999". */
  target: Decimal
  /** 1 − target, e.g. "0.001". */
  errorBudget: Decimal
  /** The rolling period that rules and thresholds use. */
  period: { name: string; seconds: number }
  budgetingMethod: 'Occurrences' | 'Timeslices' | 'RatioTimeslices'
  /** Time slices: events of the recorded series are then slices. `goodRatio` decides a slice with Timeslices. */
  slices?: { seconds: number; goodRatio?: Decimal }
  /** Calendar windows that reports use beside the period; rules use none. */
  calendars: CalendarWindow[]
  /** The composite SLO that this objective is a part of; its burn is the weighted sum of its parts' (OpenSLO). */
  composite?: { slo: string; weight: Decimal }
  /** SLOs that every event of this one, or the share `weight` of them, needs. */
  dependsOn: { slo: string; weight: Decimal }[]
  /** What this SLO does not count (a status code, a kind of error, a place it cannot see), and the SLO that does. */
  guards: { excluded: string; slo: string }[]
  /** Regions expected to have traffic; empty when the SLO is not grouped by region. */
  regions: string[]
  indicator: IndicatorPlan
  /** The SLO's exactly one source of counts in the ledger. */
  source: LedgerSource
  /** Recorded series by window, shortest first. */
  windows: RecordedWindow[]
  series: {
    objective: string
    errorBudgetRemaining: string
    info: string
    /** There while raw series are, also when they count nothing: its absence is blindness. */
    seen: string
    /** How long it outlasts the last raw sample that is read, seconds: with an offset, that much longer. */
    seenForSeconds: number
    /** The same per region; empty string when the SLO is not grouped by region. */
    regionErrorBudgetRemaining: string
    regionSeen: string
  }
  alerts: AlertPlan[]
  numbers: PlanNumbers
  warnings: PlanWarning[]
}

/** One SLO out of several, OpenSLO's composite: recorded from its parts. `docs/decisions/0007` says how it alerts. */
export type CompositePlan = {
  /** OpenSLO metadata.name; the ids of its parts begin with it. */
  slo: string
  service: string
  displayName: string
  description: string
  owner: string
  runbook: string
  writtenAt: string
  budgetingMethod: SloPlan['budgetingMethod']
  period: SloPlan['period']
  /** Where one bad event of a part is one too many it alerts by itself, and burns say nothing: no alert here. */
  parts: { slo: string; weight: Decimal }[]
  /** Share of bad time when each part just keeps its promise; with time slices only. */
  errorBudget?: Decimal
  /** The burn when everything fails: a threshold has to be below it. */
  highestBurnRate: Decimal
  windows: CompositeWindow[]
  errorBudgetRemaining: string
  info: string
  alerts: CompositeAlertPlan[]
  numbers: CompositeNumbers
  warnings: PlanWarning[]
}

/** PromQL ready to query. */
export type CompositeWindow = {
  name: string
  seconds: number
  /** 1 spends the composite's budget exactly in the period. */
  burnRate: string
  /** What each part adds to the burn rate, with label `slo`; of bad minutes that parts share each adds all. */
  partBurnRates: string
  /** The burn rate as far as it is evident; where alerts ask for evidence. */
  evidentBurnRate?: string
  /** Share of bad time; with time slices only. */
  badRatio?: string
}

/** Burns and budget of the whole. That nothing is seen, or traffic gone, its parts say. */
export type CompositeAlertPlan = CompositeBurnPlan | ConditionAlertPlan
export type CompositeBurnPlan = Omit<BurnAlertPlan, 'pairs' | 'evidence'> & {
  pairs: Omit<BurnPair, 'badRatio'>[]
}

export type CompositeNumbers = {
  samplesPerMinute: number
  detection: PlanNumbers['detection']
  /** Where the traffic of every part is stated or measured. */
  traffic?: {
    /** The burn that one failure of the part alone shows, in the long window of the shortest pair. */
    oneFailureBurns: { slo: string; burn: number }[]
    falsePagesAtHalfBudget: number
    falsePagesAtFullBudget: number
  }
}

/** A window aligned to the calendar of a time zone; `startTime` is local, without zone, e.g. "2026-01-01 00:00:00". */
export type CalendarWindow = { duration: string; timeZone: string; startTime: string }

/** What the plan means in practice. Derived, for people: no rule uses them. */
export type PlanNumbers = {
  /** Raw and recorded samples that Prometheus reads for this SLO's recording rules, at 15 s scrapes. */
  samplesPerMinute: number
  /** History that the rules need before every window is whole, seconds. */
  historySeconds: number
  /** For each pair of the burn alerts, seconds until it fires and until it resets, at some burn rates. */
  detection: { severity: 'page' | 'ticket'; long: string; burnRate: Decimal; at: DetectionPlan[] }[]
  /** At the stated traffic, `plimsoll.dev/expected-events-per-hour`, or at what a Prometheus measured. */
  traffic?: {
    eventsPerHour: number
    measured?: true
    /** The burn that one failure alone shows in the shortest pair's long window. */
    oneFailureBurn: number
    /** Expected pages in 30 days by chance alone, with the evidence gate, at half and at all of the budgeted errors. */
    falsePagesAtHalfBudget: number
    falsePagesAtFullBudget: number
  }
  /** The best this SLO can be when each dependency is just at its target; with dependencies only. */
  feasibleTarget?: number
}

/** `resetSeconds` is how long the alert stays after the errors end. */
export type DetectionPlan = { burn: number; fireSeconds: number; resetSeconds: number }

export type IndicatorPlan = {
  kind: 'http' | 'probe' | 'messaging' | 'db' | 'web' | 'prometheus' | 'threshold'
  /** What a good event is, in plain words. */
  good: string
  /** Sums and differences of raw counters: total = valid events, bad = total − good. */
  total: CounterTerm[]
  bad: CounterTerm[]
  /** Kind `threshold`, which has no counters: PromQL of 0 (good) to 1 (bad), averaged over each time slice. */
  badShareExpr?: string
  /**
   * Kind `threshold`: the gauge as it was written, and a value of it on either side of what makes a sample good.
   * `furthestSeconds`: its longest offset, where it has one.
   */
  gauge?: { query: string; goodValue: number; badValue: number; furthestSeconds?: number }
  /** How much later than it happens everything is counted, by the offsets of its queries; absent: at once. */
  offsetSeconds?: number
  /** For latency indicators: the threshold, seconds. */
  thresholdSeconds?: number
  /** HTTP indicators: the service whose RED series these are, for "top route" queries. */
  serviceName?: string
  /** PromQL that names the worst route now; absent when there are no routes. */
  topRouteExpr?: string
}

/**
 * A counter selector without range, such as `http_server_…_count{service_name="hub-api"}`. `offsetSeconds`: how much
 * later than it is counted there it counts here; absent: at once. All selectors of a metric have the same.
 */
export type CounterTerm = { sign: 1 | -1; selector: string; offsetSeconds?: number }

export type LedgerSource = { kind: 'prometheus' } | { kind: 'probe'; flow: string } | { kind: 'deltas' }

export type RecordedWindow = {
  name: string
  seconds: number
  /** Selectors ready to query, with the SLO's matcher: `slo:bad_ratio:1h{slo="…"}`. */
  totalEvents: string
  badEvents: string
  badRatio: string
  /** `slo_region:…`; absent when the SLO is not grouped by region. */
  regionTotalEvents?: string
  regionBadEvents?: string
  regionBadRatio?: string
}

/** Alerts of the plan. `group` names the RuleGroupPlan whose recordings come first. */
export type AlertPlan = BurnAlertPlan | ConditionAlertPlan

/** Multiwindow multi-burn-rate, one rule per severity and scope that ORs its pairs. SRE Workbook, chapter 5. */
export type BurnAlertPlan = {
  kind: 'burn'
  alert: 'SLOErrorBudgetBurn'
  group: string
  severity: 'page' | 'ticket'
  /** `region`: one alert per region; `all`: the SLO's total (label region="all"). */
  scope: 'region' | 'all'
  pairs: BurnPair[]
  /** n·(p·ln(p/b)+(1−p)·ln((1−p)/(1−b))) must exceed minScore, and bad must reach minBad; 0 and 0 with the gate off. */
  evidence: { minScore: Decimal; minBad: Decimal }
  /** How long a pair has to burn before it fires: `alertAfter`. */
  forSeconds: number
  keepFiringForSeconds: number
  /** What may explain the burn, so that nobody need hear of it; absent when nothing that it needs pages. */
  explained?: ExplainedPlan
}

/** A burn is explained while bad ≤ spareEvents + factor × total × Σ weight × badRatio, over those that page now. */
export type ExplainedPlan = {
  /** Name of the window that all of it is counted over. */
  window: string
  factor: Decimal
  spareEvents: Decimal
  /** `badRatio` is a selector ready to query, in the alert's scope. */
  by: { slo: string; weight: Decimal; badRatio: string }[]
}

export type BurnPair = {
  short: string
  long: string
  shortSeconds: number
  longSeconds: number
  /** Threshold as a multiple of the sustainable speed, e.g. "13.44". */
  burnRate: Decimal
  /** The same as a ratio of bad events: burnRate × errorBudget, e.g. "0.01344". */
  badRatio: Decimal
  /** Share of the period's budget spent when the long window reaches the threshold, e.g. "0.02". */
  budgetShare: Decimal
}

/** Alerts that are not about the burn. `any-bad-event` stands in for burn and budget where one event is too many. */
export type ConditionAlertPlan = {
  kind: 'any-bad-event' | 'blind' | 'exhausted' | 'traffic-gone'
  alert: 'SLOIntegrityViolated' | 'SLOBlind' | 'SLOErrorBudgetExhausted' | 'SLOTrafficGone'
  group: string
  severity: 'page' | 'ticket'
  forSeconds: number
  scope: 'region' | 'all'
}

export type PlanWarning = { code: string; message: string }

/** One thing wrong in what somebody wrote. Printed as `file:line:column: CODE: saw …, expected …; fix`. */
export type Fault = { code: string; at: string; saw: string; expected: string; fix: string }
