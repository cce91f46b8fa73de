export { type Credentials, credentialsFromEnvironment, readCredentials } from './credentials.ts'
export { retainedCanary } from './flows/integrity.ts'
export { formatProbe } from './format.ts'
export { parseRegistryUrl } from './oci/reference.ts'
export { type ProberConfigInput, proberConfigJsonSchema, proberConfigSchema } from './prober/config.ts'
export { type Prober, type ProberOptions, startProber } from './prober/prober.ts'
export {
  defaultRepository,
  FLOW_NAMES,
  type FlowName,
  type ProbeOptions,
  type ProbeTarget,
  type RegistryAddress,
  runProbe,
} from './run.ts'
