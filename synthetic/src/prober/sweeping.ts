/** Keeps the registries free of what killed runs left behind: at the start of the prober, and every ten minutes. */
import { sweep } from '../janitor.ts'
import { parseRegistryUrl } from '../oci/reference.ts'
import { waitUntilReady } from '../ready.ts'
import { FLOW_NAMES } from '../run.ts'
import { repeat, systemClock } from '../schedule.ts'
import { addressOf } from './address.ts'
import { type ProberConfig, settingsOf, type sweptBy } from './config.ts'
import type { ProbeMetrics } from './metrics.ts'
import type { ProberOptions } from './prober.ts'

/** How often leftovers are looked for, and how old they are at least; a run is over within its own interval. */
const SWEEP_SECONDS = 600

type Sweeping = { signal: AbortSignal; logger: ProberOptions['logger']; metrics: ProbeMetrics }

/** Resolves when the signal stops it. */
export async function keepSweeping(
  config: ProberConfig,
  { target, repository }: ReturnType<typeof sweptBy>[number],
  { signal, logger, metrics }: Sweeping,
): Promise<void> {
  const { region } = target
  const intervals = FLOW_NAMES.map((flow) => settingsOf(config, flow).intervalSeconds)
  const ageSeconds = Math.max(SWEEP_SECONDS, ...intervals)
  await waitUntilReady(parseRegistryUrl(target.url), { signal })
  const once = async () => {
    try {
      const before = Date.now() / 1000 - ageSeconds
      const deleted = await sweep({ registry: await addressOf(target), repository, before, signal })
      metrics.swept.inc(deleted)
      if (deleted > 0) logger.info({ region, repository, deleted }, 'images of killed runs were deleted')
    } catch (error) {
      // Probes tell how the registry is; what is left will be there at the next pass.
      if (!signal.aborted) logger.warn({ region, repository, err: error }, 'leftovers were not deleted')
    }
  }
  const every = { intervalSeconds: SWEEP_SECONDS, jitterSeconds: 0 }
  await repeat(once, { ...every, clock: systemClock, random: Math.random }, signal)
}
