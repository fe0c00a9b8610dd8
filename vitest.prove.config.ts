import { defineConfig } from 'vitest/config'

const shared = { pool: 'forks', setupFiles: './test/setup/each-file.ts', testTimeout: 180_000, hookTimeout: 120_000 } as const

/** These compute on one core, or wait for what is killed to be found out; none asks how long anything takes. They do not disturb each other. */
const SIDE_BY_SIDE = [
  'api',
  'costs',
  'explorer',
  'failures-of-others',
  'killed-workers',
  'long-away',
  'moved',
  'own-worker-killed',
  'planted-faults',
  'recovery',
  'focus-validator',
  'fourteen-months',
  'from-python',
  'sums',
].map((name) => `test/prove/${name}.test.ts`)

export default defineConfig({
  test: {
    // Once, for both.
    globalSetup: ['./test/setup/services.ts'],
    teardownTimeout: 15_000,
    projects: [
      { test: { ...shared, name: 'side by side', include: SIDE_BY_SIDE, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        // Whole systems of their own: one after the other, or they would measure each other.
        test: {
          ...shared,
          name: 'alone',
          include: ['test/prove/**/*.test.ts'],
          exclude: SIDE_BY_SIDE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
