import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Dashboard, parseDashboard } from './dashboard.ts'
import { exampleLinks, examplePlan, LONG_ID } from './example.ts'
import { outline } from './outline.ts'
import { renderDashboards } from './render.ts'

// md5 of the id, by md5sum.
const LONG_UID = 'slo-7a48cdb16b47c98141a9adac464fa5cc'
const golden = join(import.meta.dirname, '..', 'golden')

let dashboards: Map<string, string>
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  dashboards = await renderDashboards(examplePlan(), { links: exampleLinks })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function dashboard(file: string): Dashboard {
  return parseDashboard(dashboards.get(file) ?? '{}')
}

test('there is an overview, a page per SLO and composite, and one each for services, registries, probes and the web', () => {
  expect([...dashboards.keys()]).toEqual(
    [
      'registry',
      'service-red',
      'slo-hub-api-availability',
      'slo-journey',
      'slo-journey-pull',
      'slo-journey-search',
      LONG_UID,
      'slo-overview',
      'synthetic',
      'web',
    ]
      .map((uid) => `${uid}.json`)
      .sort(),
  )
  for (const [file, text] of dashboards) expect(`${parseDashboard(text).uid}.json`).toBe(file)
})

test.each([
  'slo-overview',
  'slo-hub-api-availability',
  'slo-journey',
  'service-red',
  'registry',
  'synthetic',
  'web',
])('%s is laid out as agreed', async (uid) => {
  await expect(outline(dashboard(`${uid}.json`))).toMatchFileSnapshot(join(golden, `${uid}.txt`))
})

test('the same plan gives the same bytes, and leaves no file behind', async () => {
  // A temporary folder of its own: other tests render into the shared one at the same time.
  const own = join(folder, 'temporary')
  await mkdir(own)
  vi.stubEnv('TMPDIR', own)
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(await renderDashboards(examplePlan(), { links: exampleLinks })).toEqual(dashboards)
  expect(await readdir(own)).toEqual([])
})

test('numbers are printed as in the plan, not as binary floats', () => {
  const text = dashboards.get('slo-hub-api-availability.json')
  expect(text).toContain('"value": 0.999\n')
  expect(text).not.toMatch(/\d\.\d{13,}/)
})

describe('links', () => {
  test('an SLO links to the overview, its console page and its runbook', () => {
    const { links } = JSON.parse(dashboards.get('slo-hub-api-availability.json') ?? '{}')
    expect(links.map(({ url }: { url: string }) => url)).toEqual([
      '/d/slo-overview',
      'https://console.example/slos/hub-api-availability',
      'https://runbooks.example/hub-api-errors',
    ])
  })

  test('the overview links each row to its SLO, also when the uid of a long id is a hash', () => {
    const text = dashboards.get('slo-overview.json')
    expect(text).toMatch(/\/d\/\$\{__data\.fields\.uid\}\?/)
    expect(text).toMatch(/https:\/\/console\.example\/slos\/\$\{__data\.fields\.slo\}/)
    expect(text).toContain(`\\"uid\\", \\"${LONG_UID}\\", \\"slo\\", \\"${LONG_ID}\\"`)
  })

  test('without URLs of a console or runbooks there are no such links', async () => {
    const text = [...(await renderDashboards(examplePlan())).values()].join()
    expect(text).not.toContain('Console')
    expect(text).not.toContain('Runbook')
  })
})

describe('what cannot be rendered is refused', () => {
  test('a plan without SLOs', async () => {
    const nothing = renderDashboards({ version: 1, slos: [], groups: [] })
    await expect(nothing).rejects.toThrow('dashboards: the plan has no SLO to show')
  })

  test('two dashboards of one uid', async () => {
    const [slo] = examplePlan().slos
    if (!slo) throw new Error('the example has no SLO')
    const twice = renderDashboards({ version: 1, slos: [slo, slo], groups: [] })
    await expect(twice).rejects.toThrow(/duplicate field/i)
  })

  test('a jsonnet that is not there', async () => {
    const absent = renderDashboards(examplePlan(), { jsonnet: join(folder, 'no-jsonnet') })
    await expect(absent).rejects.toThrow('no-jsonnet failed, expected dashboards')
  })
})

test('a library folder given by the caller wins over the bundled one', async () => {
  const path = join(folder, 'github.com/grafana/grafonnet/gen/grafonnet-v11.4.0')
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'main.libsonnet'), "error 'the library of the caller'")
  const rendered = renderDashboards(examplePlan(), { jsonnetPaths: [folder] })
  await expect(rendered).rejects.toThrow('the library of the caller')
})
