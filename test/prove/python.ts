import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../../src/platform/embedded/temporal-binary.ts'

const VERSION = '4.32.5'

/** Where there is Python, what needs it runs; CI must have it. */
export function mayRunPython(what: string): boolean {
  const hasPython = spawnSync('python3', ['-m', 'venv', '--help']).status === 0
  const mustRun = hasPython || process.env['CI'] !== undefined
  if (!mustRun) console.log(`  skipped: ${what} needs python3 with venv, which is not here`)
  return mustRun
}

/** A virtual environment with Schemathesis, and so with `requests`, made once for a machine. Answers its `bin`. */
export const pythonWithSchemathesis = (): Promise<string> =>
  environmentOf({ name: `schemathesis-${VERSION}`, python: 'python3', packages: [`schemathesis==${VERSION}`] })

interface Environment {
  readonly name: string
  readonly python: string
  readonly packages: readonly string[]
}

/** A virtual environment with these packages, made once for a machine. Answers its `bin`. */
export async function environmentOf({ name, python, packages }: Environment): Promise<string> {
  const home = join(cacheFolder(process.env), name)
  const ready = join(home, 'ready')
  if (!existsSync(ready)) {
    console.log(`  installing ${packages.join(' and ')} into a virtual environment …`)
    await rm(home, { recursive: true, force: true })
    await mkdir(home, { recursive: true })
    for (const [program, ...args] of [
      [python, '-m', 'venv', home],
      [join(home, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 150_000 })
      if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    }
    await writeFile(ready, '')
  }
  return join(home, 'bin')
}

/** Of these names the first whose program has this version or a newer one; or `PURSER_PYTHON`. */
export function pythonSince(minor: number): string | undefined {
  const isNew = `import sys; sys.exit(sys.version_info < (3, ${minor}))`
  const named = process.env['PURSER_PYTHON']
  return (named === undefined ? [`python3.${minor}`, `python3.${minor + 1}`, 'python3'] : [named]).find(
    (python) => spawnSync(python, ['-c', isNew]).status === 0,
  )
}
