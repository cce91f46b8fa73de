import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RecentLog } from './recent-log.ts'
import { temporaryFolder } from './test-parts.ts'

type Entry = { n: number }
const LINE_BYTES = 8 // {"n":1}\n

test('a process that starts again takes up what the one before received', () => {
  const file = join(temporaryFolder(), 'log.jsonl')
  new RecentLog<Entry>(file, { maxEntries: 10, maxBytes: 1000 }).append([{ n: 1 }, { n: 2 }])
  expect(new RecentLog<Entry>(file, { maxEntries: 10, maxBytes: 1000 }).entries()).toEqual([
    { n: 1 },
    { n: 2 },
  ])
})

test('files and memory stay within their bounds however much comes', () => {
  const file = join(temporaryFolder(), 'log.jsonl')
  const log = new RecentLog<Entry>(file, { maxEntries: 100, maxBytes: 5 * LINE_BYTES })
  for (let n = 0; n < 1000; n++) log.append([{ n: n % 10 }])
  expect(statSync(file).size).toBeLessThanOrEqual(5 * LINE_BYTES)
  expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(5 * LINE_BYTES)
  expect(log.entries()).toEqual([{ n: 5 }, { n: 6 }, { n: 7 }, { n: 8 }, { n: 9 }])
})

test('a line cut short by a kill is left out, and the next entry stands on a line of its own', () => {
  const file = join(temporaryFolder(), 'log.jsonl')
  const limits = { maxEntries: 10, maxBytes: 1000 }
  new RecentLog<Entry>(file, limits).append([{ n: 1 }])
  appendFileSync(file, '{"n":')
  new RecentLog<Entry>(file, limits).append([{ n: 3 }])
  expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":\n{"n":3}\n')
  expect(new RecentLog<Entry>(file, limits).entries()).toEqual([{ n: 1 }, { n: 3 }])
})
