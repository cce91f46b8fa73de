/**
 * For a page without a build of its own: bundled, and loaded by
 * `<script type="module" src="…" data-app="hub-web" data-url="/faro" data-key="…" id="plimsoll-web"></script>`.
 * A page works without it: whatever fails here is a line in the console.
 */
import { startWeb } from './index.ts'

const { app, version, url, key } = document.getElementById('plimsoll-web')?.dataset ?? {}
try {
  if (!app || !url || !key) throw new Error('data-app, data-url and data-key of #plimsoll-web are needed')
  startWeb({ app, url, key, ...(version === undefined ? {} : { version }) })
} catch (error) {
  console.warn('@plimsoll/web did not start', error)
}
