/**
 * Docs are executed: every `ts` block and every `sh` block of the project's pages runs here, from the project's folder.
 * `sh stack` blocks need the running stack and run in end-to-end/stack.test.ts; `text` blocks are not commands.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { codeBlocks } from './code-blocks.ts'

const root = join(import.meta.dirname, '..')
const pages = (
  await Array.fromAsync(
    glob(['*.md', '*/*.md', 'docs/**/*.md', 'alerts/runbooks/*.md', 'slo/catalogue/*.md'], {
      cwd: root,
      exclude: ['node_modules/**'],
    }),
  )
).sort()
const blocks = pages.flatMap((page) => codeBlocks(page, readFileSync(join(root, page), 'utf8')))
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts)

test('every block says whether it runs', () => {
  const known = ['ts', 'sh', 'sh stack', 'text', 'yaml', 'json', 'promql', 'jsonnet']
  expect(blocks.filter(({ info }) => !known.includes(info)).map(({ at, info }) => `${at}: ${info}`)).toEqual(
    [],
  )
})

for (const { at, text } of blocks.filter(({ info }) => info === 'ts')) {
  test(`${at} runs`, async () => {
    const running = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-'], {
      cwd: root,
    })
    running.child.stdin?.end(text)
    await running
  })
}

// A block may hold five commands, each a process of a second or two on an idle machine.
const SLOW = { timeout: 120_000 }
for (const { at, text } of blocks.filter(({ info }) => info === 'sh')) {
  test(`${at} runs`, SLOW, async () => {
    const scratch = await mkdtemp(join(tmpdir(), 'plimsoll-docs-'))
    try {
      for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
        const script = /^npm (?:run )?(start|test|bench|check)\b(?! --)/.exec(line)?.[1]
        // The two commands are run by whoever runs this, and by CI in a fresh clone; here they must exist.
        if (script !== undefined && script !== 'bench') expect(scripts).toContain(script)
        else
          await promisify(execFile)('bash', ['-ec', line.replaceAll('--out out', `--out ${scratch}`)], {
            cwd: root,
          })
      }
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
  })
}

test('links between pages lead somewhere', async () => {
  const broken = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/```[\s\S]*?```/g, '')
    return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap(([, target = '']) => {
      try {
        readFileSync(join(root, page, '..', target))
        return []
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EISDIR' ? [] : [`${page} → ${target}`]
      }
    })
  })
  expect(broken).toEqual([])
})
