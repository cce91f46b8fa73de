/**
 * Express 5 path → OTel `http.route` template. `/v2/*name/manifests/:reference` becomes
 * `/v2/{name}/manifests/{reference}`; an optional group `/users{/:id}` becomes the two routes it stands for.
 * Grammar: path-to-regexp 8 (`:name`, `*name`, quoted names, `{optional}`, `\` escapes).
 */

export type RouteTemplate = {
  /** Value of the label, such as `/users/{id}`. */
  template: string
  /** Source of a regular expression for the paths it stands for: tells apart the templates of one route. */
  matcher: string
}

/** More optional groups than this yield is not a route anybody reads: the rest of them count as present. */
const MAX_ALTERNATIVES = 16
const NAME = /^[$_\p{ID_Start}][$\p{ID_Continue}]*/u

/** Every template that one Express path stands for: a string, a RegExp or a list of both. */
export function routeTemplates(path: unknown): RouteTemplate[] {
  if (Array.isArray(path)) return path.flatMap(routeTemplates)
  if (path instanceof RegExp) return [{ template: String(path), matcher: '.*' }]
  return parse(String(path))
}

/** `prefix` of a mounted router, then the path inside it. `/` adds nothing, except to an empty prefix. */
export function joinTemplates(prefix: RouteTemplate, inner: RouteTemplate): RouteTemplate {
  const start = prefix.template.replace(/\/+$/, '')
  const end = inner.template === '/' ? '' : inner.template
  return {
    template: start + end || '/',
    matcher: prefix.matcher.replace(/\/+$/, '') + (inner.template === '/' ? '' : inner.matcher),
  }
}

/** The one of `templates` that stands for `pathname`; the first when none does (a rewritten URL). */
export function templateIndex(templates: readonly RouteTemplate[], pathname: string): number {
  const index = templates.findIndex(({ matcher }) => new RegExp(`^${matcher}/?$`, 'i').test(pathname))
  return Math.max(index, 0)
}

function parse(path: string): RouteTemplate[] {
  let at = 0
  return group()

  function group(): RouteTemplate[] {
    let alternatives: RouteTemplate[] = [{ template: '', matcher: '' }]
    const append = (template: string, matcher: string) => {
      alternatives = alternatives.map((one) => ({
        template: one.template + template,
        matcher: one.matcher + matcher,
      }))
    }
    while (at < path.length) {
      const char = path.charAt(at++)
      if (char === '}') return alternatives
      if (char === '{') {
        const withIt = cross(alternatives, group())
        alternatives =
          withIt.length + alternatives.length > MAX_ALTERNATIVES ? withIt : [...withIt, ...alternatives]
      } else if (char === ':') append(`{${name()}}`, '[^/]+')
      else if (char === '*') append(`{${name()}}`, '.+')
      else {
        const literal = char === '\\' ? path.charAt(at++) : char
        append(literal, literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      }
    }
    return alternatives
  }

  function name(): string {
    if (path.charAt(at) === '"') {
      const end = path.indexOf('"', at + 1)
      const quoted = path.slice(at + 1, end)
      at = end + 1
      return quoted
    }
    const found = NAME.exec(path.slice(at))?.[0] ?? ''
    at += found.length
    return found
  }
}

function cross(starts: RouteTemplate[], ends: RouteTemplate[]): RouteTemplate[] {
  return starts.flatMap((start) =>
    ends.map((end) => ({ template: start.template + end.template, matcher: start.matcher + end.matcher })),
  )
}
