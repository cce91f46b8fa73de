/** Uneven traffic, counted second by second: what happened, what scrapes of it show, what none of them can. */
export const MINUTE = 60
export const HOUR = 3600
export const DAY = 86_400
export const END = 30 * DAY
const PEAK = END - 4 * HOUR

/** Traffic by the second; `outages` are of scraping, from when for how long; `restarts`, ascending, set the counters to 0. */
export type Case = {
  name: string
  good(t: number): number
  bad(t: number, random: number): number
  outages?: [from: number, seconds: number][]
  restarts?: number[]
  /** The target's scrapes fail, so Prometheus marks its series as stale; else they merely stop. */
  stale?: true
  /** The series of errors is born with the first one, not at 0. */
  born?: true
}

/** 1 to 21 requests a second. */
const daily = (t: number) => 1 + Math.round(10 * (1 + Math.cos((2 * Math.PI * (t - PEAK)) / DAY)))
const some = (t: number, random: number) => (random < daily(t) / 2000 ? 1 : 0)
const within = (t: number, from: number, seconds: number) => t >= from && t < from + seconds
const idle = (t: number) => within(t, END - 2 * HOUR, HOUR)
const down = (t: number) => within(t, PEAK, 30 * MINUTE)
const GAP = PEAK + 24 * MINUTE

/** From scrape to scrape, so the scrapes missing span 15 s less. */
const LOOK_BACK = HOUR

export const CASES: Case[] = [
  { name: 'errors at daily peaks', good: daily, bad: (t, random) => (daily(t) > 15 ? some(t, random) : 0) },
  {
    name: 'errors on quiet nights',
    good: daily,
    bad: (t, random) => (daily(t) < 4 && random < 0.02 ? 1 : 0),
  },
  {
    name: 'bursts of 20 s a minute',
    good: (t) => (t % 60 < 20 ? 50 : 0),
    bad: (t, random) => (t % 60 < 20 && random < 0.3 ? 2 : 0),
  },
  {
    name: '30 min outage at peak',
    good: (t) => (down(t) ? 0 : daily(t)),
    bad: (t) => (down(t) ? daily(t) : 0),
  },
  {
    name: 'one idle hour',
    good: (t) => (idle(t) ? 0 : daily(t)),
    bad: (t, random) => (idle(t) ? 0 : some(t, random)),
  },
  { name: 'never an error', good: daily, bad: () => 0, born: true },
  { name: 'an error in 4 hours', good: daily, bad: (_, random) => (random < 1 / 14_400 ? 1 : 0), born: true },
  {
    name: 'scrape gaps 21 and 60 min',
    good: daily,
    bad: some,
    outages: [
      [GAP, 21 * MINUTE],
      [END - 2 * DAY, LOOK_BACK - 15],
      [END - 20 * DAY, LOOK_BACK - 15],
    ],
  },
  {
    name: 'gaps of 61 min to 23 h',
    good: daily,
    bad: some,
    outages: [
      [END - 9 * HOUR, 100 * MINUTE],
      [END - 2 * DAY, LOOK_BACK + 60],
      [END - 10 * DAY, 23 * HOUR],
      [END - 20 * DAY, 5 * HOUR],
    ],
  },
  {
    name: 'the same, marked as stale',
    good: daily,
    bad: some,
    stale: true,
    outages: [
      [END - 9 * HOUR, 100 * MINUTE],
      [END - 2 * DAY, LOOK_BACK + 60],
      [END - 10 * DAY, 23 * HOUR],
      [END - 20 * DAY, 5 * HOUR],
    ],
  },
  {
    name: 'a restart in a gap of 3 h',
    good: daily,
    bad: some,
    outages: [[END - 10 * HOUR, 3 * HOUR]],
    restarts: [END - 7 * HOUR - 10 * MINUTE],
  },
  { name: 'beyond: restarts in 200 s', good: daily, bad: some, restarts: [GAP + 4, GAP + 204] },
  { name: 'restarts', good: daily, bad: some, restarts: [END - 20 * DAY + 4, END - 2 * DAY + 4, GAP + 4] },
  {
    name: 'a restart in a scrape gap',
    good: daily,
    bad: some,
    outages: [[GAP, 21 * MINUTE]],
    restarts: [GAP + 10 * MINUTE],
  },
]

/** Events up to a second, how many of them any scrape can have seen, and the series as scraped. */
export function count(one: Case, start: number) {
  const length = END - start + 1
  const happened = { all: new Float64Array(length), bad: new Float64Array(length) }
  let [state, all, bad] = [1, 0, 0]
  for (let t = 0; t <= END; t++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const failed = one.bad(t, state / 2 ** 32)
    if (t < start) continue
    bad += failed
    all += failed + one.good(t)
    happened.all[t - start] = all
    happened.bad[t - start] = bad
  }
  const at = (kind: 'all' | 'bad', t: number) => happened[kind][t - start] ?? Number.NaN
  const isScraped = (t: number) => !(one.outages ?? []).some(([from, seconds]) => within(t, from, seconds))
  const lastScrape = (t: number) => {
    let scrape = t - ((((t - start - 7) % 15) + 15) % 15)
    while (!isScraped(scrape)) scrape -= 15
    return scrape
  }
  const restarts = (one.restarts ?? []).filter((t) => t > start)
  const values = { good: [] as string[], bad: [] as string[] }
  for (let t = start + 7; t <= END; t += 15) {
    const zero = restarts.findLast((restart) => restart < t)
    const since = (kind: 'all' | 'bad') => at(kind, t) - (zero === undefined ? 0 : at(kind, zero))
    const failures = since('bad')
    const seen = isScraped(t)
    const unseen = one.stale && isScraped(t - 15) ? 'stale' : '_'
    values.good.push('_', seen ? String(since('all') - failures) : unseen)
    values.bad.push('_', seen && (failures > 0 || !one.born) ? String(failures) : unseen)
  }
  const truth = (kind: 'all' | 'bad', from: number, to: number) => {
    const [first, last] = [lastScrape(from), lastScrape(to)]
    const lost = restarts.filter((t) => t > first && t <= last)
    return {
      byClock: at(kind, to) - at(kind, from),
      byScrapes: at(kind, last) - at(kind, first),
      unseen: lost.reduce((sum, t) => sum + at(kind, t) - at(kind, lastScrape(t)), 0),
    }
  }
  return { values, truth }
}
