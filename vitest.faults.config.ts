import { defineConfig } from 'vitest/config'

/** For `test/prove/planted-faults.test.ts`: the ledger's own tests, on a database that somebody has tampered with. */
export default defineConfig({
  test: {
    include: ['test/ledger/*.test.ts'],
    globalSetup: ['./test/setup/tampered.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    teardownTimeout: 15_000,
  },
})
