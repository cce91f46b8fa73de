/**
 * Prints `N passed, N failed[, N skipped]` as the very last line of a run: what CI reads.
 * A module that fails without a failed test of its own (import error, `beforeAll` that throws) and an unhandled
 * error count as one failure each.
 */
import type { Reporter, TestModule } from 'vitest/node'

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    let skipped = 0
    for (const module of modules) {
      let failedHere = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed++
        else if (state === 'failed') failedHere++
        else skipped++
      }
      failed += failedHere || (module.state() === 'failed' ? 1 : 0)
    }
    const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
    // vitest prints its summary after this hook; `exit` is later still.
    process.once('exit', () => console.log(line))
  }
}
