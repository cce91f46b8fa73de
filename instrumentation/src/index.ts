export { CONTRACT_CODES, type ContractCode, type ContractFault, checkExposition } from './contract.ts'
export { instrumentExpress } from './express.ts'
export { metricsHandler } from './metrics-handler.ts'
export * from './vocabulary.ts'
