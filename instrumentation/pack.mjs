/**
 * Packs the package as it is published: compiled JavaScript with declarations. In the repository the exports name
 * the TypeScript source, so the tarball is made from a staging folder with a manifest of its own.
 * `node pack.mjs [FOLDER] [web]` writes FOLDER/*.tgz (default: here) and prints its path; with `web`, @plimsoll/web.
 */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const [target = import.meta.dirname, part = '.'] = process.argv.slice(2)
const here = join(import.meta.dirname, part)
const folder = resolve(target)
const staging = mkdtempSync(join(tmpdir(), 'plimsoll-pack-'))
try {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(here, 'tsconfig.dist.json'), '--outDir', staging], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
  const { scripts: _scripts, devDependencies: _dev, ...published } = manifest
  published.exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([name, source]) => {
      const compiled = `./${source.replace('./src/', '').replace(/\.ts$/, '')}`
      return [name, { types: `${compiled}.d.ts`, default: `${compiled}.js` }]
    }),
  )
  writeFileSync(join(staging, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  for (const file of ['README.md', 'docker-registry.relabel.yaml'])
    if (existsSync(join(here, file))) copyFileSync(join(here, file), join(staging, file))
  copyFileSync(join(import.meta.dirname, '../LICENSE'), join(staging, 'LICENSE'))
  mkdirSync(folder, { recursive: true })
  const packed = execFileSync(
    'npm',
    ['pack', staging, '--pack-destination', folder, '--json', '--ignore-scripts'],
    {
      cwd: staging,
      encoding: 'utf8',
    },
  )
  console.log(join(folder, JSON.parse(packed)[0].filename))
} finally {
  rmSync(staging, { recursive: true })
}
