#!/usr/bin/env -S node --max-semi-space-size=4
// The `plimsoll` command. In MB, above: by default 16, which a build fills with rules that are written already.
// Plain JavaScript, so that what erases types need not be loaded where everything after this file is cached: 70 ms.
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Types are erased and code is compiled once, not at each start; where the folder cannot be written, at each start.
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/plimsoll'))
await import('./main.ts')
