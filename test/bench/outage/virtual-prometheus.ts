/**
 * A real Prometheus in which time is ours: samples are written and rules asked at the times we say, so days of scrapes,
 * evaluations and outages pass in a minute. Each rule's answer is written back as the rule manager does, with stale
 * markers for what is gone.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordingPlan } from '@plimsoll/slo/plan'
import { freePort } from '../../../deploy/src/process/free-port.ts'
import { type Sample, STALE, writeRequest } from './remote-write.ts'

type Answer = { metric: Record<string, string>; value: [number, string] }[]

export async function startVirtualPrometheus(folder: string) {
  writeFileSync(join(folder, 'prometheus.yml'), '{}')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=60d',
      '--web.enable-remote-write-receiver',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  for (let attempt = 0; ; attempt++) {
    const ready = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) break
    if (child.exitCode !== null || attempt > 300)
      throw new Error(`prometheus: saw ${child.exitCode}, expected it ready`)
    await sleep(100)
  }

  async function write(samples: Sample[]): Promise<void> {
    if (samples.length === 0) return
    const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', body: writeRequest(samples) })
    if (!answer.ok) throw new Error(`remote write: saw ${answer.status} ${await answer.text()}, expected 204`)
  }

  async function ask(query: string, seconds: number): Promise<Answer> {
    const asked = new URLSearchParams({ query, time: String(seconds) })
    const answer = (await (await fetch(`${url}/api/v1/query?${asked}`)).json()) as {
      status: string
      error?: string
      data: { result: Answer }
    }
    if (answer.status !== 'success') throw new Error(`${query}: saw ${answer.error}, expected an answer`)
    return answer.data.result
  }

  /** What each rule recorded last: what it no longer does is marked as stale. */
  const before = new Map<RecordingPlan, Map<string, Record<string, string>>>()

  async function evaluate(rules: RecordingPlan[], seconds: number): Promise<void> {
    for (const rule of rules) {
      const now = new Map<string, Record<string, string>>()
      const samples: Sample[] = []
      for (const { metric, value } of await ask(rule.expr, seconds)) {
        const labels = { ...metric, ...rule.labels, __name__: rule.record }
        const key = JSON.stringify(Object.entries(labels).sort())
        if (now.has(key)) throw new Error(`${rule.record}: saw ${key} twice, expected each labelset once`)
        now.set(key, labels)
        samples.push({ labels, value: Number(value[1]), seconds })
      }
      for (const [key, labels] of before.get(rule) ?? [])
        if (!now.has(key)) samples.push({ labels, value: STALE, seconds })
      before.set(rule, now)
      await write(samples)
    }
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  /** The rule manager forgets what it recorded, as when Prometheus is started anew. */
  const restart = () => before.clear()
  return { write, ask, evaluate, restart, stop }
}
