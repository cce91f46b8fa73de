// Keeps the page current without flicker: fetches it again and replaces only the parts that changed.
const EVERY_MS = 10_000

async function refresh() {
  if (document.hidden) return
  const stale = document.querySelector('.stale')
  try {
    const response = await fetch(location.href, { signal: AbortSignal.timeout(EVERY_MS) })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html')
    for (const part of document.querySelectorAll('[data-live]')) replace(part, fresh.getElementById(part.id))
    stale.hidden = true
  } catch {
    stale.hidden = false
  }
}

/** What a person has opened stays open; what they are in the middle of (focus) waits until they have left it. */
function replace(part, next) {
  if (!next || part.matches(':focus-within')) return
  for (const open of part.querySelectorAll('details[open]'))
    next.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute('open', '')
  if (part.innerHTML !== next.innerHTML) part.innerHTML = next.innerHTML
}

setInterval(refresh, EVERY_MS)
document.addEventListener('visibilitychange', refresh)
