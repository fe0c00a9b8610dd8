/** Around each test file: a process plays several, one after the other. */
import { afterAll } from 'vitest'
import { endRunning } from '../cli/purser.ts'

await import('./quiet-runtime.ts')
afterAll(endRunning)
