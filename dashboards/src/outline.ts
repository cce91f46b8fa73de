/** A dashboard in few lines, for golden files that are read in review: every panel's place, kind, unit and queries. */
import type { Dashboard, Panel } from './dashboard.ts'

export function outline(dashboard: Dashboard): string {
  const { uid, title, templating, annotations, panels } = dashboard
  return [
    `${uid}: ${title}`,
    ...templating.list.map(({ name, label, query }) => `variable ${name} "${label}" ${query}`),
    ...annotations.list.map(({ name, target }) => `annotation ${name} ${target?.expr ?? ''}`.trimEnd()),
    ...panels.flatMap(panelLines),
    '',
  ].join('\n')
}

function panelLines({ id, type, title, gridPos: { x, y, w, h }, fieldConfig, targets }: Panel): string[] {
  const { unit, noValue } = fieldConfig?.defaults ?? {}
  return [
    '',
    `${id} ${type} "${title}" at ${x},${y} size ${w}x${h}${unit ? `, unit ${unit}, empty: ${noValue}` : ''}`,
    ...(targets ?? []).map(({ refId, expr }) => `  ${refId} ${expr?.trimEnd().replaceAll('\n', '\n    ')}`),
  ]
}
