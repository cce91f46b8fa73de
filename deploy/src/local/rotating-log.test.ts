import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../process/test-parts.ts'
import { rotatingLog } from './rotating-log.ts'

test('a log and the one before it hold the newest lines, neither above the bound', () => {
  const folder = temporaryFolder()
  const write = rotatingLog(join(folder, 'logs', 'hub.log'), 10)
  for (let line = 0; line < 9; line++) write(Buffer.from(`${line}abc\n`)) // 5 bytes: two fit
  expect(readdirSync(join(folder, 'logs')).sort()).toEqual(['hub.log', 'hub.log.1'])
  expect(readFileSync(join(folder, 'logs', 'hub.log.1'), 'utf8')).toBe('6abc\n7abc\n')
  expect(readFileSync(join(folder, 'logs', 'hub.log'), 'utf8')).toBe('8abc\n')
})

test('a supervisor that starts anew goes on in the log that is there, and counts its bytes', () => {
  const file = join(temporaryFolder(), 'hub.log')
  rotatingLog(file, 10)(Buffer.from('before\n'))
  rotatingLog(file, 10)(Buffer.from('after\n'))
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('before\n')
  expect(readFileSync(file, 'utf8')).toBe('after\n')
})
