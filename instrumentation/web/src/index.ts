/**
 * What a page tells of itself: web vitals and exceptions, over Grafana Faro, to `faroReceiver()` of
 * `@plimsoll/instrumentation/faro`. Queries and fragments are cut off the page's URL, sessions end with the tab, the
 * console is not listened to, and no resource that was loaded is told of. An exception's message is sent as it is.
 */
import {
  ErrorsInstrumentation,
  type Faro,
  initializeFaro,
  SessionInstrumentation,
  type TransportItem,
  WebVitalsInstrumentation,
} from '@grafana/faro-web-sdk'

export type WebOptions = {
  /** Name and version of the app that the page belongs to. */
  app: string
  version?: string
  /** Where the receiver is: an absolute URL, or a path of the page's own origin. */
  url: string
  /** The key that the receiver knows the app by. No secret. */
  key: string
}

export function startWeb({ app, version, url, key }: WebOptions): Faro {
  return initializeFaro({
    app: { name: app, ...(version === undefined ? {} : { version }) },
    url: new URL(url, location.href).href,
    apiKey: key,
    instrumentations: [
      new ErrorsInstrumentation(),
      new WebVitalsInstrumentation(),
      new SessionInstrumentation(),
    ],
    sessionTracking: { enabled: true, persistent: false },
    beforeSend: withoutQuery,
  })
}

function withoutQuery(item: TransportItem): TransportItem {
  const { page } = item.meta
  if (page?.url === undefined) return item
  const { origin, pathname } = new URL(page.url)
  return { ...item, meta: { ...item.meta, page: { ...page, url: origin + pathname } } }
}
