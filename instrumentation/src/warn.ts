/**
 * What instrumentation has to say to an operator: one JSON line on stderr per kind of trouble, so that a log
 * pipeline can read it and trouble in every request does not become a flood.
 */
const said = new Set<string>()

/** Says `message` once per `code` and process. An error adds its name and message, never its stack. */
export function warnOnce(code: string, message: string, error?: unknown): void {
  if (said.has(code)) return
  said.add(code)
  const cause = error === undefined ? {} : { error: withoutCredentials(String(error)).slice(0, 300) }
  const line = { level: 'warn', time: new Date().toISOString(), name: '@plimsoll/instrumentation', code }
  process.stderr.write(`${JSON.stringify({ ...line, msg: message, ...cause })}\n`)
}

/** `https://user:password@host` is what an exporter's error may quote from its endpoint. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/\s@]+@/g, '//')
}
