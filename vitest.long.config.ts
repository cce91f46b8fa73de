import { defineConfig } from 'vitest/config'

/** `npm run test:long`: the running stack put through every fault. Minutes a fault, so not a part of `npm test`. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    reporters: ['default', './test/closing-line.ts'],
    // Each fault has a stack of its own; two at once keep two cores busy and no busier.
    fileParallelism: false,
    maxConcurrency: 2,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
})
