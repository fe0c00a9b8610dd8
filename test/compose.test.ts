/** There is no Docker where these tests run, so what the deployment files name is checked against the code that it names. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { Hono } from 'hono'
import postgres from 'postgres'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { healthRoutes } from '../src/http/health.ts'
import { ensureAccount } from '../src/ledger/accounts.ts'
import { audit } from '../src/ledger/audit.ts'
import { ledgerOver } from '../src/ledger/ledger.ts'
import { CONFIG_VARIABLES, readConfig } from '../src/platform/config.ts'
import { startPostgres } from '../src/platform/embedded/postgres.ts'
import { migrate } from '../src/platform/migrate.ts'
import { MIGRATIONS_FOLDER } from '../src/platform/migration-files.ts'
import { requireLedger } from '../src/platform/require-ledger.ts'
import { connectSql } from '../src/platform/sql.ts'
import composeSchema from './data/compose-spec.schema.json' with { type: 'json' }

interface Service {
  image?: string
  build?: string
  command?: string[]
  entrypoint?: string[]
  environment?: Record<string, string | number>
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test?: string[]; disable?: boolean }
  stop_grace_period?: string
  restart?: string
}
interface Compose {
  services: Record<string, Service>
  volumes: Record<string, null>
}

const root = new URL('../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const isThere = (path: string): boolean => existsSync(new URL(path, root))
const composeText = read('docker-compose.yml')
const dockerfile = read('Dockerfile')
const envExample = read('.env.example')
const initScript = read('deploy/postgres-init.sh')
const load = (text: string): Compose => parse(text, { merge: true }) as Compose

/** Temporal's own variables that Purser's processes read, through @temporalio/envconfig. */
const TEMPORAL_VARIABLES = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_API_KEY', 'TEMPORAL_TLS']
/** The database's owner, whom only the migrations need. */
const OWNER_SERVICE = 'migrate'
/** What listens in the images that are not ours. */
const FOREIGN_PORTS: Record<string, string> = { postgres: '5432', temporal: '7233', 'temporal-ui': '8080' }

/** `${NAME:-default}` becomes the default, `${NAME:?…}` the name in lower case, as a value that a person would set. */
const interpolated = (text: string): string =>
  text.replace(/\$\{(\w+)(?::?([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) =>
    kind === '-' ? rest : name.toLowerCase().replaceAll('_', ''),
  )

/** The image's own environment: the last `ENV` of the Dockerfile. */
function imageEnvironment(text: string): Record<string, string> {
  const [, block = ''] = /^ENV ((?:.*\\\n)*.*)$/m.exec(text.slice(text.lastIndexOf('FROM '))) ?? []
  return Object.fromEntries([...block.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))
}

const environmentOf = (service: Service, image: Record<string, string>): Record<string, string> => ({
  ...image,
  ...Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolated(String(value))])),
})

function variableProblems(compose: Compose, image: Record<string, string>): string[] {
  const known = new Set([...CONFIG_VARIABLES, ...TEMPORAL_VARIABLES, 'NODE_ENV'])
  const unknown = Object.keys(image).flatMap((name) => (known.has(name) ? [] : [`the Dockerfile sets ${name}, which nothing reads`]))
  return Object.entries(compose.services).reduce((problems, [name, service]) => {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (service.build !== undefined && !known.has(variable)) problems.push(`${name} sets ${variable}, which nothing reads`)
      if (/PASSWORD|PWD|KEY/.test(variable) && !/^\$\{\w+:\?[^}]+\}$/.test(String(value)))
        problems.push(`${name} holds a secret: ${variable}`)
      for (const [, asked = ''] of String(value).matchAll(/\$\{(\w+):\?/g))
        if (!new RegExp(`^${asked}=`, 'm').test(envExample)) problems.push(`${asked} is asked for, but not in .env.example`)
    }
    if (service.build === undefined) return problems
    try {
      readConfig(environmentOf(service, image))
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`)
    }
    return problems
  }, unknown)
}

function placeProblems(compose: Compose, image: Record<string, string>): string[] {
  const problems: string[] = []
  const mustBeService = (who: string, host: string | undefined): void => {
    if (host === undefined || compose.services[host] === undefined) problems.push(`${who} names the host ${host}, which is no service`)
  }
  const logins = loginsOf(environmentOf(compose.services['postgres'] ?? {}, {}))
  for (const [name, service] of Object.entries(compose.services)) {
    const own = environmentOf(service, service.build === undefined ? {} : image)
    const { TEMPORAL_ADDRESS: address, DATABASE_URL: databaseUrl, POSTGRES_SEEDS: seeds } = own
    if (address !== undefined) {
      mustBeService(name, address.split(':')[0])
      if (address.split(':')[1] !== FOREIGN_PORTS['temporal']) problems.push(`${name} looks for Temporal on ${address}`)
    }
    if (seeds !== undefined) mustBeService(name, seeds)
    if (databaseUrl !== undefined) {
      const url = new URL(databaseUrl)
      mustBeService(name, url.hostname)
      if (url.port !== FOREIGN_PORTS['postgres']) problems.push(`${name} looks for Postgres on port ${url.port}`)
      const { user, password } = name === OWNER_SERVICE ? logins.owner : logins.app
      if (url.username !== user || url.pathname !== logins.database || url.password !== password)
        problems.push(`${name} uses another database or role`)
    }
    for (const needed of Object.keys(service.depends_on ?? {})) mustBeService(name, needed)
    const listens = service.build === undefined ? FOREIGN_PORTS[name] : image['PURSER_HTTP_PORT']
    for (const port of service.ports ?? []) {
      const [, host, inside] = /^(127\.0\.0\.1):.*:(\d+)$/.exec(port) ?? []
      if (host === undefined) problems.push(`${name} publishes ${port} to the world`)
      else if (inside !== listens) problems.push(`${name} publishes ${inside}, but listens on ${listens}`)
    }
  }
  return problems
}

/** Who may log in: the owner, whom the image makes, and the app's login, which our script makes, with the password that the service is given. */
function loginsOf(server: Record<string, string>) {
  const [, user = '', variable = ''] = /^create role (\w+) login password :'(\w+)' in role purser_app;$/m.exec(initScript) ?? []
  const [, given = ''] = new RegExp(`--set=${variable}="\\$(\\w+)"`).exec(initScript) ?? []
  return {
    database: `/${server['POSTGRES_DB']}`,
    owner: { user: server['POSTGRES_USER'], password: server['POSTGRES_PASSWORD'] },
    app: { user, password: server[given] },
  }
}

function fileProblems(compose: Compose, image: Record<string, string>): string[] {
  const problems: string[] = []
  for (const [name, service] of Object.entries(compose.services)) {
    if (service.build === undefined && !/^[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)?$/.test(service.image ?? ''))
      problems.push(`${name} is not pinned: ${service.image}`)
    const targets: string[] = []
    for (const volume of service.volumes ?? []) {
      const [source = '', target = ''] = volume.split(':')
      targets.push(target)
      if (source.startsWith('./') ? !isThere(source) : !(source in compose.volumes))
        problems.push(`${name} mounts ${source}, which is not there`)
    }
    if (service.build === undefined) {
      for (const word of service.entrypoint ?? [])
        if (word.startsWith('/scripts/') && !targets.includes(word)) problems.push(`${name} runs ${word}, which is not mounted`)
      continue
    }
    const [program, file = ''] = service.command ?? []
    if (program !== 'node' || !isThere(file)) problems.push(`${name} runs ${file}, which is not there`)
    const blobs = image['PURSER_BLOB_DIR'] ?? ''
    if (file === 'src/worker.ts' && !targets.some((target) => target !== '' && blobs.startsWith(target)))
      problems.push(`${name} would lose its blobs (${blobs}) with its container`)
  }
  return problems
}

function dockerfileProblems(text: string, ignored: string): string[] {
  const problems: string[] = []
  const sent = new Set([...ignored.matchAll(/^!(.+)$/gm)].map(([, path = '']) => path))
  const stages = new Set([...text.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, stage = '']) => stage))
  for (const [, from, sources = ''] of text.matchAll(/^COPY (?:--from=(\w+) )?(.+) \S+$/gm)) {
    if (from !== undefined && !stages.has(from)) problems.push(`COPY --from=${from}: there is no such stage`)
    if (from !== undefined) continue
    for (const source of sources.split(' ')) {
      if (!isThere(source)) problems.push(`COPY ${source}: it is not there`)
      if (!sent.has(source)) problems.push(`COPY ${source}: .dockerignore keeps it out`)
    }
  }
  for (const [, file = ''] of text.matchAll(/(?:RUN node |CMD \["node", ")([\w./-]+\.ts)/g))
    if (!isThere(file)) problems.push(`the Dockerfile runs ${file}, which is not there`)
  for (const [, tag] of text.matchAll(/^FROM (?:node):(\S+)/gm))
    if (!/^24\.\d+\.\d+-bookworm-slim$/.test(tag ?? '')) problems.push(`node:${tag} is not pinned`)
  if (!/^USER node$/m.test(text)) problems.push('the image runs as root')
  return problems
}

/** Every health URL must be one that our routes answer, on the port that the image sets. */
async function healthProblems(compose: Compose, text: string, image: Record<string, string>): Promise<string[]> {
  const routes: Hono = healthRoutes({ checks: {}, limitMs: 1_000, log: () => undefined })
  const probes = [
    ...Object.entries(compose.services).map(([name, s]) => [name, (s.healthcheck?.test ?? []).join(' ')] as const),
    ['Dockerfile', text] as const,
  ]
  const problems: string[] = []
  for (const [who, probe] of probes) {
    for (const [, port, path = ''] of probe.matchAll(/http:\/\/127\.0\.0\.1:(\d+)(\/\w+)/g)) {
      if (port !== image['PURSER_HTTP_PORT'] || port !== image['PURSER_WORKER_HEALTH_PORT']) problems.push(`${who} probes port ${port}`)
      if ((await routes.request(path)).status !== 200) problems.push(`${who} probes ${path}, which is not served`)
    }
  }
  for (const [name, service] of Object.entries(compose.services)) {
    const runsOn = service.restart === 'unless-stopped'
    const probed = service.build !== undefined || service.healthcheck !== undefined || name === 'temporal-ui'
    if (runsOn && !probed) problems.push(`${name} has no health check`)
  }
  return problems
}

async function problemsOf(files: { compose?: string; docker?: string } = {}): Promise<string[]> {
  const [compose, docker] = [load(files.compose ?? composeText), files.docker ?? dockerfile]
  const image = imageEnvironment(docker)
  return [
    ...variableProblems(compose, image),
    ...placeProblems(compose, image),
    ...fileProblems(compose, image),
    ...dockerfileProblems(docker, read('.dockerignore')),
    ...(await healthProblems(compose, docker, image)),
  ]
}

const schemaErrors = (text: string): unknown => {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  const validate = ajv.compile(composeSchema)
  validate(parse(text, { merge: true }))
  return validate.errors
}

test('docker-compose.yml is valid by the schema of the compose specification, and the schema is not blind', () => {
  expect(schemaErrors(composeText)).toBeNull()
  expect(schemaErrors(composeText.replace('condition: service_healthy', 'condition: service_is_fine'))).not.toBeNull()
})

test('everything that docker-compose.yml and the Dockerfile name is there: variables, ports, hosts, files, health pages', async () => {
  expect(await problemsOf()).toEqual([])
})

test('the commands that the README gives for a running composition name its services, programs, files and volumes', () => {
  const { services } = load(composeText)
  const commands = [...read('README.md').matchAll(/^docker compose exec (\w+) node (\S+)(.*)$/gm)]
  expect(commands).toHaveLength(2)
  for (const [, service = '', program = '', rest = ''] of commands) {
    expect(services[service]?.build).toBeDefined()
    expect(isThere(program)).toBe(true)
    for (const [, brief = ''] of rest.matchAll(/--brief (\S+)/g)) expect(isThere(brief)).toBe(true)
    // Elsewhere the image's user may not write.
    for (const [, out = ''] of rest.matchAll(/--out (\S+)/g)) expect(out).toMatch(/^\/var\/lib\/purser\//)
  }
})

test('a request that was sent can be waited for and booked before the worker is killed', () => {
  const { worker } = load(composeText).services
  const config = readConfig({ ...environmentOf(worker ?? {}, imageEnvironment(dockerfile)) })
  const [, minutes = '0', seconds = '0'] = /^(\d+)m(\d+)s$/.exec(worker?.stop_grace_period ?? '') ?? []
  expect(Number(minutes) * 60_000 + Number(seconds) * 1_000).toBeGreaterThan(config.PURSER_REQUEST_TIMEOUT_MS + 10_000)
})

describe('a mistake in the deployment files is found:', () => {
  const inCompose: [string, string, string, string][] = [
    ['a variable that nothing reads', 'PURSER_TIME_ZONE:', 'PURSER_TIMEZONE:', 'PURSER_TIMEZONE, which nothing reads'],
    ['a value that the code refuses', ':-info}', ':-loud}', 'PURSER_LOG_LEVEL'],
    ['a host that is no service', '@postgres:5432', '@database:5432', 'host database'],
    ['a wrong port of Temporal', 'TEMPORAL_ADDRESS: temporal:7233', 'TEMPORAL_ADDRESS: temporal:7234', 'temporal:7234'],
    ['a worker that logs in as the owner', 'postgres://purser_login:', 'postgres://purser:', 'worker uses another database or role'],
    ['a password that the script does not set', 'PURSER_APP_PASSWORD: $', 'PURSER_PASSWORD: $', 'worker uses another database or role'],
    ['another database', ':5432/purser', ':5432/ledger', 'another database'],
    ['a port published to the world', "'127.0.0.1:${POSTGRES_PORT:-5432}", "'${POSTGRES_PORT:-5432}", 'to the world'],
    ['a port where nothing listens', ':-8080}:8080', ':-8080}:8081', 'publishes 8081'],
    ['a file that is not there', './deploy/postgres-init.sh', './deploy/init.sh', 'mounts ./deploy/init.sh'],
    ['a program that is not there', "'src/worker.ts'", "'src/workers.ts'", 'runs src/workers.ts'],
    ['a health page that is not served', '8080/readyz', '8080/health', 'probes /health'],
    ['an image without a version', 'temporalio/ui:2.49.1', 'temporalio/ui:latest', 'not pinned'],
    ['a secret in the file', '${GEMINI_API_KEY:?set GEMINI_API_KEY, from aistudio.google.com, in .env}', 'AIza123', 'holds a secret'],
    ['blobs outside of the volume', '      - blobs:/var/lib/purser\n', '      - blobs:/var/lib/other\n', 'would lose its blobs'],
  ]
  test.for(inCompose)('%s', async ([, from, to, problem]) => {
    const compose = composeText.replaceAll(from, to)
    expect(compose).not.toBe(composeText)
    expect((await problemsOf({ compose })).join('\n')).toContain(problem)
  })

  const inDockerfile: [string, string, string, string][] = [
    ['a variable that nothing reads', 'PURSER_BLOB_DIR', 'PURSER_BLOBS', 'PURSER_BLOBS'],
    ['a source that is not there', 'COPY migrations', 'COPY migration', 'COPY migration: it is not there'],
    ['a source that is not sent', 'COPY bin', 'COPY docs', '.dockerignore keeps it out'],
    ['a stage that is not there', '--from=bundle', '--from=build', 'no such stage'],
    ['a health page on another port', '8080/livez', '8081/livez', 'probes port 8081'],
    ['root', 'USER node\n', '', 'runs as root'],
  ]
  test.for(inDockerfile)('%s (Dockerfile)', async ([, from, to, problem]) => {
    const docker = dockerfile.replaceAll(from, to)
    expect(docker).not.toBe(dockerfile)
    expect((await problemsOf({ docker })).join('\n')).toContain(problem)
  })
})

/** The script's own SQL, with what psql would put in. */
const initSql = (passwords: Record<string, string>): string =>
  (/<<'SQL'\n([\s\S]*)\nSQL\n/.exec(initScript)?.[1] ?? '').replace(/:'(\w+)'/g, (_, name: string) => `'${passwords[name]}'`)

test('the login that the database script makes can run jobs and look at the ledger, but can write no table and reach nothing else', async () => {
  const folder = await mkdtemp(join(inject('testFolder'), 'compose-'))
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
  const server = await startPostgres({ dataDir: join(folder, 'postgres'), password: 'owner', settings })
  onTestFinished(() => server.stop())
  const owner = postgres(server.url('postgres'), { max: 1, onnotice: () => {} })
  await owner`create database purser`
  for (const statement of initSql({ temporal_password: 'temporal', app_password: 'app' }).split(/;\n?/)) await owner.unsafe(statement)
  await owner.end()
  await migrate({ databaseUrl: server.url('purser'), folder: MIGRATIONS_FOLDER })

  const url = server.url('purser').replace('postgres:owner@', 'purser_login:app@')
  await requireLedger(url, MIGRATIONS_FOLDER)
  const sql = connectSql(url, { max: 1 })
  const ledger = ledgerOver(sql)
  try {
    expect(await ensureAccount(ledger, { id: 'acme', plan: 'free', timeZone: 'UTC' })).toMatchObject({ id: 'acme', made: true })
    expect((await audit(ledger)).violations).toEqual([])
    await expect(sql`update purser.balance set spent = 0`).rejects.toThrow('permission denied')
    await sql`reset role`
    await expect(sql`update purser.balance set spent = 0`).rejects.toThrow('permission denied')
    await expect(sql`create table public.mine (n int)`).rejects.toThrow('permission denied')
    await expect(sql`delete from public.purser_migration`).rejects.toThrow('permission denied')
  } finally {
    await sql.end({ timeout: 1 })
  }
  await expect(requireLedger(url.replace('purser_login:app', 'temporal:temporal'), MIGRATIONS_FOLDER)).rejects.toThrow(/permission denied/)
})
