/** Traffic of one test case as counts of events: what the counters show and what really happened. */

/** Events at every sample (or every `everySeconds`), the same throughout the phase. */
export type Phase = { untilSeconds: number; good: number; bad: number; everySeconds?: number }

export type Traffic = {
  phases: Phase[]
  /** The counting process restarts just after these samples; its counters begin again at 0. */
  restartsAtSeconds?: number[]
  /** The target is gone after this sample. */
  vanishesAtSeconds?: number
  /** Series that only bad events increment do not exist before the first one. */
  bornWithFirstBad?: boolean
}

export type Counts = { good: number; bad: number }

/** Events since 0 that the last sample up to `seconds` has counted; none at 0. */
export function countsAt(
  { phases, vanishesAtSeconds = Infinity }: Traffic,
  sampleSeconds: number,
  seconds: number,
): Counts {
  const last = Math.min(seconds, vanishesAtSeconds)
  const counts = { good: 0, bad: 0 }
  let start = 0
  for (const { untilSeconds, good, bad, everySeconds = sampleSeconds } of phases) {
    const end = Math.min(last, untilSeconds)
    if (end > start) {
      const times = Math.floor(end / everySeconds) - Math.floor(start / everySeconds)
      counts.good += times * good
      counts.bad += times * bad
    }
    start = untilSeconds
  }
  return counts
}

/** Whether what is sampled is bad: within a phase of nothing but bad events. */
export function badAt({ phases }: Traffic, seconds: number): boolean {
  const phase = phases.find(({ untilSeconds }) => seconds <= untilSeconds)
  return phase !== undefined && phase.bad > 0 && phase.good === 0
}

/** promtool's notation of a gauge's samples, until the target vanishes. */
export function promtoolSamples(
  { vanishesAtSeconds = Infinity }: Traffic,
  sampleSeconds: number,
  endSeconds: number,
  value: (seconds: number) => number,
): string {
  const samples: number[] = []
  for (let at = 0; at <= Math.min(vanishesAtSeconds, endSeconds); at += sampleSeconds) samples.push(value(at))
  return runs(samples)
}

/** promtool's notation of the samples 0, sampleSeconds, … of a series that `perEvent` events increment. */
export function promtoolValues(
  traffic: Traffic,
  perEvent: Counts,
  sampleSeconds: number,
  endSeconds: number,
): string {
  const value = (seconds: number) => {
    const { good, bad } = countsAt(traffic, sampleSeconds, seconds)
    return good * perEvent.good + bad * perEvent.bad
  }
  const end = Math.min(traffic.vanishesAtSeconds ?? endSeconds, endSeconds)
  const samples: (number | undefined)[] = []
  for (let seconds = 0; seconds <= end; seconds += sampleSeconds) {
    const unborn = traffic.bornWithFirstBad && perEvent.good === 0 && value(seconds) === 0
    const restart = traffic.restartsAtSeconds?.findLast((at) => at < seconds)
    samples.push(unborn ? undefined : value(seconds) - (restart === undefined ? 0 : value(restart)))
  }
  return runs(samples)
}

/** `a+bxn` for n + 1 values in steps of b, `_xn` for n missing ones. */
function runs(samples: (number | undefined)[]): string {
  const texts: string[] = []
  for (let at = 0; at < samples.length; ) {
    const first = samples[at]
    let next = at + 1
    if (first === undefined) {
      while (next < samples.length && samples[next] === undefined) next += 1
      texts.push(`_x${next - at}`)
    } else {
      const step = (samples[next] ?? first) - first
      while (next < samples.length && samples[next] === first + step * (next - at)) next += 1
      texts.push(step < 0 ? `${first}${step}x${next - at - 1}` : `${first}+${step}x${next - at - 1}`)
    }
    at = next
  }
  return texts.join(' ')
}
