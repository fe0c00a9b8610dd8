import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { readDevFile, removeDevFile, writeDevFile } from '../../src/platform/embedded/dev-file.ts'
import { thisProcess } from '../../src/platform/embedded/process-identity.ts'

const newHome = () => mkdtemp(join(inject('testFolder'), 'dev-file-'))
const places = { live: false, temporalAddress: '127.0.0.1:7233', temporalNamespace: 'default', apiUrl: 'http://127.0.0.1:8080' }

/** A home where the file was changed after it was written. */
async function homeWith(change: (text: string) => string): Promise<string> {
  const home = await newHome()
  await writeDevFile(home, places)
  const path = join(home, 'dev.json')
  await writeFile(path, change(await readFile(path, 'utf8')))
  return home
}
const ownedBy = (pid: number, startedAt: string) => (text: string) =>
  JSON.stringify({ ...(JSON.parse(text) as object), owner: { pid, startedAt } })

test('what a running process wrote is read, by nobody but its user, until it is removed', async () => {
  const home = await newHome()
  expect(await readDevFile(home)).toBeUndefined()
  await writeDevFile(home, places)
  expect(await readDevFile(home)).toEqual({ owner: thisProcess(), ...places })
  expect((await stat(join(home, 'dev.json'))).mode & 0o777).toBe(0o600)
  await removeDevFile(home)
  expect(await readDevFile(home)).toBeUndefined()
})

test('a process id that was given out again after kill -9 is not the process that wrote the file', async () => {
  expect(await readDevFile(await homeWith(ownedBy(1, thisProcess().startedAt)))).toBeUndefined()
  expect(await readDevFile(await homeWith(ownedBy(process.pid, 'earlier')))).toBeUndefined()
})

test('a file that is cut, empty, or of an older form counts as absent', async () => {
  const cuts = [(text: string) => text.slice(0, -20), () => '', () => JSON.stringify({ ...places, pid: process.pid })]
  for (const cut of cuts) expect(await readDevFile(await homeWith(cut))).toBeUndefined()
})
