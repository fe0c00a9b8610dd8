import { mkdtemp, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { withLock } from '../../src/platform/embedded/lock.ts'
import { thisProcess } from '../../src/platform/embedded/process-identity.ts'

const newPath = async () => join(await mkdtemp(join(inject('testFolder'), 'lock-')), 'start.lock')

test('of many that want the lock only one is inside at a time', async () => {
  const path = await newPath()
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    await new Promise((resolve) => setTimeout(resolve, 5))
    inside--
  }
  await Promise.all(Array.from({ length: 12 }, () => withLock(path, { limitMs: 15_000 }, work)))
  expect(most).toBe(1)
})

test('a lock whose holder is dead is taken over, also if its process id runs again as another process', async () => {
  const path = await newPath()
  await writeFile(`${path}.7`, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }))
  expect(await withLock(path, { limitMs: 1_000 }, () => Promise.resolve('mine'))).toBe('mine')
})

test('a lock file that a crash left empty is taken over', async () => {
  const path = await newPath()
  await writeFile(`${path}.1`, '')
  await utimes(`${path}.1`, 1, 1)
  expect(await withLock(path, { limitMs: 1_000 }, () => Promise.resolve('mine'))).toBe('mine')
})

test('a lock that a living process keeps ends in an error that names the process', async () => {
  const path = await newPath()
  await writeFile(`${path}.1`, JSON.stringify(thisProcess()))
  const waited: number[] = []
  const attempt = withLock(path, { limitMs: 200, onWait: (pid) => waited.push(pid) }, () => Promise.resolve())
  await expect(attempt).rejects.toMatchObject({ code: 'timed_out', message: expect.stringContaining(`process ${process.pid}`) })
  expect(waited).toEqual([process.pid])
})

test('work that fails gives the lock back', async () => {
  const path = await newPath()
  await expect(withLock(path, { limitMs: 1_000 }, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await withLock(path, { limitMs: 1_000 }, () => Promise.resolve('mine'))).toBe('mine')
})
