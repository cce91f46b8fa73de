/** A real Prometheus for tests, on a free port, gone afterwards. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type TestPrometheus = { url: string; reload(): void; stop(): Promise<void> }

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Scrapes `target` (host:port) every second, serves what `directory`/data holds already, evaluates rule files. */
export function startPrometheus(
  directory: string,
  target?: string,
  ruleFiles: string[] = [],
): Promise<TestPrometheus> {
  return runPrometheus(directory, {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    rule_files: ruleFiles,
    scrape_configs: target
      ? [{ job_name: 'test', static_configs: [{ targets: [target], labels: { region: 'us-east' } }] }]
      : [],
  })
}

/** With a configuration of one's own; ready when it returns, which takes a while where much is backfilled. */
export async function runPrometheus(directory: string, config: object): Promise<TestPrometheus> {
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config)) // JSON is YAML
  const port = await freePort()
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--storage.tsdb.retention.time=60d',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  await ready(url, child)
  return {
    url,
    reload: () => child.kill('SIGHUP'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (child.exitCode !== null) throw new Error(`prometheus exited with ${child.exitCode}`)
    if (
      await fetch(`${url}/-/ready`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return
    await sleep(100)
  }
  child.kill('SIGKILL')
  throw new Error('prometheus: saw no readiness in 2 minutes')
}
