export { type Credentials, credentialsFromEnvironment, readCredentials } from './credentials.ts'
export { formatProbe } from './format.ts'
export { parseRegistryUrl } from './oci/reference.ts'
export { FLOW_NAMES, type FlowName, type ProbeOptions, type ProbeTarget, runProbe } from './run.ts'
