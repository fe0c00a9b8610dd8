/** Run as a process of its own by the tests: starts a long sleep, guarded as the argument says, and prints its process id. Its stdin is a pipe from the test run. */
import { startProgram } from '../../src/platform/embedded/process.ts'

process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))
const guard = process.argv[2] === 'reaper' ? 'reaper' : 'kernel'
const running = await startProgram({ program: 'sleep', args: ['600'], env: process.env, stopSignal: 'SIGTERM', guard })
console.log(JSON.stringify({ pid: running.pid }))
