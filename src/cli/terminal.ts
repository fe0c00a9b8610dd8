import { once } from 'node:events'
import Table from 'cli-table3'
import pc from 'picocolors'
import yoctoSpinner from 'yocto-spinner'
import { exactEur, shortEur, type Nano } from '../domain/money.ts'

/** What a command says to people (stderr) and to machines (stdout). Colours and spinners only where a person sees them. */
export interface Terminal {
  /** A line for people. */
  readonly say: (line?: string) => void
  /** A line with a green mark: something is done. */
  readonly done: (line: string) => void
  /** A line with a yellow mark: something to know. */
  readonly warn: (line: string) => void
  /** A line of output: what a pipe should get. */
  readonly print: (line: string) => void
  /** Text in pieces as output: the next piece is taken when the last one has gone. */
  readonly pipe: (pieces: AsyncIterable<string>) => Promise<void>
  readonly fail: (line: string) => void
  /** A spinner while the work runs, nothing when it is done. Where there is no terminal: a plain line, if the work takes long. */
  readonly step: <T>(text: string, work: () => Promise<T>) => Promise<T>
  /** A spinner whose text follows what happens, until it is stopped. Where there is no terminal: nothing. */
  readonly spin: (text: string) => Spin
  readonly table: (head: readonly string[], rows: readonly (readonly string[])[], rightAligned?: readonly number[]) => string
  /** For lines that are said (stderr). */
  readonly sayColour: Colour
  /** For lines that are printed (stdout). */
  readonly printColour: Colour
}

export interface Spin {
  now(text: string): void
  stop(): void
}

type Colour = ReturnType<typeof pc.createColors>

/** Where a terminal writes. */
export interface Streams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** A step that takes longer is worth a line in a log, too. */
const LONG_MS = 2_000
const NO_BORDERS = ['top', 'bottom', 'left', 'right', 'mid']
  .flatMap((side) => ['', '-mid', '-left', '-right'].map((end) => `${side}${end}`))
  .reduce<Record<string, string>>((chars, name) => ({ ...chars, [name]: '' }), { middle: '   ' })

export function terminal({ stdout, stderr: people }: Streams = process, env: NodeJS.ProcessEnv = process.env): Terminal {
  // Decided by us, for each stream: left to the library, the variable CI means colours, also in a file or a pipe.
  const colourOf = ({ isTTY }: Streams['stdout']): Colour => pc.createColors(isTTY === true && !env['NO_COLOR'])
  const [colour, printColour] = [colourOf(people), colourOf(stdout)]
  // The reader of a pipe may have seen enough (`| head`): then nobody is left to tell.
  for (const stream of [stdout, people]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  }
  const say = (line = ''): void => void people.write(`${line}\n`)
  const spin = (text: string): Spin => (people.isTTY === true ? spinOn(people as NodeJS.WriteStream, text) : NO_SPIN)
  return {
    sayColour: colour,
    printColour,
    say,
    done: (line) => say(`  ${colour.green('✔')} ${line}`),
    warn: (line) => say(`  ${colour.yellow('!')} ${line}`),
    print: (line) => void stdout.write(`${line}\n`),
    async pipe(pieces) {
      for await (const piece of pieces) if (!stdout.write(piece)) await once(stdout, 'drain')
    },
    fail: (line) => say(`${colour.red('✖')} ${line}`),
    spin,
    async step(text, work) {
      const spinning = spin(text)
      const long = people.isTTY === true ? undefined : setTimeout(() => say(`    still ${text} …`), LONG_MS)
      try {
        return await work()
      } finally {
        spinning.stop()
        clearTimeout(long)
      }
    },
    table(head, rows, rightAligned = []) {
      const table = new Table({
        head: head.map((title) => printColour.bold(title)),
        colAligns: head.map((_, i) => (rightAligned.includes(i) ? 'right' : 'left')),
        style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
        chars: NO_BORDERS,
      })
      table.push(...rows.map((row) => [...row]))
      return table.toString().replace(/ +$/gm, '')
    },
  }
}

const NO_SPIN: Spin = { now: () => {}, stop: () => {} }

function spinOn(stream: NodeJS.WriteStream, text: string): Spin {
  // Ctrl-C is for the command to handle, if it has servers to stop; else for the spinner, which has hidden the cursor.
  const handleSignals = process.listenerCount('SIGINT') === 0
  const spinner = yoctoSpinner({ text, stream, handleSignals }).start()
  const stop = (): void => {
    process.off('exit', stop)
    if (spinner.isSpinning) spinner.stop()
  }
  process.once('exit', stop)
  return {
    now(next) {
      if (next !== spinner.text) spinner.text = next
    },
    stop,
  }
}

/** A moment to the minute. */
export const minute = (iso: string): string => `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** Four significant digits, or all nine with `--exact`. */
export const showEur = (value: Nano, exact: boolean): string => (exact ? exactEur(value) : shortEur(value))
