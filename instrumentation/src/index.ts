export { instrumentExpress } from './express.ts'
export { metricsHandler } from './metrics-handler.ts'
export * from './vocabulary.ts'
