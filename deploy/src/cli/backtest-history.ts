/** Where the history of `plimsoll backtest` comes from: a Prometheus or a file of samples, of counters or of a gauge. */
import { type FileHandle, open } from 'node:fs/promises'
import {
  type History,
  HistoryBuilder,
  inSlices,
  OpenMetricsReader,
  prometheusClient,
  prometheusValues,
  type Range,
  readGaugePrometheus,
  readPrometheus,
  SamplesFault,
  SliceBuilder,
} from '@plimsoll/slo/backtest'
import type { SloPlan } from '@plimsoll/slo/plan'
import { type AskedRange, type BacktestOptions, Stop, usage } from './backtest-inputs.ts'
import { UnreadableSamples, withPrometheusOf } from './samples-prometheus.ts'

/** The range, and how much of the time before it its windows need. */
type Asked = AskedRange & { lookBackSeconds: number }

/** Undefined when there is no sample. */
export async function readHistory(
  slo: SloPlan,
  { prometheus = '', samples }: BacktestOptions,
  asked: Asked,
  signal: AbortSignal,
): Promise<History | undefined> {
  const { toSeconds, spanSeconds, lookBackSeconds } = asked
  const fromSeconds = asked.fromSeconds ?? (toSeconds === undefined ? undefined : toSeconds - spanSeconds)
  const bounds =
    fromSeconds === undefined
      ? undefined
      : {
          fromSeconds: fromSeconds - lookBackSeconds,
          toSeconds: toSeconds ?? Number.POSITIVE_INFINITY,
        }
  const { slices } = slo
  if (slices && slo.indicator.kind === 'threshold') {
    const builder = new SliceBuilder(bounds)
    const read = (url: string, range: Range) =>
      readGaugePrometheus(slo, prometheusValues(url, signal), range, builder)
    if (samples !== undefined) await readGaugeSamples(samples, slo, asked, signal, read)
    else if (bounds) await read(prometheus, bounds)
    return builder.build(slices)
  }
  const builder = new HistoryBuilder(bounds)
  if (samples !== undefined) await readSamples(samples, slo, builder)
  else if (bounds) await readPrometheus(slo, prometheusClient(prometheus, signal), bounds, builder)
  const counted = builder.build()
  return counted && slices ? inSlices(counted, slices) : counted
}

async function readGaugeSamples(
  file: string,
  { indicator: { offsetSeconds = 0 } }: SloPlan,
  { fromSeconds, toSeconds, spanSeconds, lookBackSeconds }: Asked,
  signal: AbortSignal,
  read: (url: string, range: Range) => Promise<void>,
): Promise<void> {
  await (await opened(file)).close()
  try {
    await withPrometheusOf(file, signal, async ({ url, ...span }) => {
      const to = toSeconds ?? span.toSeconds + offsetSeconds
      const from = (fromSeconds ?? to - spanSeconds) - lookBackSeconds
      await read(url, { fromSeconds: Math.max(from, span.fromSeconds), toSeconds: to })
    })
  } catch (error) {
    if (error instanceof UnreadableSamples) throw new Stop(1, `${file}: ${error.message}`)
    throw error
  }
}

const CHUNK_BYTES = 256 * 1024

async function readSamples(file: string, slo: SloPlan, builder: HistoryBuilder): Promise<void> {
  const reader = new OpenMetricsReader(slo, builder)
  const handle = await opened(file)
  // One buffer for all of it: chunks of a stream would pile up until they are collected.
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null)
      if (bytesRead === 0) break
      reader.read(buffer.subarray(0, bytesRead))
    }
    reader.end()
  } catch (error) {
    if (error instanceof SamplesFault) throw new Stop(1, `${file}:${error.message}`)
    throw error
  } finally {
    await handle.close()
  }
}

async function opened(file: string): Promise<FileHandle> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw usage(`--samples: saw no file ${file}`)
    throw error
  })
  const kind = await handle.stat()
  if (kind.isDirectory()) {
    await handle.close()
    throw usage(`--samples: saw the folder ${file}, expected a file`)
  }
  return handle
}
