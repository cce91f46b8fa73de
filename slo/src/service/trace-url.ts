/** Where a trace is shown: an address template, so that the console knows no trace store. */

const PLACE = '{traceId}'

/** Throws unless it is an http or https address with `{traceId}` once. */
export function traceUrlTemplate(text: string): string {
  const url = URL.canParse(text.replace(PLACE, '0')) ? new URL(text.replace(PLACE, '0')) : undefined
  if (url && /^https?:$/.test(url.protocol) && text.split(PLACE).length === 2) return text
  throw new Error(
    `trace address: saw ${JSON.stringify(text)}, expected http or https with ${PLACE} once, such as http://127.0.0.1:4705/traces/${PLACE}`,
  )
}

/** Undefined without a template or an id. */
export function traceLink(template: string | undefined, traceId: string | undefined): string | undefined {
  return template === undefined || traceId === undefined
    ? undefined
    : template.replace(PLACE, encodeURIComponent(traceId))
}
