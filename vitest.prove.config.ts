import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/prove/**/*.test.ts'],
    globalSetup: ['./test/setup/services.ts'],
    pool: 'forks',
    // Whole systems of their own: one after the other, or they would measure each other.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    teardownTimeout: 15_000,
  },
})
