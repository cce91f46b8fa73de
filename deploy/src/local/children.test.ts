/** The table of processes in deploy/README.md, held against what the stack runs. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stackChildren } from './children.ts'
import { namedPorts, portsFrom } from './ports.ts'
import { stateIn } from './state.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const children = stackChildren(portsFrom(20_000), stateIn('.plimsoll'))

/** First cell → the others. */
const rows = new Map(
  [...(readme.split('## What can be broken')[0] ?? '').matchAll(/^\| `([\w-]+)` \|(.*)\|$/gm)].map(
    ([, name = '', cells = '']) => [name, cells.split('|').map((cell) => cell.trim())],
  ),
)

test('the README lists every process, in the order of the code', () => {
  expect([...rows.keys()]).toEqual(children.map(({ name }) => name))
})

test('the README has every port once', () => {
  const ports = [...rows.values()].flatMap(([port = '']) =>
    [...port.matchAll(/\+(\d+)/g)].map(([, n]) => Number(n)),
  )
  const byNumber = (a: number, b: number) => a - b
  expect(ports.sort(byNumber)).toEqual(
    namedPorts(portsFrom(0))
      .map(({ port }) => port)
      .sort(byNumber),
  )
})

for (const { name, env = {} } of children)
  test(`the README names the environment of ${name}`, () => {
    const said = [...(rows.get(name)?.[3] ?? '').matchAll(/`([A-Z_*]+)`/g)].map(([, variable]) => variable)
    // The same of every Node process: below the table.
    const own = Object.keys(env).filter((variable) => variable !== 'NODE_COMPILE_CACHE')
    const given = own.map((variable) => (variable.startsWith('OTEL_') ? 'OTEL_*' : variable))
    expect(said.sort()).toEqual([...new Set(given)].sort())
  })

test('every prerequisite is one of the processes', () => {
  const names = children.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining([...new Set(children.flatMap(({ after }) => after))]))
})
