/** A prober in a process of its own: configuration as JSON in the first argument, its URL as the first line out. */
import { pino } from 'pino'
import { startProber } from '../prober/prober.ts'

const signal = new AbortController()
process.once('SIGTERM', () => signal.abort())
const logger = pino({ level: 'silent' })
const { url, done } = await startProber(JSON.parse(process.argv[2] ?? ''), { signal: signal.signal, logger })
console.log(url)
await done
