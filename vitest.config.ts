import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The long proofs have their own command: npm run prove.
    exclude: ['test/prove/**'],
    globalSetup: ['./test/setup/services.ts'],
    // Temporal's native part panics in worker threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 15_000,
  },
})
