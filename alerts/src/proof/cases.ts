/** The cases every SLO is put through: what an alert must see, and what it must sleep through. */
import type { BurnPair } from '@plimsoll/slo/plan'
import { type Case, type Cases, forever, HOUR } from './case.ts'
import type { Shape } from './shape.ts'
import { fastSliceCases, slowSliceCases } from './slice-cases.ts'
import type { Phase } from './traffic.ts'

/** Evaluated every 30 s. A sample every 10 s is what a probe of 360 runs an hour gives. */
export const FAST = { stepSeconds: 30, sampleSeconds: 10 }

/** Cases of pages. */
export function fastCases(slo: Shape): Cases {
  if (slo.slices) return fastSliceCases(slo, slo.slices.seconds)
  const events = slo.indicator.kind === 'probe' ? 1 : 10
  const well = (untilSeconds: number): Phase => ({ untilSeconds, good: events, bad: 0 })
  const down = (untilSeconds: number): Phase => ({ untilSeconds, good: 0, bad: events })
  const threshold = Math.max(...pagePairs(slo).map(({ badRatio }) => Number(badRatio)), 0)
  // All events bad for 1.2 times the threshold's share of an hour, and at least for three minutes.
  const loudEnough = Math.max(180, Math.ceil((threshold * 1.2 * HOUR) / 60) * 60)
  const outageEnds = HOUR + loudEnough + longestFor(slo)
  const outage = [well(HOUR), down(outageEnds), well(forever)]
  // Where one is too many, one has to be enough; it is remembered for an hour, and not anew when a target returns.
  const anyBadEvent = oneIsTooMany(slo)
  const burst = anyBadEvent ? 1 : Math.ceil(2 * threshold * events * 120) + 2
  const rare = { good: 1, bad: 0, everySeconds: 360 }
  return {
    endSeconds: anyBadEvent ? 1210 + HOUR + 60 : outageEnds + 60,
    cases: [
      { name: 'outage-after-an-hour', traffic: { phases: outage.map(most) } },
      { name: 'outage-from-the-start', traffic: { phases: [down(300), well(forever)] }, endSeconds: 1800 },
      {
        name: 'outage-after-restarts',
        traffic: { phases: outage, restartsAtSeconds: [1800, HOUR - 60] },
      },
      {
        name: 'burst-of-a-new-series',
        traffic: {
          phases: [well(1200), { untilSeconds: 1210, good: 0, bad: burst }, well(forever)],
          bornWithFirstBad: true,
          ...(anyBadEvent && { gone: { afterSeconds: 1810, backAtSeconds: 2410 } }),
        },
        ...(anyBadEvent ? {} : { endSeconds: 2400 }),
      },
      {
        name: 'one-failure-at-low-traffic',
        traffic: {
          phases: [
            { ...rare, untilSeconds: HOUR - 360 },
            { ...rare, good: 0, bad: 1, untilSeconds: HOUR },
            { ...rare, untilSeconds: forever },
          ],
        },
      },
      { name: 'idle-after-an-hour', traffic: { phases: [well(HOUR)] } },
    ],
  }
}

/**
 * Nothing to see in any region that is expected: a fresh start without series, and targets that idle, are gone, and are
 * back with what they counted meanwhile. A service may idle, a probe is then as good as gone; a return pages nobody.
 */
export function blindWorlds(slo: Shape): { name: string; cases: Case[]; endSeconds: number }[] {
  const cases = (slo.regions.length > 0 ? slo.regions : ['returns']).map((name, index) => {
    // One failure in all regions is no evidence; among so few events it would be, if the return counted it again.
    const bad = Number(index === 0 && !oneIsTooMany(slo))
    const phases: Phase[] = [
      { untilSeconds: 10, good: 1 - bad, bad },
      { untilSeconds: 310, good: 0, bad: 0 },
      { untilSeconds: forever, good: 1, bad: 0, everySeconds: 240 },
    ]
    return { name, traffic: { phases, gone: { afterSeconds: 310, backAtSeconds: 1030 } } }
  })
  return [
    { name: 'never seen', cases: [], endSeconds: 900 },
    // Until the return is no longer in the newest tile.
    { name: 'vanishes and returns', cases, endSeconds: 1380 },
  ]
}

function oneIsTooMany({ alerts }: Shape): boolean {
  return alerts.some(({ kind }) => kind === 'any-bad-event')
}

/** Evaluated every 5 minutes, the interval of the running sums that long windows are made of. */
export const SLOW = { stepSeconds: 300, sampleSeconds: 300 }
/** A slice is judged by samples inside it. */
export const SLOW_SLICES = { stepSeconds: 300, sampleSeconds: 30 }

/** Each window pair alone, below the next faster one; half the budget; traffic that goes. */
export function slowCases(slo: Shape): Cases {
  if (slo.slices) return slowSliceCases(slo, SLOW.stepSeconds)
  const budget = Number(slo.errorBudget)
  // At this many events a sample, even a hundredth of the budget is whole events.
  const volume = Math.ceil(100 / budget)
  const at = (burnRate: number, untilSeconds: number, times = 1): Phase => {
    const bad = Math.round(burnRate * budget * volume * times)
    return { untilSeconds, good: volume * times - bad, bad }
  }
  const pairs = [...pagePairs(slo), ...ticketPairs(slo)]
  const burns = pairs.map((pair, index) => {
    const faster = pairs[index - 1]?.burnRate ?? 2 * Number(pair.burnRate)
    const phases = burnPhases(pair, Number(faster), budget, at, HOUR / 2 + longestFor(slo))
    const burnEnds = phases.at(-2)?.untilSeconds ?? 0
    const name = `burn-of-the-${pair.long}-pair`
    // A pair of a day spends the budget at the end.
    return { name, traffic: { phases }, ...(pair.long !== '1d' && { endSeconds: burnEnds + 2 * HOUR }) }
  })
  const flat = (good: number, untilSeconds: number, everySeconds = SLOW.sampleSeconds): Phase => {
    return { untilSeconds, good, bad: 0, everySeconds }
  }
  return {
    endSeconds: 31 * HOUR,
    cases: [
      ...burns,
      { name: 'half-the-budget', traffic: { phases: [at(0.5, forever)] }, endSeconds: 12 * HOUR },
      {
        name: 'traffic-gone',
        // A little more than 5 % of what it was a day ago, then a little less; half a day ago it was no more than now.
        traffic: {
          phases: [
            at(0, 2.5 * HOUR),
            flat(Math.ceil(0.0515 * volume), 25.25 * HOUR),
            flat(Math.floor(0.0485 * volume), forever),
          ],
        },
        endSeconds: 27 * HOUR,
      },
      {
        name: 'little-traffic-gone',
        // 14 events in 15 minutes were too few to be missed, 15 were enough.
        traffic: {
          phases: [
            flat(14, 1.25 * HOUR, 900),
            flat(15, 2.5 * HOUR, 900),
            // One failure among so few is no evidence for a ticket.
            flat(1, 20 * HOUR - 600, 600),
            { untilSeconds: 20 * HOUR, good: 0, bad: 1, everySeconds: 600 },
            flat(0, forever),
          ],
        },
        endSeconds: 27 * HOUR,
      },
    ],
  }
}

type At = (burnRate: number, untilSeconds: number, times?: number) => Phase

/**
 * A burn that its own pair sees first, after a history that tells its long window from the others. It ends half an hour
 * after that:
 * - up to 6 h: healthy for 6 h, then between its threshold and the next faster one; the page resolves;
 * - 1 d: loud and healthy hours that only a longer window remembers, and done by 30 h. It is most of all traffic; at
 *   last everything fails, and the period's budget is spent;
 * - 3 d: longer than a day at work when it fires, which a window of a day would do sooner.
 */
function burnPhases(
  { longSeconds, burnRate }: BurnPair,
  faster: number,
  budget: number,
  at: At,
  longer: number,
): Phase[] {
  const threshold = Number(burnRate)
  const ceiling = Math.min(faster, 1 / budget)
  const burn = (share: number) => threshold + share * (ceiling - threshold)
  const until = (seconds: number) => Math.ceil(seconds / 300) * 300
  const phases = (before: Phase[], share: number, firesAt: number, after = at(0, forever)) => [
    ...before,
    at(burn(share), until(firesAt) + longer),
    after,
  ]
  if (longSeconds <= 6 * HOUR) {
    return phases([at(0, 6 * HOUR)], 0.5, 6 * HOUR + (longSeconds * threshold) / burn(0.5))
  }
  if (longSeconds > 24 * HOUR) {
    // The window is older than all events: threshold = burn · t / (18 h + t).
    const start = 18 * HOUR
    return phases([at(0, start)], 0.9, start + (start * threshold) / (burn(0.9) - threshold))
  }
  const start = until(30 * HOUR - (longSeconds * threshold) / burn(0.5))
  const allFails = at(1 / budget, forever, MOST)
  return phases([at(0, 4 * HOUR, 19), at(0, start)], 0.5, 30 * HOUR, allFails).map(most)
}

/** Times the traffic of another case: the total does what this one does. */
const MOST = 200

function most(phase: Phase): Phase {
  return { ...phase, good: phase.good * MOST, bad: phase.bad * MOST }
}

const pagePairs = (slo: Shape) => pairsOf(slo, 'page')
const ticketPairs = (slo: Shape) => pairsOf(slo, 'ticket')

/** What `for` adds to the burn that an alert needs, in whole steps of the slow cases. */
export function longestFor({ alerts }: Pick<Shape, 'alerts'>): number {
  const all = alerts.map((alert) => (alert.kind === 'burn' ? alert.forSeconds : 0))
  return Math.ceil(Math.max(0, ...all) / 300) * 300
}

/** The same for both scopes. */
function pairsOf({ alerts }: Shape, severity: 'page' | 'ticket'): BurnPair[] {
  for (const alert of alerts) if (alert.kind === 'burn' && alert.severity === severity) return alert.pairs
  return []
}
