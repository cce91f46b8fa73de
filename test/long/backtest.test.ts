/** Histories of many kinds, replayed and put through all generated rules in promtool: the same alerts at the same time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compilePlan } from '@plimsoll/slo/plan'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../deploy/src/cli/backtest.ts'
import { promtoolSpans, replaySpans } from '../replay/oracle.ts'
import { openMetrics, WORLDS } from '../replay/worlds.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plimsoll-replay-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const START = 1_767_225_600 // 2026-01-01T00:00:00Z

for (const { name, spec, slos, hours, samples } of WORLDS)
  test(name, async () => {
    const specFile = join(folder, 'spec.yaml')
    const samplesFile = join(folder, 'samples.om')
    writeFileSync(specFile, spec)
    writeFileSync(samplesFile, openMetrics(samples, START))
    const { plan, faults } = compilePlan([{ file: 'spec.yaml', text: spec }])
    expect(faults).toEqual([])
    if (!plan) throw new Error('no plan')
    const fired = []
    for (const slo of slos) {
      const out: string[] = []
      const err: string[] = []
      const io = {
        out: (line: string) => out.push(line),
        err: (line: string) => err.push(line),
        signal: AbortSignal.timeout(60_000),
      }
      const to = String(START + hours * 3600)
      const code = await run(
        [specFile],
        { samples: samplesFile, slo, whatIf: [], json: true, from: String(START), to },
        io,
      )
      expect({ code, err }).toEqual({ code: 0, err: [] })
      const [today] = JSON.parse(out.join('\n')).policies
      fired.push(...today.fired.map((one: object) => ({ slo, ...one })))
    }
    const truth = await promtoolSpans(join(folder, name.replaceAll(/\W+/g, '-')), plan, samples, hours * 3600)
    expect(Object.keys(truth).length).toBeGreaterThan(0)
    expect(replaySpans(fired, START)).toEqual(truth)
  })
