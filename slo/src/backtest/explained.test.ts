/** Who is told of a burn that something else explains: expected values by hand from decision 0006 and the routing. */
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { compilePlan } from '../plan/compile.ts'
import { backtest } from './backtest.ts'
import { formatBacktest } from './format.ts'
import { type History, HistoryBuilder } from './history.ts'
import { type Policy, policyOf } from './replay.ts'

const DAY = 1_767_225_600 // 2026-01-01T00:00:00Z
const minutes = (seconds: number | undefined) => seconds && (seconds - DAY) / 60

/** Every pull needs a token; both promise 99.9 % over 28 d. */
const slo = (name: string, annotations: object) => ({
  apiVersion: 'openslo/v1',
  kind: 'SLO',
  metadata: { name, annotations: { 'plimsoll.dev/runbook': 'hub-api-errors', ...annotations } },
  spec: {
    service: 'registry',
    indicator: {
      metadata: { name },
      spec: {
        ratioMetric: {
          rawType: 'success',
          raw: { metricSource: { type: 'Plimsoll/http', spec: { serviceName: name } } },
        },
      },
    },
    timeWindow: [{ duration: '28d', isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ target: 0.999 }],
  },
})
const service = {
  apiVersion: 'openslo/v1',
  kind: 'Service',
  metadata: { name: 'registry', annotations: { 'plimsoll.dev/owner': 'team-registry' } },
  spec: {},
}
const regions = { 'plimsoll.dev/regions': 'us-east' }
const text = [service, slo('token', regions), slo('pull', { ...regions, 'plimsoll.dev/depends-on': 'token' })]
  .map((one) => stringify(one))
  .join('---\n')

function policy(): Policy {
  const { plan, faults } = compilePlan([{ file: 'a.yaml', text }])
  const pull = plan?.slos.find((one) => one.slo === 'pull')
  if (!plan || !pull) throw new Error(JSON.stringify(faults))
  return policyOf(plan, pull, 'today')
}

/** Ten events every 30 s; `bad` of them at a minute. `undefined` where nothing was scraped. */
function history(bad: (minute: number) => number | undefined, lasts = 180): History {
  const builder = new HistoryBuilder()
  for (let second = 30; second <= lasts * 60; second += 30) {
    const events = bad(second / 60)
    if (events === undefined) continue
    builder.add('us-east', { total: 1, bad: 0 }, (DAY + second) * 1000, { events: 10 })
    builder.add('us-east', { total: 0, bad: 1 }, (DAY + second) * 1000, { events })
  }
  const built = builder.build()
  if (!built) throw new Error('no samples')
  return built
}

function pages(pull: History, token?: History) {
  const needed = new Map(token ? [['token', token]] : [])
  const range = { fromSeconds: DAY, toSeconds: DAY + 180 * 60 }
  const result = backtest([policy(), policy()], pull, range, undefined, needed)
  const [today] = result.policies
  const regional = today.fired.filter(({ severity, region }) => severity === 'page' && region === 'us-east')
  return { result, today, regional, burns: regional.filter(({ kind }) => kind === 'burn') }
}

const within = (minute: number, from: number, to: number) => minute > from && minute <= to

test('pulls that fail as tokens do page nobody: 3 of 10 is less than 5 + 2 × 3 of 10', () => {
  const fails = (minute: number) => (within(minute, 60, 90) ? 3 : 0)
  const { burns, today, result } = pages(history(fails), history(fails))
  expect(burns).toHaveLength(1)
  expect(burns[0]?.toldSeconds).toBeUndefined()
  expect(burns[0]?.explained?.map(({ by }) => by)).toEqual([['token']])
  expect(result.needs).toEqual([{ slo: 'token', seen: true }])
  expect(today.judgement.pages.of).toBe(0)
  // Somebody was woken for the incident, by the page of tokens.
  expect(today.judgement.outcomes).toMatchObject([{ got: 'explained', explainedBy: ['token'] }])
  expect(today.judgement.incidents).toMatchObject({ paged: 1, of: 1 })
  expect(today.judgement.delay).toBeUndefined()
  const said = formatBacktest(result)
  expect(said).toContain('needs token: burns that its pages explain are muted, as Alertmanager does\n')
  expect(said).toContain('Pages, today: 0, and 2 explained by pages of token\n')
})

test('without a history of tokens nothing explains it', () => {
  const { burns, today, result } = pages(history((minute) => (within(minute, 60, 90) ? 3 : 0)))
  expect(burns[0]?.toldSeconds).toBe(burns[0]?.fromSeconds)
  expect(result.needs).toEqual([{ slo: 'token', seen: false }])
  expect(today.judgement.outcomes).toMatchObject([{ got: 'page' }])
  expect(formatBacktest(result)).toContain(
    'needs token, of which there is no sample: what it explained counts as told\n',
  )
})

test('a fault of their own is told when it is more than tokens explain', () => {
  // Tokens fail 3 of 10 from 60:00 on. Pulls do too, and all 10 of 10 from 75:00 on: 30 steps of 3 are 90 bad, and each
  // step after makes it 10 more, while 2 × 0.3 × 1/2 of 600 events (half an hour, tokens bad for 15 min and n steps)
  // explain 5 + 2 × (90 + 3n). 90 + 10n > 185 + 6n from n = 24 on, 12 minutes later.
  const token = history((minute) => (within(minute, 60, 100) ? 3 : 0))
  const pull = history((minute) => (within(minute, 75, 100) ? 10 : within(minute, 60, 75) ? 3 : 0))
  const {
    burns: [burn],
    result,
    today,
  } = pages(pull, token)
  expect(minutes(burn?.fromSeconds)).toBeLessThan(65)
  expect(minutes(burn?.toldSeconds)).toBe(75 + 12)
  expect(formatBacktest(result)).toContain('told at 2026-01-01 01:27 UTC\n')
  expect(today.judgement.outcomes).toMatchObject([{ got: 'explained' }])
})

test('a dependency that burns without a page explains nothing', () => {
  // 3 bad events in all, of 1,200 an hour, are 0.25 %: below 1.344 %.
  const token = history((minute) => (within(minute, 60, 61.5) ? 1 : 0))
  const { burns } = pages(
    history((minute) => (within(minute, 60, 90) ? 3 : 0)),
    token,
  )
  expect(burns[0]?.toldSeconds).toBe(burns[0]?.fromSeconds)
})

test('while a page says that a region burns, that nothing is seen there says nothing new', () => {
  // All fail from 60:00 to 65:00, and then no scrape answers.
  const { regional } = pages(history((minute) => (minute > 65 ? undefined : minute > 60 ? 10 : 0)))
  const [burn, blind] = regional
  expect([burn?.kind, blind?.kind]).toEqual(['burn', 'blind'])
  expect(minutes(blind?.fromSeconds)).toBe(75)
  expect(blind?.toldSeconds).toBe(burn?.untilSeconds)
})

test('a total that fires an evaluation before its regions is told as well', () => {
  // One event every 10 s in each of two regions; from 60:00 on five fail in each. 3 + 3 of 726 are 0.83 % of the hours
  // before, above 0.56 %, and score 7.4; 4 of 364 in one region score 6.0 of the 6.9 asked for, 5 of 365 score 8.5.
  const builder = new HistoryBuilder()
  for (const region of ['eu-west', 'us-east'])
    for (let second = 10; second <= 90 * 60; second += 10) {
      const isBad = second > 3600 && second <= 3650
      builder.add(region, { total: 1, bad: 0 }, (DAY + second) * 1000, { events: 1 })
      builder.add(region, { total: 0, bad: 1 }, (DAY + second) * 1000, { events: isBad ? 1 : 0 })
    }
  const built = builder.build()
  if (!built) throw new Error('no samples')
  const range = { fromSeconds: DAY, toSeconds: DAY + 90 * 60 }
  const [{ fired }] = backtest([policy(), policy()], built, range).policies
  const pages = fired.filter(({ severity }) => severity === 'page')
  expect(pages.map(({ region, fromSeconds, toldSeconds }) => [region, fromSeconds, toldSeconds])).toEqual([
    ['all', DAY + 3630, DAY + 3630],
    ['eu-west', DAY + 3660, DAY + 3660],
    ['us-east', DAY + 3660, DAY + 3660],
  ])
})
