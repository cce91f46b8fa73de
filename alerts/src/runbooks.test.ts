import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ALERT_RUNBOOKS } from './runbooks.ts'
import { cataloguePlan, livePlan } from './test-support.ts'

const FOLDER = join(import.meta.dirname, '../runbooks')

test('every alert and every runbook named in a spec has a page, and every page is named', async () => {
  const slos = [...(await livePlan()).slos, ...(await cataloguePlan()).slos]
  const named = new Set([...Object.values(ALERT_RUNBOOKS), ...slos.map(({ runbook }) => runbook)])
  const pages = (await readdir(FOLDER)).map((file) => file.replace(/\.md$/, ''))
  expect(pages.sort()).toEqual([...named].sort())
})

test('a page about an alert carries its name', async () => {
  for (const [alert, slug] of Object.entries(ALERT_RUNBOOKS)) {
    expect(await readFile(join(FOLDER, `${slug}.md`), 'utf8')).toMatch(new RegExp(`^# ${alert}\n`))
  }
})

test('every page says where to look first and how to go on', async () => {
  for (const file of await readdir(FOLDER)) {
    const text = await readFile(join(FOLDER, file), 'utf8')
    expect(text, file).toMatch(/^## First look/m)
    expect(text, file).toMatch(/^## (Mitigate|What follows)/m)
  }
})
