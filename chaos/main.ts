/**
 * `npm run chaos -- --minutes 10 --seed 7 [--json]`: a whole system of its own, broken in every way while it works, healed, and judged by the
 * provider's bill. `npm run chaos -- --matrix`: every point × every victim, once each; writes `docs/crash-matrix.md`. Exit code 0: not a pico-USD is missing. 1: something is wrong, and said. 2: it was not started.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format } from 'prettier'
import { exactEur, exactUsd, nano, picoUsd } from '../src/domain/money.ts'
import { conclude, type Conclusion } from './conclude.ts'
import { nameOf } from './judge.ts'
import { storm } from './storm.ts'
import { matrixPage, moneyOf } from './matrix-page.ts'
import { playMatrix, VICTIMS } from './matrix.ts'
import { BATCH_POINTS, CALL_POINTS } from './points.ts'
import { openSystem, type System } from './system.ts'

const PAGE = fileURLToPath(new URL('../docs/crash-matrix.md', import.meta.url))

const USAGE = `usage: npm run chaos -- [--minutes 0.5 to 600] [--seed N] [--json]
       npm run chaos -- --matrix [--victims ${VICTIMS.join(',')}] [--points batch.settle] [--json]`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seed: { type: 'string' },
    matrix: { type: 'boolean', default: false },
    victims: { type: 'string' },
    points: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Date.now() % 1_000_000)
if (!(minutes >= 0.5 && minutes <= 600) || !Number.isSafeInteger(seed)) refuse(USAGE)
const victims = VICTIMS.filter((victim) => values.victims?.split(',').includes(victim) ?? true)
const places = [...CALL_POINTS, ...BATCH_POINTS].filter((point) => point.startsWith(values.points ?? ''))
if (victims.length === 0 || places.length === 0) refuse(USAGE)
// It kills what it finds and moves the ledger's clock: never on servers that are somebody's.
for (const variable of ['DATABASE_URL', 'TEMPORAL_ADDRESS'])
  if (process.env[variable] !== undefined) refuse(`${variable} is set: the chaos breaks servers of its own only; unset it`)

function refuse(why: string): never {
  console.error(why)
  process.exit(2)
}

const startedAt = performance.now()
const seconds = (): number => Math.round((performance.now() - startedAt) / 1_000)
const say = (line: string): void => console.error(`${String(seconds()).padStart(5)} s  ${line}`)

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // Asked twice: at once; the servers and workers end with us.
    if (stopping.signal.aborted) process.exit(130)
    say('stopping …')
    stopping.abort(new Error(`stopped by ${signal}`))
  })

const eur = (amount: bigint): string => exactEur(nano(amount))

function report(seen: Conclusion, kills: number, faults: number): void {
  const { verdict, months, reconciled, auditViolations, unended, calls, statements, corrections } = seen
  const { attempts, refusals } = seen.books
  say(`${seen.calls} requests; attempts: ${tally(attempts.map(({ state }) => state))}; ${refusals.length} refusals`)
  const ofPresumed = attempts
    .filter(({ state }) => state === 'presumed')
    .map((attempt) => (seen.billed.has(nameOf(attempt)) ? 'were billed' : 'were not'))
  say(`of what is presumed: ${tally(ofPresumed)}`)
  const findings = [...verdict.findings, ...months.flatMap((of) => of.findings), ...reconciled.findings, ...auditViolations]
  for (const finding of findings) console.error(`✖ ${finding}`)
  for (const job of unended) console.error(`✖ job ${job} did not end`)
  const line = {
    chaos: { calls, kills, faults, statements, corrections, seconds: seconds() },
    overspendEur: eur(verdict.overspend),
    unbookedEur: eur(verdict.unbooked),
    doubleBookedEur: eur(verdict.doubleBooked),
    stuckReservations: verdict.stuckReservations,
    presumedEur: eur(verdict.presumed),
    falseRefusals: verdict.falseRefusals,
    unstatedEur: eur(months.reduce((sum, { unstated }) => sum + unstated, 0n)),
    statementViolations: months.reduce((sum, { violations }) => sum + violations, 0),
    unreconciledUsd: exactUsd(picoUsd(reconciled.unreconciledPicoUsd)),
    billViolations: reconciled.violations,
    auditViolations: auditViolations.length + verdict.otherViolations + unended.length,
  }
  if (values.json) console.log(JSON.stringify(line))
  else
    for (const [name, value] of Object.entries(line))
      console.log(`${name.padEnd(18)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  process.exitCode = findings.length + unended.length === 0 ? 0 : 1
}

/** How often each of these comes. */
const tally = (words: readonly string[]): string =>
  [...Map.groupBy(words, (word) => word)].map(([word, all]) => `${all.length} ${word}`).join(', ')

async function breakAtRandom(system: System): Promise<void> {
  const { kills, faults, ...stormy } = await storm(system, { minutes, seed, say, stopping: stopping.signal })
  report(await conclude(system, stormy, say), kills, faults)
}

async function breakEverywhere(system: System): Promise<void> {
  const { cells, kills, hands } = await playMatrix(system, { victims, points: places }, say, stopping.signal)
  const conclusion = await conclude(system, { jobs: cells.map(({ job }) => job), hands, seen: [] }, say)
  for (const { victim, point, job, saw } of cells) say(`${point.padEnd(18)} ${victim.padEnd(9)} ${saw}; ${moneyOf(job, conclusion)}`)
  // Named victims or points are a part, and no page.
  if (values.victims === undefined && values.points === undefined)
    await writeFile(PAGE, await format(matrixPage(cells, conclusion), { parser: 'markdown' }))
  report(conclusion, kills, 0)
}

say(values.matrix ? `${places.length} points, ${victims.join(', ')}` : `seed ${seed}, ${minutes} minutes`)
const system = await openSystem({ say, requestTimeoutMs: 2_500, latencyMs: 300 })
try {
  stopping.signal.throwIfAborted()
  const stopped = new Promise<never>((_, reject) =>
    stopping.signal.addEventListener('abort', () => reject(stopping.signal.reason), { once: true }),
  )
  await Promise.race([values.matrix ? breakEverywhere(system) : breakAtRandom(system), stopped])
} catch (error) {
  console.error(stopping.signal.aborted ? 'stopped' : error)
  process.exitCode = stopping.signal.aborted ? 130 : 1
} finally {
  await system.close()
}
process.exit()
