/** Names of what a flow asks: the label `step` of the probe series. */
export const STEPS = [
  'ping',
  'list-tags',
  'auth',
  'start-upload',
  'push-blob',
  'push-manifest',
  'find-canary',
  'find-copy',
  'pull-manifest',
  'pull-blob',
  'pull-tag',
  'delete-manifest',
  'verify-deleted',
] as const
export type Step = (typeof STEPS)[number]
