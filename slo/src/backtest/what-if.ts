/** The proposed policy: the spec with some of it changed, compiled like any other; or the standard to compare with. */
import { type Document, parseAllDocuments } from 'yaml'
import { EVIDENCE } from '../plan/alerting.ts'
import { ANNOTATIONS, listOf } from '../plan/annotations.ts'
import type { SpecSource } from '../plan/compile.ts'
import { parseDecimal } from '../plan/decimal.ts'
import type { AlertPlan, SloPlan } from '../plan/types.ts'

/** What may be changed, with an example each. */
export const WHAT_IFS = {
  target: 'target=99.95',
  window: 'window=7d',
  'burn-rates': 'burn-rates=1h=10,6h=off',
  'evidence-gate': 'evidence-gate=off',
} as const

export type WhatIf = { key: keyof typeof WHAT_IFS; value: string }

/** What no spec could be meant by; what it amounts to is the compiler's to say. */
const VALUES: { [key in WhatIf['key']]?: (value: string) => boolean } = {
  target: (value) => parseDecimal(value) !== undefined,
  window: (value) => /^[1-9]\d{0,5}[mhdwMQY]$/.test(value),
  'evidence-gate': (value) => value === 'on' || value === 'off',
}

/** `target=99.95`, in percent; or as a ratio, which 1 is too. Undefined when it is none of WHAT_IFS. */
export function parseWhatIf(text: string): WhatIf | undefined {
  const [, key, value] = /^([a-z-]+)=(.+)$/.exec(text) ?? []
  if (!key || !value || !Object.hasOwn(WHAT_IFS, key)) return undefined
  if (VALUES[key as WhatIf['key']]?.(value) === false) return undefined
  return { key: key as WhatIf['key'], value }
}

/** The sources with the SLO changed. Only what is asked for changes; what it amounts to is the compiler's to say. */
export function applyWhatIf(sources: SpecSource[], slo: string, changes: WhatIf[]): SpecSource[] {
  const suffix = changes.map(({ key, value }) => `${key}=${value}`).join(' ')
  return edited(sources, slo, suffix, (document, objective) => {
    for (const { key, value } of changes) {
      if (key === 'target') {
        document.deleteIn([...objective, 'target'])
        document.deleteIn([...objective, 'targetPercent'])
        document.setIn([...objective, Number(value) <= 1 ? 'target' : 'targetPercent'], Number(value))
      } else if (key === 'window') {
        const window = document.createNode([{ duration: value, isRolling: true }])
        document.setIn(['spec', 'timeWindow'], window)
      } else if (key === 'evidence-gate') {
        document.setIn(['metadata', 'annotations', ANNOTATIONS.evidenceGate.name], value)
      } else {
        forgetPolicy(document)
        document.setIn(['metadata', 'annotations', ANNOTATIONS.burnRates.name], value)
      }
    }
  })
}

/** The sources with the SLO alerting by the Workbook's pairs, whatever it says itself. */
export function withoutPolicy(sources: SpecSource[], slo: string): SpecSource[] {
  return edited(sources, slo, 'the standard policy', forgetPolicy)
}

/** What the spec says of its alerts itself; burn rates would not go beside some of it. */
function forgetPolicy(document: Document): void {
  document.deleteIn(['spec', 'alertPolicies'])
  for (const { name } of [ANNOTATIONS.burnRates, ANNOTATIONS.alertOn])
    document.deleteIn(['metadata', 'annotations', name])
}

function edited(
  sources: SpecSource[],
  slo: string,
  suffix: string,
  edit: (document: Document, objective: (string | number)[]) => void,
): SpecSource[] {
  return sources.map(({ file, text }) => {
    const documents = parseAllDocuments(text)
    let changed = false
    for (const document of documents) {
      const index = objectiveOf(document.toJS(), slo)
      if (index === undefined) continue
      edit(document, ['spec', 'objectives', index])
      changed = true
    }
    // A fault's place is one in the changed text: say so.
    return changed ? { file: `${file} with ${suffix}`, text: documents.map(String).join('') } : { file, text }
  })
}

/** Index of the objective whose id this is. */
function objectiveOf(value: unknown, id: string): number | undefined {
  const { kind, metadata, spec } = (value ?? {}) as {
    kind?: unknown
    metadata?: { name?: string; annotations?: Record<string, string> }
    spec?: { objectives?: unknown[] }
  }
  if (kind !== 'SLO') return undefined
  if (spec?.objectives?.length === 1) return metadata?.name === id ? 0 : undefined
  const ids = listOf(metadata?.annotations?.[ANNOTATIONS.objectiveIds.name])
  const index = ids.findIndex((one) => `${metadata?.name}-${one}` === id)
  return index === -1 ? undefined : index
}

/**
 * The SLO with the SRE Workbook's policy as it is mostly generated: the same promise and the pairs of its period,
 * without evidence gate and `keep_firing_for`. `workbook` is the SLO compiled without any policy of its own.
 */
export function standardOf(workbook: SloPlan): SloPlan {
  return {
    ...workbook,
    alerts: workbook.alerts.map(
      (alert): AlertPlan =>
        alert.kind === 'burn' ? { ...alert, evidence: EVIDENCE.off, keepFiringForSeconds: 0 } : alert,
    ),
  }
}
