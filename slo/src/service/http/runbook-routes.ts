/** GET /runbooks/{slug}: the page that an alert links to, as it was written (Markdown reads well as text). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Router } from 'express'
import { problem } from './problem.ts'

/** 404 when the folder has no `<slug>.md`. */
export function runbookRoutes(folder: string): Router {
  const router = Router()
  router.get('/runbooks/:slug', async (request, response) => {
    const { slug } = request.params
    // Only a bare name: a slug with a dot or a slash could leave the folder.
    const text = /^[a-z0-9-]{1,100}$/.test(slug)
      ? await readFile(join(folder, `${slug}.md`), 'utf8').catch(() => undefined)
      : undefined
    if (text === undefined)
      return problem(response, 404, 'RUNBOOK_UNKNOWN', 'no runbook of that name is served here')
    response.type('text/plain').send(text)
  })
  return router
}
