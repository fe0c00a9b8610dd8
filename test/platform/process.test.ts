import { expect, test } from 'vitest'
import { identify } from '../../src/platform/embedded/process-identity.ts'
import { runProgram, startProgram } from '../../src/platform/embedded/process.ts'
import { waitFor } from '../../src/platform/embedded/wait.ts'
import { hold } from './holder.ts'

const isGone = (pid: number) => waitFor(5_000, () => (identify(pid) === undefined ? true : undefined))

test.for(['kernel', 'reaper'])('a program whose owner is killed with -9 ends too (guard: %s)', async (guard) => {
  const holder = await hold<{ pid: number }>('./hold-program.ts', [guard])
  expect(identify(holder.said.pid)).toBeDefined()
  await holder.end('SIGKILL')
  expect(await isGone(holder.said.pid)).toBe(true)
})

test('a program that does not heed its signal is killed when the limit is over', async () => {
  const args = ['-c', 'trap "" TERM; echo deaf; while true; do sleep 0.1; done']
  const running = await startProgram({ program: 'sh', args, env: process.env, stopSignal: 'SIGTERM', stopLimitMs: 200 })
  await waitFor(5_000, () => running.lastOutput().includes('deaf') || undefined)
  await running.stop()
  expect(running.ending()).toBe('ended by SIGKILL')
})

test('a program that takes too long is stopped, and says so', async () => {
  const { code, output } = await runProgram({ program: 'sleep', args: ['600'], env: process.env, stopSignal: 'SIGTERM', limitMs: 100 })
  expect(code).not.toBe(0)
  expect(output).toContain('took longer')
})

test('a program that does not exist fails with a reason', async () => {
  for (const guard of ['kernel', 'reaper'] as const) {
    const { code, output } = await runProgram({
      program: '/no/such',
      args: [],
      env: process.env,
      stopSignal: 'SIGTERM',
      limitMs: 5_000,
      guard,
    })
    expect(code).not.toBe(0)
    expect(output).toMatch(/No such file|ENOENT/)
  }
})
