import { expect, test } from 'vitest'
import { jobStart } from '../../src/domain/job-start.ts'

const V7 = '01a221f4-9b04-7a59-a8a5-8352d97e3197'
const V4 = '3f0c3e6e-0b1a-4c59-a8a5-8352d97e3197'
const later = new Date('2026-12-01T00:00:00.000Z')

test.for([
  ['the first run', { firstExecutionRunId: V7, attempt: 1 }, '2026-11-28T11:40:08.324Z'],
  ['its retry', { firstExecutionRunId: V7, attempt: 3 }, '2026-11-28T11:40:08.324Z'],
  ['a run that continues it', { firstExecutionRunId: V7, attempt: 1, continuedFromExecutionRunId: V4 }, '2026-11-28T11:40:08.324Z'],
  ['the first run on a server before 1.27', { firstExecutionRunId: V4, attempt: 1 }, later.toISOString()],
  ['its retry there', { firstExecutionRunId: V4, attempt: 2 }, undefined],
  ['a run that continues it there', { firstExecutionRunId: V4, attempt: 1, continuedFromExecutionRunId: V4 }, undefined],
] as const)('the job of %s began when its first run did, or that is not known', ([, facts, start]) => {
  expect(jobStart({ startTime: later, ...facts })?.toISOString()).toBe(start)
})
