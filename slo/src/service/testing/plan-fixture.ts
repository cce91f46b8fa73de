/** A plan small enough to check by hand: one SLO per source. */
import type { CountedPlan, CountedSlo } from '../counted-plan.ts'

const BASE: Omit<CountedSlo, 'slo' | 'displayName' | 'indicator' | 'source'> = {
  service: 'hub-api',
  description: 'Made for tests.',
  owner: 'registry',
  revision: 'r1',
  target: '0.999',
  errorBudget: '0.001',
  period: { name: '28d', seconds: 28 * 86_400 },
  budgetingMethod: 'Occurrences',
  calendars: [],
  regions: ['us-east', 'eu-west'],
}

export const HUB: CountedSlo = {
  ...BASE,
  slo: 'hub-api-availability',
  displayName: 'Hub API availability',
  regions: ['us-east'],
  indicator: {
    kind: 'http',
    good: 'answered without a server fault',
    total: [{ sign: 1, selector: 'requests_total' }],
    bad: [{ sign: 1, selector: 'requests_total{code=~"5.."}' }],
  },
  source: { kind: 'prometheus' },
}

export const PUSH_PULL: CountedSlo = {
  ...BASE,
  slo: 'registry-push-pull',
  displayName: 'Push and pull of a canary',
  service: 'registry',
  indicator: { kind: 'probe', good: 'every step answered, every byte hashed', total: [], bad: [] },
  source: { kind: 'probe', flow: 'push-pull' },
}

export const INDEXING: CountedSlo = {
  ...BASE,
  slo: 'search-indexing',
  displayName: 'Indexing of pushed tags',
  service: 'search',
  regions: [],
  indicator: { kind: 'messaging', good: 'indexed without dead-letter', total: [], bad: [] },
  source: { kind: 'deltas' },
}

export const PLAN: CountedPlan = { version: 1, slos: [HUB, PUSH_PULL, INDEXING] }
