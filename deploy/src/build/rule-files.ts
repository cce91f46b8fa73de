/** Rule files as a build writes them, read back: what Prometheus should have loaded. */
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'

/** One rule in the form in which the two sides are compared. Durations in seconds. */
export type Rule = {
  name: string
  kind: 'alerting' | 'recording'
  expr: string
  labels: Record<string, string>
  annotations: Record<string, string>
  forSeconds: number
  keepFiringForSeconds: number
}

export type RuleGroup = { name: string; file: string; intervalSeconds: number; rules: Rule[] }

export type RuleFile = { file: string; documents: number; groups: RuleGroup[] }

const texts = z.record(z.string(), z.string()).default({})
const duration = z.string().regex(/^(\d+(ms|[smhdwy]))+$/)
const ruleSchema = z.union([
  z.object({ record: z.string(), expr: z.string(), labels: texts }),
  z.object({
    alert: z.string(),
    expr: z.string(),
    for: duration.optional(),
    keep_firing_for: duration.optional(),
    labels: texts,
    annotations: texts,
  }),
])
const fileSchema = z.object({
  groups: z.array(z.object({ name: z.string(), interval: duration, rules: z.array(ruleSchema) })),
})

/** The groups of every document of the file, although Prometheus loads only those of the first. */
export function readRuleFile(file: string, text: string): RuleFile {
  const documents = parseAllDocuments(text)
  const groups = documents.flatMap((document) => {
    const read = document.errors.length > 0 ? undefined : fileSchema.safeParse(document.toJS())
    if (read?.success) return read.data.groups
    throw new Error(
      `${file}: saw ${document.errors[0]?.message ?? read?.error?.message}, expected rule groups; build it again`,
    )
  })
  return {
    file,
    documents: documents.length,
    groups: groups.map(({ name, interval, rules }) => ({
      name,
      file,
      intervalSeconds: seconds(interval),
      rules: rules.map((rule) => {
        const { expr, labels } = rule
        return 'record' in rule
          ? {
              name: rule.record,
              kind: 'recording',
              expr,
              labels,
              annotations: {},
              forSeconds: 0,
              keepFiringForSeconds: 0,
            }
          : {
              name: rule.alert,
              kind: 'alerting',
              expr,
              labels,
              annotations: rule.annotations,
              forSeconds: seconds(rule.for ?? '0s'),
              keepFiringForSeconds: seconds(rule.keep_firing_for ?? '0s'),
            }
      }),
    })),
  }
}

const UNIT_SECONDS: Record<string, number> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
}

function seconds(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwy])/g)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ''] ?? 0), 0)
}
