/**
 * Which route template a request of an Express app belongs to.
 * `req.baseUrl + route.path` will not do: a mount with parameters leaks them into the label, an error loses the
 * prefix, lists and regular expressions come out raw. So the stack of routers is walked once per route set.
 * `layer.rawPath` and `router.stack` are internals (router 2.3): where they are missing the mount point is
 * unknown and is written `/*`.
 */
import type { RedMeter, RouteSeries } from './red-meter.ts'
import { joinTemplates, type RouteTemplate, routeTemplates, templateIndex } from './route-template.ts'
import { UNMATCHED_ROUTE } from './vocabulary.ts'

export type Route = { path: unknown; methods?: Record<string, boolean>; stack?: { handle: unknown }[] }
type Layer = { route?: Route; handle?: unknown; rawPath?: unknown }
type Stacked = { stack?: Layer[]; router?: { stack?: Layer[] } }

/** What a request says of its route. */
export type Routed = { route?: Route; originalUrl?: string }

const ROOT: RouteTemplate = { template: '/', matcher: '/' }
const UNKNOWN_MOUNT: RouteTemplate = { template: '/*', matcher: '.*' }
/** Deeper nesting is a router mounted in itself. */
const MAX_DEPTH = 16

/** Apps mounted by `app.use(path, subApp)`: Express hides them behind a closure, the layer remembers them here. */
const mountedApps = new WeakMap<Layer, Stacked>()

export function rememberMountedApp(layer: object, app: object): void {
  mountedApps.set(layer, app)
}

type Known = { templates: RouteTemplate[]; series: RouteSeries[] }

export class ExpressRoutes {
  readonly #app: Stacked
  readonly #meter: RedMeter
  #known = new WeakMap<Route, Known>()
  readonly #unmatched: RouteSeries

  constructor(app: object, meter: RedMeter) {
    this.#app = app
    this.#meter = meter
    this.#unmatched = meter.route(UNMATCHED_ROUTE)
  }

  /** Ends in series of one route whatever the app does: an unmatched request is one constant route. */
  seriesOf(request: Routed): RouteSeries {
    const { route } = request
    if (!route) return this.#unmatched
    const { templates, series } = this.#known.get(route) ?? this.#learn(route)
    const index = series.length === 1 ? 0 : templateIndex(templates, pathname(request.originalUrl))
    return series[index] ?? this.#unmatched
  }

  /** Walks the routers; new routes get their status classes at 0 unless `isIgnored` says so of a handler. */
  announce(isIgnored: (handler: unknown) => boolean): void {
    this.#walk(({ methods, stack }, templates) => {
      if (stack?.some(({ handle }) => isIgnored(handle))) return
      for (const { template } of templates)
        for (const method of Object.keys(methods ?? {}))
          this.#meter.announce(template, method === '_all' ? 'GET' : method.toUpperCase())
    })
  }

  #learn(route: Route): Known {
    this.#walk(() => {})
    const known = this.#known.get(route)
    if (known) return known
    // A router called from a closure: no walk reaches it.
    this.#remember(
      route,
      routeTemplates(route.path).map((inner) => joinTemplates(UNKNOWN_MOUNT, inner)),
    )
    return this.#known.get(route) ?? { templates: [], series: [this.#unmatched] }
  }

  #walk(visit: (route: Route, templates: RouteTemplate[]) => void): void {
    const found = new Map<Route, RouteTemplate[]>()
    collect(this.#app, [ROOT], 0, found)
    for (const [route, templates] of found) {
      this.#remember(route, templates)
      visit(route, templates)
    }
  }

  #remember(route: Route, templates: RouteTemplate[]): void {
    this.#known.set(route, {
      templates,
      series: templates.map(({ template }) => this.#meter.route(template)),
    })
  }
}

function collect(
  at: Stacked,
  prefixes: RouteTemplate[],
  depth: number,
  found: Map<Route, RouteTemplate[]>,
): void {
  if (depth > MAX_DEPTH) return
  for (const layer of at.stack ?? at.router?.stack ?? []) {
    const inner =
      layer.route?.path === undefined && layer.rawPath === undefined
        ? [UNKNOWN_MOUNT]
        : routeTemplates(layer.rawPath ?? layer.route?.path)
    const templates = prefixes.flatMap((prefix) => inner.map((one) => joinTemplates(prefix, one)))
    if (layer.route) found.set(layer.route, [...(found.get(layer.route) ?? []), ...templates])
    else {
      const next = mountedApps.get(layer) ?? layer.handle
      if (typeof next === 'function') collect(next as Stacked, templates, depth + 1, found)
    }
  }
}

function pathname(url = '/'): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
