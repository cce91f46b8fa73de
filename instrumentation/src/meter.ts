/** The process's one RED meter: `/register`, `instrumentExpress` and `metricsHandler` all mean this one. */
import { RedMeter } from './red-meter.ts'
import { readSettings } from './settings.ts'

const { serviceName, maxSeries } = readSettings(process.env)

export const meter = new RedMeter(serviceName, maxSeries)
