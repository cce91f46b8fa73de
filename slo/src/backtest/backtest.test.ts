/** Expected values are counted by hand; the spec is the project's own, with one region. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compilePlan } from '../plan/compile.ts'
import { backtest } from './backtest.ts'
import { formatBacktest } from './format.ts'
import { HistoryBuilder } from './history.ts'
import type { Labelled } from './incidents.ts'
import { type Policy, policyOf } from './replay.ts'
import { applyWhatIf, parseWhatIf, standardOf, withoutPolicy } from './what-if.ts'

const SLO = 'registry-push-pull' // 99.9 % over 28 d, region us-east
const file = new URL('../../specs/registry.yaml', import.meta.url)
const text = readFileSync(file, 'utf8').replace(/(plimsoll\.dev\/regions:).*/g, '$1 us-east')
const sources = [{ file: 'registry.yaml', text }]
const DAY = 1_767_225_600 // 2026-01-01T00:00:00Z

function policy(from = sources, name = 'today'): Policy {
  const { plan, faults } = compilePlan(from)
  const slo = plan?.slos.find((one) => one.slo === SLO)
  if (!plan || !slo) throw new Error(JSON.stringify(faults))
  return policyOf(plan, slo, name)
}
const today = policy()
const standard = () => {
  const workbook = policy(withoutPolicy(sources, SLO), 'standard')
  return { ...workbook, slo: standardOf(workbook.slo) }
}

type Stretch = { minutes: number; everySeconds: number; good: number; bad: number; region?: string }

/** Stretches one after the other; a stretch of 0 good and 0 bad is scraped, without events. */
function history(stretches: (Stretch | 'unseen hour')[]) {
  const builder = new HistoryBuilder()
  let at = DAY
  for (const stretch of stretches) {
    if (stretch === 'unseen hour') {
      at += 3600
      continue
    }
    const end = at + stretch.minutes * 60
    for (at += stretch.everySeconds; at <= end; at += stretch.everySeconds) {
      const { region = 'us-east', good, bad } = stretch
      builder.add(region, { total: 1, bad: 0 }, at * 1000, { events: good + bad })
      builder.add(region, { total: 0, bad: 1 }, at * 1000, { events: bad })
    }
    at = end
  }
  const built = builder.build()
  if (!built) throw new Error('no samples')
  return { history: built, range: { fromSeconds: DAY, toSeconds: at } }
}

function run(
  stretches: (Stretch | 'unseen hour')[],
  policies: [Policy, Policy] = [today, standard()],
  labelled?: Labelled[],
) {
  const { history: built, range } = history(stretches)
  return backtest(policies, built, range, labelled)
}

const minutes = (seconds: number) => (seconds - DAY) / 60
const ran = (bad: number, everySeconds = 10): Stretch => ({
  minutes: (bad * everySeconds) / 60,
  everySeconds,
  good: 0,
  bad: 1,
})
const well = (minutes: number): Stretch => ({ minutes, everySeconds: 10, good: 1, bad: 0 })

describe('a probe of one run every 10 s, healthy for an hour', () => {
  const pagesOf = (stretches: Stretch[]) =>
    run(stretches).policies[0].fired.filter(({ kind, severity }) => kind === 'burn' && severity === 'page')

  test('5 failed runs page, at the evaluation that sees the fifth: 5 of 365 is 1.37 % and scores 8.5', () => {
    const fired = pagesOf([well(60), ran(5), well(30)])
    expect(fired.map(({ region, fromSeconds }) => [region, minutes(fromSeconds)])).toEqual([
      ['all', 61],
      ['us-east', 61],
    ])
    // People hear of the region, not of the total as well.
    expect(fired.map(({ toldSeconds }) => toldSeconds)).toEqual([undefined, DAY + 61 * 60])
  })

  test('4 failed runs page nobody: 4 of 364 scores 6.0 of the 6.9 asked for', () => {
    expect(pagesOf([well(60), ran(4), well(30)])).toEqual([])
  })

  test('the page resolves 15 minutes after the first evaluation that no longer burns', () => {
    // The six-hour pair holds on while the score does: 5 of 513 score 6.92 at 85:30, 5 of 516 score 6.89 at 86:00.
    const [page] = pagesOf([well(60), ran(5), well(60)]).filter(({ region }) => region === 'us-east')
    expect(minutes(page?.untilSeconds ?? 0)).toBe(86 + 15)
  })
})

describe('incidents that should have paged: at least 2 % of the budget and 3 bad events', () => {
  // 10 events every 30 s are 806,400 in 28 days: 806 may be bad, and 2 % of them are 16.1.
  const steady = (minutes: number): Stretch => ({ minutes, everySeconds: 30, good: 10, bad: 0 })
  const outage = (bad: number): Stretch => ({ minutes: 1, everySeconds: 60, good: 20 - bad, bad })
  for (const { bad, incidents } of [
    { bad: 16, incidents: 0 },
    { bad: 17, incidents: 1 },
  ])
    test(`${bad} bad events of 806 allowed: ${incidents} incident`, () => {
      const { outcomes } = run([steady(1440), outage(bad), steady(60)]).policies[0].judgement
      expect(outcomes.map(({ incident }) => incident.bad)).toEqual(incidents ? [bad] : [])
    })

  test('two failures are none at any traffic, three are', () => {
    // One run every 10 minutes: 4 bad ones are the whole budget.
    const failures = (bad: number) =>
      run([{ minutes: 1440, everySeconds: 600, good: 1, bad: 0 }, { ...ran(bad, 300) }]).policies[0].judgement
    expect(failures(2).outcomes).toEqual([])
    expect(failures(3).outcomes).toHaveLength(1)
  })

  test('precision and recall: one of two pages met an incident, one of two incidents was paged', () => {
    // Labelled: the first outage, and a quiet hour that nobody noticed.
    const labelled = [
      { name: 'first', region: 'all', fromSeconds: DAY + 1440 * 60, untilSeconds: DAY + 1445 * 60 },
      { name: 'silent', region: 'us-east', fromSeconds: DAY + 700 * 60, untilSeconds: DAY + 710 * 60 },
    ]
    const loud: Stretch = { minutes: 5, everySeconds: 30, good: 0, bad: 10 }
    const { policies } = run([steady(1440), loud, steady(600), loud, steady(60)], undefined, labelled)
    const { pages, incidents, outcomes, delay } = policies[0].judgement
    expect(pages).toEqual({ right: 1, of: 2, precision: 0.5 })
    expect(incidents).toEqual({ paged: 1, of: 2, recall: 0.5 })
    expect(outcomes.map(({ got }) => got)).toEqual(['page', 'nothing'])
    // An hour holds 1200 events; 1.344 % of 1200 is 16.1, so 20 bad ones: the second step.
    expect(delay).toEqual({ medianSeconds: 60, worstSeconds: 60 })
  })

  test('a page that began before the range is shown and not judged; an incident outside of it neither', () => {
    const loud: Stretch = { minutes: 5, everySeconds: 30, good: 0, bad: 10 }
    const { history: built, range } = history([steady(1440), loud, steady(60)])
    const later = { ...range, fromSeconds: DAY + 1450 * 60 }
    const before = [{ region: 'all', fromSeconds: DAY + 1440 * 60, untilSeconds: DAY + 1445 * 60 }]
    const { fired, judgement } = backtest([today, standard()], built, later, before).policies[0]
    expect(fired.filter(({ kind, severity }) => kind === 'burn' && severity === 'page')).toHaveLength(2)
    expect(judgement).toMatchObject({ pages: { right: 0, of: 0 }, incidents: { paged: 0, of: 0 } })
  })

  test('without pages there is no precision, without incidents no recall', () => {
    const { pages, incidents, delay } = run([steady(120)]).policies[0].judgement
    expect({ pages, incidents, delay }).toEqual({
      pages: { right: 0, of: 0 },
      incidents: { paged: 0, of: 0 },
      delay: undefined,
    })
  })
})

test('the standard pages on one failure at low traffic, the evidence gate does not', () => {
  const rare: Stretch = { minutes: 60, everySeconds: 360, good: 1, bad: 0 }
  const { policies } = run([rare, ran(1, 360), rare])
  const burns = policies.map(({ fired }) =>
    fired.filter(({ kind, severity }) => kind === 'burn' && severity === 'page'),
  )
  expect(burns.map((fired) => fired.length > 0)).toEqual([false, true])
})

test('where one bad event is too many, each is an incident, and the standard misses it', () => {
  const spec = text.replace(
    '    plimsoll.dev/regions:',
    '    plimsoll.dev/alert-on: any-bad-event\n    plimsoll.dev/regions:',
  )
  const strict = [{ file: 'registry.yaml', text: spec }]
  const workbook = policy(withoutPolicy(strict, SLO), 'standard')
  const policies: [Policy, Policy] = [policy(strict), workbook]
  const { anyBadEvent, policies: results } = run([well(1440), ran(1), well(60)], policies)
  expect(anyBadEvent).toBe(true)
  expect(results[0].pairs).toEqual(['page at any bad event'])
  expect(results.map(({ judgement }) => judgement.outcomes.map(({ got }) => got))).toEqual([
    ['page'],
    ['nothing'],
  ])
  expect(results[0].judgement.pages).toEqual({ right: 1, of: 1, precision: 1 })
})

test('an hour without data is a gap and pages as blindness after 10 minutes; it is not 0 % nor 100 %', () => {
  const { gaps, policies } = run([well(60), 'unseen hour', well(30)])
  expect(gaps).toEqual([
    // The last sample before is at 60:00, the first after at 120:10: the evaluation at 120:30 sees it.
    { region: 'us-east', fromSeconds: DAY + 3600, untilSeconds: DAY + 7200 },
  ])
  const [blind] = policies[0].fired.filter(({ kind }) => kind === 'blind')
  expect(minutes(blind?.fromSeconds ?? 0)).toBe(60 + 5 + 5)
})

for (const { minutes, gaps } of [
  { minutes: 4, gaps: [] },
  { minutes: 20, gaps: [{ region: 'us-east', fromSeconds: DAY + 3600, untilSeconds: DAY + 4800 }] },
])
  test(`a range that ends ${minutes} minutes after the last sample has ${gaps.length} gaps`, () => {
    const { history: built, range } = history([well(60)])
    const longer = { ...range, toSeconds: range.toSeconds + minutes * 60 }
    expect(backtest([today, standard()], built, longer).gaps).toEqual(gaps)
  })

test('the budget by day: 10 bad of the 40.32 of a period at the traffic seen leave 75 %', () => {
  // 1440 − 10 good and 10 bad on the first day of a 28-day period: 1440 × 28 × 0.001 = 40.32 allowed.
  const { policies } = run([
    { minutes: 1430, everySeconds: 60, good: 1, bad: 0 },
    { minutes: 10, everySeconds: 60, good: 0, bad: 1 },
  ])
  const [day] = policies[0].days
  expect(day).toMatchObject({ total: 1440, bad: 10 })
  expect(day?.remainingRatio).toBeCloseTo(1 - 10 / 40.32, 3)
})

describe('what if', () => {
  const changed = (...texts: string[]) =>
    applyWhatIf(
      sources,
      SLO,
      texts.map((text) => {
        const change = parseWhatIf(text)
        if (!change) throw new Error(text)
        return change
      }),
    )

  test('target, window and burn rates change the plan as the spec would', () => {
    const { slo } = policy(changed('target=99.95', 'window=7d', 'burn-rates=1h=10,6h=off'))
    expect({ target: slo.target, period: slo.period.name, regions: slo.regions }).toEqual({
      target: '0.9995',
      period: '7d',
      regions: ['us-east'],
    })
    const [page] = slo.alerts
    expect(page?.kind === 'burn' && page.pairs.map(({ long, burnRate }) => `${long} ${burnRate}`)).toEqual([
      '1h 10',
    ])
  })

  test('the evidence gate can be left out', () => {
    const { policies } = run([well(60)], [today, policy(changed('evidence-gate=off'))])
    expect(policies.map(({ evidenceGate }) => evidenceGate)).toEqual([true, false])
  })

  test('a target as a ratio is one too', () => {
    expect(policy(changed('target=0.99')).slo.target).toBe('0.99')
  })

  test('what cannot work is a fault of the changed spec', () => {
    for (const target of ['101', '1']) {
      const { faults } = compilePlan(changed(`target=${target}`))
      const at = expect.stringMatching(new RegExp(`^registry\\.yaml with target=${target}:\\d+:\\d+$`))
      expect(faults).toMatchObject([{ code: 'SPEC_TARGET_RANGE', at }])
    }
  })

  for (const text of ['target', 'target=high', 'colour=red', '=', 'window='])
    test(`${text} is none`, () => expect(parseWhatIf(text)).toBeUndefined())

  test('other SLOs stay as they are', () => {
    expect(applyWhatIf(sources, 'another', [{ key: 'target', value: '99' }])).toEqual(sources)
  })
})

test('the text says what each policy would have done', () => {
  // 3 bad of 360 after 30 s are 0.83 %, 6 after a minute are 1.67 %.
  const text = formatBacktest(run([well(1440), ran(30), well(60)]))
  expect(text).toContain('registry-push-pull: 2026-01-01 00:00 UTC to 2026-01-02 01:05 UTC')
  expect(text).toMatch(/ objective +99\.9 % over 28d +99\.9 % over 28d\n/)
  expect(text).toMatch(/ precision +100 % \(1 of 1\) +100 % \(1 of 1\)\n/)
  expect(text).toMatch(/ 2026-01-02 00:00 UTC +5 min +30 +us-east +page after 1 min +page after 1 min\n/)
})
