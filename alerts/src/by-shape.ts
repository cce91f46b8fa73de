/** What is made once for all SLOs of a shape. */

/** Shapes are few, or each has one SLO: those that came last are enough. */
const SHAPES_KEPT = 100

export function byShape<Made>(): (shape: string, make: () => Made) => Made {
  const known = new Map<string, Made>()
  return (shape, make) => {
    let made = known.get(shape)
    if (made !== undefined) return made
    made = make()
    known.set(shape, made)
    const [first] = known.keys()
    if (known.size > SHAPES_KEPT && first !== undefined) known.delete(first)
    return made
  }
}
