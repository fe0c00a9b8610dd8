import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { terminal } from '../../src/cli/terminal.ts'

/** A stream that keeps what it is given; `isTTY` is undefined where nobody looks, as in Node. */
function stream(isTTY?: true): Writable & { isTTY?: boolean; text: () => string } {
  let text = ''
  const written = new Writable({ write: (chunk, _, done) => ((text += String(chunk)), done()) })
  return Object.assign(written, { text: () => text, ...(isTTY === undefined ? {} : { isTTY }) })
}

/** What a command shows: a mark, a bold heading, a table. */
function shown(seen: { stdout?: true; stderr?: true }, env: NodeJS.ProcessEnv = {}): { stdout: string; stderr: string } {
  const [stdout, stderr] = [stream(seen.stdout), stream(seen.stderr)]
  const screen = terminal({ stdout, stderr }, env)
  screen.done('made')
  screen.print(screen.table(['name'], [['acme']]))
  return { stdout: stdout.text(), stderr: stderr.text() }
}

const GREEN_MARK = '  \u001b[32m✔\u001b[39m made\n'
const BOLD_TABLE = '\u001b[1mname\u001b[22m\nacme\n'

test('colours are where a person looks, and each stream is looked at on its own', () => {
  expect(shown({ stdout: true, stderr: true })).toEqual({ stdout: BOLD_TABLE, stderr: GREEN_MARK })
  expect(shown({ stderr: true })).toEqual({ stdout: 'name\nacme\n', stderr: GREEN_MARK })
  expect(shown({ stdout: true })).toEqual({ stdout: BOLD_TABLE, stderr: '  ✔ made\n' })
})

test('a file or a pipe gets no colours, whatever the environment says', () => {
  const plain = { stdout: 'name\nacme\n', stderr: '  ✔ made\n' }
  expect(shown({})).toEqual(plain)
  expect(shown({}, { CI: 'true', FORCE_COLOR: '1' })).toEqual(plain)
  expect(shown({ stdout: true, stderr: true }, { NO_COLOR: '1' })).toEqual(plain)
})

test('a spinner follows what happens and lets lines through, for people only, and the cursor comes back', () => {
  const [stdout, seen, piped] = [stream(), stream(true), stream()]
  for (const stderr of [seen, piped]) {
    const screen = terminal({ stdout, stderr: Object.assign(stderr, { cursorTo: () => true, clearLine: () => true }) }, {})
    const spinning = screen.spin('waiting')
    spinning.now('calling')
    screen.say('  reserved')
    spinning.stop()
    screen.say('done')
  }
  expect(seen.text()).toMatch(/waiting[\s\S]*calling[\s\S]* {2}reserved\n[\s\S]*done\n$/)
  expect(seen.text().lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(seen.text().lastIndexOf('\u001b[?25l'))
  expect(piped.text()).toBe('  reserved\ndone\n')
  expect(stdout.text()).toBe('')
})
