/** The Temporal server of one home folder: reused if it runs, else found, given ports and started. */
import { resolve } from 'node:path'
import { PlatformError } from '../platform-error.ts'
import { stillRuns, type Part } from './part.ts'
import { choosePort, freePort, requireFree } from './ports.ts'
import { identify, thisProcess } from './process-identity.ts'
import { readPorts, writePorts, type RememberedPorts, type TemporalPart } from './run-file.ts'
import { findTemporal } from './temporal-binary.ts'
import { startTemporal, temporalAnswers, type RunningTemporal } from './temporal.ts'

const USUAL_PORT = 7233
const USUAL_UI_PORT = 8233
const PORT_TRIES_MAX = 3

/** Where Temporal and its UI are. */
export interface TemporalPlace {
  readonly address: string
  readonly namespace: string
  readonly uiUrl: string | undefined
  /** By TEMPORAL_ADDRESS: then TLS, API key and namespace stand in Temporal's own settings, too. False: it is ours, on this machine. */
  readonly given: boolean
}

/** What was asked for; left out: the ports of the last time, else the usual ones, else free ones. */
export interface TemporalWish {
  readonly namespace: string
  readonly port: number | undefined
  readonly uiPort: number | undefined
  readonly env: NodeJS.ProcessEnv
  readonly say: (line: string) => void
  /** Hears that it is up. */
  readonly ready: (line: string) => void
}

/** Gives the running Temporal of this home folder, or starts it. Only called while the start lock is held. */
export async function openTemporal(
  home: string,
  known: TemporalPart | null,
  wish: TemporalWish,
): Promise<Part<TemporalPart, TemporalPlace>> {
  if (known !== null && (await stillRuns('Temporal', known, () => temporalAnswers(`127.0.0.1:${known.port}`, known.namespace)))) {
    requireSame(known, wish)
    return { record: known, reused: true, value: placeOf(known), stop: async () => {}, ended: undefined }
  }
  const program = await findTemporal({ say: wish.say, env: wish.env })
  const startedAt = performance.now()
  const { server, ports } = await startOnPorts(home, program.path, wish)
  await writePorts(home, ports)
  const record = {
    owner: thisProcess(),
    server: identify(server.pid) ?? { pid: server.pid, startedAt: 'unknown' },
    port: ports.temporal,
    uiPort: ports.ui,
    namespace: wish.namespace,
  }
  const place = placeOf(record)
  wish.ready(
    `Temporal ready on ${place.address}, UI ${place.uiUrl} (${program.version.split(' ')[0]}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
  )
  return { record, reused: false, value: place, stop: () => server.stop(), ended: server.ended }
}

async function startOnPorts(
  home: string,
  program: string,
  wish: TemporalWish,
): Promise<{ server: RunningTemporal; ports: RememberedPorts }> {
  for (let tries = 1; ; tries++) {
    const ports = await choosePorts(home, wish)
    try {
      const dbFile = resolve(home, 'temporal.db')
      const server = await startTemporal({ program, dbFile, port: ports.temporal, uiPort: ports.ui, namespace: wish.namespace })
      return { server, ports }
    } catch (error) {
      // Somebody was faster than us. The next look finds the port taken, and says so if it was asked for.
      const stolen = error instanceof PlatformError && error.code === 'port_taken'
      if (!stolen || tries === PORT_TRIES_MAX) throw error
    }
  }
}

async function choosePorts(home: string, wish: TemporalWish): Promise<RememberedPorts> {
  const last = await readPorts(home)
  const temporal =
    wish.port === undefined ? await choosePort([last?.temporal, USUAL_PORT]) : await requireFree(wish.port, "Temporal's port")
  const ui =
    wish.uiPort === undefined ? await choosePort([last?.ui, USUAL_UI_PORT]) : await requireFree(wish.uiPort, "the port of Temporal's UI")
  return { temporal, ui: ui === temporal ? await freePort() : ui }
}

/** A server that runs cannot be moved, and another user of it must not be disturbed. */
function requireSame(known: TemporalPart, wish: TemporalWish): void {
  const runsAlready = `Temporal runs already for this folder (started by process ${known.owner.pid})`
  const whatToDo = 'stop that process first, or take what runs'
  if (wish.port !== undefined && wish.port !== known.port)
    throw new PlatformError('port_taken', `${runsAlready} on port ${known.port}, but port ${wish.port} was asked for: ${whatToDo}`)
  if (wish.uiPort !== undefined && wish.uiPort !== known.uiPort)
    throw new PlatformError(
      'port_taken',
      `${runsAlready} with its UI on port ${known.uiPort}, but port ${wish.uiPort} was asked for: ${whatToDo}`,
    )
  if (wish.namespace !== known.namespace)
    throw new PlatformError(
      'data_unusable',
      `${runsAlready} with namespace ${known.namespace}, but ${wish.namespace} was asked for: ${whatToDo}`,
    )
}

function placeOf(part: TemporalPart): TemporalPlace {
  return { address: `127.0.0.1:${part.port}`, namespace: part.namespace, uiUrl: `http://127.0.0.1:${part.uiPort}`, given: false }
}
