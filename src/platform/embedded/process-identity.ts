/** Which process a number means: process ids are given out again, so an id alone proves nothing. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** A process as files name it: its id, and when it started (in the system's own notation, only ever compared). */
export const processIdentity = z.object({ pid: z.number().int().positive(), startedAt: z.string() }).readonly()

export type ProcessIdentity = z.output<typeof processIdentity>

/** The process that has this id now, or undefined if there is none (or only its dead entry in the process table). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid)
    return startedAt === undefined ? undefined : { pid, startedAt }
  } catch {
    return undefined
  }
}

/** Ourselves. */
export function thisProcess(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startedAt: 'unknown' }
}

/** Whether exactly this process still runs. */
export function isAlive(process_: ProcessIdentity): boolean {
  return identify(process_.pid)?.startedAt === process_.startedAt
}

/** The name of the program that runs under this id, or undefined if there is none. */
export function programOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim()
  } catch {
    return undefined
  }
}

function startOnLinux(pid: number): string | undefined {
  // "pid (name) state …": the name may hold spaces and brackets, so the fields are counted from the last bracket on.
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isDead = fields[0] === 'Z' || fields[0] === 'X'
  return isDead ? undefined : fields[19]
}

function startByPs(pid: number): string | undefined {
  const [state, ...start] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 })
    .trim()
    .split(/\s+/)
  return state === undefined || state.startsWith('Z') ? undefined : start.join(' ')
}
