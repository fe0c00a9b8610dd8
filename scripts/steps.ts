import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One program of a suite. A vitest run counts as its tests, anything else as one. */
export interface Step {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly vitest?: boolean
}

interface Outcome {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly seconds: number
  /** Its failed tests, by their full names, with what each failed by. */
  readonly failures?: readonly { readonly name: string; readonly message: string }[]
}

/** What vitest's JSON report says, as far as it is read here. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[]
}

interface Assertion {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}

/** Of a message: what was expected, not where. */
const MESSAGE_LINES = 3

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, '.cache')

/** Runs every step (those of one list side by side), prints their times and, last, `N passed, N failed`. The exit code is 1 if anything failed. */
export async function runSteps(
  suite: string,
  steps: readonly (Step | readonly Step[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const outcomes: Outcome[] = []
  for (const step of steps) {
    const together = [step].flat()
    console.log(`\n── ${suite}: ${together.map(({ name }) => name).join(', ')}`)
    outcomes.push(...(await Promise.all(together.map((one) => runStep(one, env)))))
  }
  console.log(`\n── ${suite}`)
  for (const { name, passed, failed, seconds } of outcomes) {
    console.log(`${failed === 0 ? '✔' : '✖'} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s   ${passed} passed, ${failed} failed`)
  }
  for (const { name, message } of outcomes.flatMap(({ failures = [] }) => failures)) console.log(`  ✖ ${name}\n    ${message}`)
  const sum = (key: 'passed' | 'failed'): number => outcomes.reduce((total, outcome) => total + outcome[key], 0)
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
  process.exitCode = sum('failed') === 0 ? 0 : 1
}

async function runStep(
  { name, command: [program, ...args], vitest = false }: Step,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const report = join(cache, `report-${process.pid}.json`)
  mkdirSync(cache, { recursive: true })
  const reporting = vitest ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []
  const startedAt = performance.now()
  const child = spawn(join(root, 'node_modules/.bin', program), [...args, ...reporting], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Every command line that a test starts would be compiled anew.
    env: { NODE_COMPILE_CACHE: join(cache, 'node'), ...process.env, ...env },
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  const seconds = (performance.now() - startedAt) / 1000
  if (!vitest) return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, seconds }
  try {
    const { numPassedTests: passed, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
    // A run that fails without a failed test (a suite that could not load, an unhandled error, no test at all) has failed all the same.
    const failed = Math.max(numFailedTests, code === 0 && passed > 0 ? 0 : 1)
    const failures = testResults
      .flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'))
      .map(({ fullName, failureMessages }) => ({
        name: fullName,
        message: failureMessages.join('\n').split('\n').slice(0, MESSAGE_LINES).join('\n    '),
      }))
    return { name, passed, failed, seconds, failures }
  } catch {
    return { name, passed: 0, failed: 1, seconds }
  } finally {
    rmSync(report, { force: true })
  }
}
