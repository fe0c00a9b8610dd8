/**
 * Makes the pictures of the README and the docs: a real banner, its job in Temporal UI, and a job whose worker was killed twice. Needs Chromium (CHROMIUM_PATH, default /usr/bin/chromium),
 * which users never install. `npm run screenshots`
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Page } from 'playwright-core'
import sharp from 'sharp'
import { readDevFile, type DevFile } from '../src/platform/embedded/dev-file.ts'
import { killedTwice } from './killed-twice.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const images = join(root, 'docs/images')
const purser = join(root, 'bin/purser.js')
const READY_LIMIT_MS = 120_000

const home = await mkdtemp(join(tmpdir(), 'purser-screenshots-'))
const env = { ...process.env, PURSER_HOME: home }
const server = spawn(process.execPath, [purser, 'dev'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
try {
  await ready()
  console.log('Purser is up; making a banner')
  const { stdout } = await run(process.execPath, [purser, 'demo', '--json'], { env })
  const demo = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { banner: { path: string }; job: { workflowId: string } }
  await sharp(demo.banner.path)
    .resize({ width: 1188 })
    .png({ compressionLevel: 9, palette: true, quality: 90 })
    .toFile(join(images, 'banner.png'))
  const dev = await readDevFile(home)
  if (dev === undefined) throw new Error('purser dev has gone')
  await photographJob(dev, demo.job.workflowId, join(images, 'temporal-job.png'))
  await photographJob(dev, await killedTwice(home, dev), join(images, 'temporal-job-killed-twice.png'))
} finally {
  server.kill('SIGINT')
  if (server.exitCode === null) await once(server, 'exit')
  await rm(home, { recursive: true, force: true })
}

/** Waits for the line that says that everything is up. */
async function ready(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error('purser dev was not ready in time')), READY_LIMIT_MS)
  let output = ''
  server.stderr.on('data', (chunk) => {
    output += String(chunk)
    if (output.includes('Ctrl-C stops everything')) resolve()
  })
  server.once('exit', (code) => reject(new Error(`purser dev ended (${code}): ${output}`)))
  await promise.finally(() => clearTimeout(timer))
}

async function photographJob({ temporalUiUrl }: DevFile, workflowId: string, file: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1480, height: 1040 }, colorScheme: 'light' })
    await page.goto(`${temporalUiUrl}/namespaces/default/workflows/${workflowId}`, { waitUntil: 'networkidle' })
    await settled(page)
    await page.screenshot({ path: file })
    console.log(`wrote ${file}`)
  } finally {
    await browser.close()
  }
}

/** The timeline is drawn after the data has come. */
async function settled(page: Page): Promise<void> {
  await page.getByText('Event History').first().waitFor({ timeout: 20_000 })
  await page.waitForTimeout(1_500)
}
