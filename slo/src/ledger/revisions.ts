/**
 * When promises begin. Each minute is measured by the promise valid then, so a changed one never touches the minutes
 * of the one before it: it begins when its spec says, else when the ledger first sees it.
 */
import type { Promised, Revision } from './types.ts'

/**
 * The revisions of an SLO, oldest first, once `promised` is loaded at `minute`. Those that had not begun are dropped:
 * a plan that no longer holds them has withdrawn them. `dateRefused`: the promise before it was valid at that date, or
 * began later; replacing it whole would rewrite what was promised, so the revision begins as if it had no date.
 */
export function revise(
  stored: Revision[],
  { slo, revision, target, effectiveFromSeconds: asked }: Promised,
  minute: number,
): { revisions: Revision[]; dateRefused: boolean } {
  const begun = stored.filter(({ effectiveFrom }) => effectiveFrom <= minute)
  const latest = begun.at(-1)
  const isSame = latest?.revision === revision
  const before = isSame ? begun.slice(0, -1) : begun
  const previous = before.at(-1)
  const dateRefused = asked !== undefined && previous !== undefined && asked <= previous.effectiveFrom
  const undated = isSame ? latest.effectiveFrom : minute
  const effectiveFrom = asked === undefined || dateRefused ? undated : asked
  const kept = before.filter((revision) => revision.effectiveFrom < effectiveFrom)
  return { revisions: [...kept, { slo, revision, target, effectiveFrom }], dateRefused }
}
