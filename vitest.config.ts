import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The long proofs have their own command: npm run prove.
    exclude: ['test/prove/**'],
    globalSetup: ['./test/setup/services.ts'],
    // Temporal's native part panics in worker threads.
    pool: 'forks',
    // A process plays many files: what they import is read once (a fifth of the whole time). Nothing of a module may differ from file to file.
    isolate: false,
    setupFiles: ['./test/setup/each-file.ts'],
    // One more than a small machine has cores: many tests wait, for a limit or for somebody who was killed.
    maxWorkers: 3,
    // A command line takes a second or two to start, and some tests give ten commands; a small machine runs two such tests at once.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    teardownTimeout: 15_000,
  },
})
