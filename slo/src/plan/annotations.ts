/** Annotations `plimsoll.dev/*`: what OpenSLO has no field for. `slo/README.md` has the same table for readers. */
import type { Located } from './check-shape.ts'
import { fault, show } from './fault.ts'
import type { ServiceSpec, SloSpec } from './schema.ts'
import type { Fault } from './types.ts'

type Annotation = {
  name: string
  on: 'Service' | 'SLO'
  required: boolean
  pattern: RegExp
  expected: string
}

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/

export const ANNOTATIONS = {
  owner: {
    name: 'plimsoll.dev/owner',
    on: 'Service',
    required: true,
    pattern: SLUG,
    expected: 'the team that is paged, such as team-registry',
  },
  runbook: {
    name: 'plimsoll.dev/runbook',
    on: 'SLO',
    required: true,
    pattern: SLUG,
    expected: 'the slug of a runbook, such as hub-api-errors',
  },
  regions: {
    name: 'plimsoll.dev/regions',
    on: 'SLO',
    required: false,
    pattern: /^[a-z0-9-]+(\s*,\s*[a-z0-9-]+)*$/,
    expected: 'the regions expected to have traffic, such as us-east, eu-west',
  },
  source: {
    name: 'plimsoll.dev/source',
    on: 'SLO',
    required: false,
    pattern: /^(prometheus|deltas)$/,
    expected: 'prometheus or deltas',
  },
  alerting: {
    name: 'plimsoll.dev/alerting',
    on: 'SLO',
    required: false,
    pattern: /^(page|ticket|none)$/,
    expected: 'page, ticket or none: the highest severity that may interrupt',
  },
} as const satisfies Record<string, Annotation>

const PREFIX = 'plimsoll.dev/'
const ALL: readonly Annotation[] = Object.values(ANNOTATIONS)

/** Faults of the annotations of one document. */
export function checkAnnotations(
  { value, locate }: Located<ServiceSpec | SloSpec>,
  kind: Annotation['on'],
): Fault[] {
  const annotations = value.metadata.annotations ?? {}
  const known = ALL.filter(({ on }) => on === kind)
  const at = (name: string) => locate(['metadata', 'annotations', name])
  const unknown = Object.keys(annotations)
    .filter((name) => name.startsWith(PREFIX) && !known.some((one) => one.name === name))
    .map((name) =>
      fault(
        'SPEC_ANNOTATION_UNKNOWN',
        at(name),
        name,
        `one of ${known.map((one) => one.name).join(', ')} on a ${kind}`,
        'correct or remove it',
      ),
    )
  const wrong = known.flatMap(({ name, required, pattern, expected }) => {
    const seen = annotations[name]
    if (seen === undefined) {
      return required
        ? [fault('SPEC_ANNOTATION_MISSING', at(name), `no ${name}`, expected, 'add the annotation')]
        : []
    }
    return pattern.test(seen)
      ? []
      : [fault('SPEC_ANNOTATION_VALUE', at(name), `${name}: ${show(seen)}`, expected, 'correct the value')]
  })
  return [...unknown, ...wrong]
}
