/**
 * Run as a process of its own by the tests: starts the services of a folder, says so as one line of JSON, and stops them on SIGTERM.
 * Arguments: the folder, and if wanted the ports of Temporal and its UI. Ends with the test run: its stdin is a pipe from there.
 */
import { startServices } from '../../src/platform/embedded/services.ts'

const [home, temporalPort, uiPort] = process.argv.slice(2)
if (home === undefined) throw new Error('usage: hold-services <home> [temporal port] [ui port]')
const port = (text: string | undefined) => (text === undefined ? undefined : Number(text))
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))
const services = await startServices({ home, temporalPort: port(temporalPort), uiPort: port(uiPort), say: (line) => console.error(line) })
console.log(JSON.stringify({ databaseUrl: services.databaseUrl, temporal: services.temporal, reused: services.reused }))
process.once('SIGTERM', () => void services.stop().then(() => process.exit(0)))
