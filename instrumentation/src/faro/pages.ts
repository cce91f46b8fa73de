/** The URL of a page, as a browser reports it → one of the templates that its app allows: a URL is never a label. */
import { UNMATCHED_ROUTE } from '../vocabulary.ts'

/** More of a path than this is no page of ours, and would only cost time to match. */
const MAX_PATH = 1024

/**
 * Templates such as `/repositories/{name}`; a `{name}` takes one part of the path or more, as in `/v2/{name}/tags/list`.
 * The template with the most written out wins. What matches none is `_UNMATCHED`.
 */
export function pageTemplates(templates: readonly string[]): (url: string) => string {
  const written = (template: string) => template.replaceAll(/\{\w+\}/g, '').length
  const patterns = [...templates]
    .sort((a, b) => written(b) - written(a))
    .map((template) => ({ template, pattern: patternOf(template) }))
  return (url) => {
    const path = URL.parse(url)?.pathname ?? ''
    if (path.length > MAX_PATH) return UNMATCHED_ROUTE
    return patterns.find(({ pattern }) => pattern.test(path))?.template ?? UNMATCHED_ROUTE
  }
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\{\w+\}/).map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^/]+(?:/[^/]+)*?')}$`)
}
