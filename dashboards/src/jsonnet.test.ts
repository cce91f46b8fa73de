import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findJsonnet } from './jsonnet.ts'

let folder: string
let other: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  other = await mkdtemp(join(tmpdir(), 'plimsoll-test-'))
  for (const path of [join(folder, 'jsonnet'), join(other, 'jrsonnet')]) {
    await writeFile(path, '')
    await chmod(path, 0o755)
  }
})
afterAll(() => Promise.all([folder, other].map((path) => rm(path, { recursive: true }))))

test('PLIMSOLL_JSONNET is taken as it is', () => {
  expect(findJsonnet({ PLIMSOLL_JSONNET: '/opt/jsonnet', PATH: folder })).toBe('/opt/jsonnet')
})

test('the faster jrsonnet is taken before jsonnet, wherever on the PATH', () => {
  expect(findJsonnet({ PATH: [folder, other].join(delimiter) })).toBe(join(other, 'jrsonnet'))
  expect(findJsonnet({ PATH: folder })).toBe(join(folder, 'jsonnet'))
})

test('without either, the fault names the package to install', () => {
  expect(() => findJsonnet({ PATH: '/nowhere' })).toThrow(
    'dashboards: saw no jrsonnet or jsonnet on the PATH, expected one; ' +
      'install the package jsonnet (Debian: apt-get install jsonnet), or set PLIMSOLL_JSONNET to its path',
  )
})
