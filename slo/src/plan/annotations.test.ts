import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ANNOTATIONS } from './annotations.ts'

test('the table of the README has the annotations of the code, word for word', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| `(plimsoll\.dev\/[^`]+)` \| (\S+?)(, required)? \| (.+) \|$/gm)]
  expect(
    listed.map(([, name, on, required, expected]) => ({ name, on, required: Boolean(required), expected })),
  ).toEqual(
    Object.values(ANNOTATIONS).map(({ name, on, required, expected }) => ({ name, on, required, expected })),
  )
})
