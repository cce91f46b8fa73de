/** Traffic of one test case as counts of events: what the counters show and what really happened. */

/** Events at every sample (or every `everySeconds`, a multiple), the same throughout the phase. */
export type Phase = { untilSeconds: number; good: number; bad: number; everySeconds?: number }

export type Traffic = {
  phases: Phase[]
  /** The counting process restarts just after these samples; its counters begin again at 0. */
  restartsAtSeconds?: number[]
  /**
   * The target is gone after one sample, as the first scrape without it says, and back with another; it counts on
   * meanwhile. Neither is an evaluation: which edges belong to a range differs between Prometheus 2 and 3.
   */
  gone?: { afterSeconds: number; backAtSeconds: number }
  /** Series that only bad events increment do not exist before the first one. */
  bornWithFirstBad?: boolean
}

export type Counts = { good: number; bad: number }

/** Events since 0 by sample, as they are seen: those of a target that is gone with its return. */
export type Counted = { good: Float64Array; bad: Float64Array }

/** When what is seen at `seconds` was so: then, or before the target was gone. */
export function lastSeen({ gone }: Traffic, seconds: number): number {
  return gone && seconds < gone.backAtSeconds ? Math.min(seconds, gone.afterSeconds) : seconds
}

/** None at 0. */
export function countsOf({ phases, gone }: Traffic, sampleSeconds: number, endSeconds: number): Counted {
  const samples = Math.floor(endSeconds / sampleSeconds) + 1
  const counted = { good: new Float64Array(samples), bad: new Float64Array(samples) }
  let [sample, good, bad] = [1, 0, 0]
  for (const phase of phases) {
    const { everySeconds = sampleSeconds } = phase
    for (; sample < samples && sample * sampleSeconds <= phase.untilSeconds; sample++) {
      if ((sample * sampleSeconds) % everySeconds === 0) {
        good += phase.good
        bad += phase.bad
      }
      counted.good[sample] = good
      counted.bad[sample] = bad
    }
  }
  counted.good.fill(good, sample)
  counted.bad.fill(bad, sample)
  if (gone) {
    const [last, back] = [gone.afterSeconds / sampleSeconds, gone.backAtSeconds / sampleSeconds]
    for (const counts of [counted.good, counted.bad]) counts.fill(counts[last] ?? 0, last, back)
  }
  return counted
}

/** Whether what is sampled is bad: within a phase of nothing but bad events. */
export function badAt({ phases }: Traffic, seconds: number): boolean {
  const phase = phases.find(({ untilSeconds }) => seconds <= untilSeconds)
  return phase !== undefined && phase.bad > 0 && phase.good === 0
}

/** promtool's notation of a gauge's samples. */
export function promtoolSamples(
  traffic: Traffic,
  sampleSeconds: number,
  endSeconds: number,
  value: (seconds: number) => number,
): string {
  const samples: Sample[] = []
  for (let at = 0; at <= endSeconds; at += sampleSeconds)
    samples.push(scraped(traffic, at, sampleSeconds, value(at)))
  return runs(samples)
}

/** promtool's notation of the samples of a series that `perEvent` events increment. */
export function promtoolValues(
  traffic: Traffic,
  counted: Counted,
  perEvent: Counts,
  sampleSeconds: number,
): string {
  const { restartsAtSeconds = [], bornWithFirstBad } = traffic
  const samples: Sample[] = []
  const restarts = [...restartsAtSeconds]
  const bornLate = bornWithFirstBad === true && perEvent.good === 0
  let base = 0
  let last = 0
  for (let sample = 0; sample < counted.good.length; sample++) {
    const value = (counted.good[sample] ?? 0) * perEvent.good + (counted.bad[sample] ?? 0) * perEvent.bad
    const at = sample * sampleSeconds
    // After that sample, so the first lower one is the next.
    if (restarts.length > 0 && (restarts[0] ?? 0) < at) {
      restarts.shift()
      base = last
    }
    const born = !bornLate || value > 0
    samples.push(scraped(traffic, at, sampleSeconds, born ? value - base : undefined))
    last = value
  }
  return runs(samples)
}

/** Undefined where a scrape finds nothing; the first time after a value it says so. */
type Sample = number | 'stale' | undefined

function scraped(traffic: Traffic, at: number, sampleSeconds: number, value: number | undefined): Sample {
  if (lastSeen(traffic, at) === at) return value
  const before = at - sampleSeconds
  return lastSeen(traffic, before) === before ? 'stale' : undefined
}

/** `a+bxn` for n + 1 values in steps of b, `_xn` for n missing ones. */
function runs(samples: Sample[]): string {
  let text = ''
  for (let at = 0; at < samples.length; ) {
    const first = samples[at]
    let next = at + 1
    if (at > 0) text += ' '
    if (first === 'stale') text += first
    else if (first === undefined) {
      while (next < samples.length && samples[next] === undefined) next += 1
      text += `_x${next - at}`
    } else {
      const following = samples[next]
      const step = typeof following === 'number' ? following - first : 0
      while (next < samples.length && samples[next] === first + step * (next - at)) next += 1
      text += step < 0 ? `${first}${step}x${next - at - 1}` : `${first}+${step}x${next - at - 1}`
    }
    at = next
  }
  return text
}
