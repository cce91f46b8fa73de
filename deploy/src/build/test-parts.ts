/** The plan of the project's own specs, and options as a build has them. */
import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { compilePlan, type Plan } from '@plimsoll/slo/plan'
import { type BuildOptions, PARTS } from './tree.ts'

export const options: BuildOptions = {
  parts: PARTS,
  links: { consoleUrl: 'http://console.test', dashboardUrl: 'http://grafana.test' },
  routing: {
    pagerdutyUrl: 'http://pagerduty.test/v2/enqueue',
    routingKeyFile: '/etc/alertmanager/routing-key',
    ticketsUrl: 'http://tickets.test/',
    deadmanUrl: 'http://deadman.test/',
  },
  prometheusUrl: 'http://prometheus.test',
}

/** The plan of slo/specs, after an edit of their text. */
export async function ownPlan(edit = (spec: string) => spec): Promise<Plan> {
  const files = (await Array.fromAsync(glob('slo/specs/*.yaml'))).sort()
  const { plan, faults } = compilePlan(
    files.map((file) => ({ file, text: edit(readFileSync(file, 'utf8')) })),
  )
  if (!plan) throw new Error(JSON.stringify(faults))
  return plan
}
