/** The FOCUS export, judged by the public validator of the FinOps Foundation (https://pypi.org/project/focus-validator), by the rules that it brings along. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { monthOf, monthsLater } from '../../src/domain/period.ts'
import { focusCsv } from '../../src/insight/focus.ts'
import { chargesIn } from '../insight/charges.ts'
import { openTestLedger } from '../support/ledger.ts'
import { environmentOf, pythonSince } from './python.ts'

const VERSION = '2.2.1'
/** What a reseller of model calls supports; the rest of FOCUS is of clouds. */
const SUPPORTED = [
  'ACCOUNT_NAMING_SUPPORTED',
  'NEGOTIATED_PRICING_SUPPORTED',
  'MULTIPLE_PRICING_CATEGORIES_SUPPORTED',
  'PRICING_BILLING_CURRENCY_DIFFERENCES_SUPPORTED',
  'PUBLIC_PRICE_LIST_SUPPORTED',
  'SUB_ACCOUNT_SUPPORTED',
  'TAGGING_SUPPORTED',
  'UNIT_PRICING_SUPPORTED',
  'USAGE_MEASUREMENT_SUPPORTED',
]

const t = await openTestLedger()
const folder = await mkdtemp(join(tmpdir(), 'purser-focus-'))
afterAll(async () => {
  await t.drop()
  await rm(folder, { recursive: true, force: true })
})

const python = pythonSince(12)
if (python === undefined) console.log('  skipped: focus-validator needs Python 3.12 or newer, which is not here (PURSER_PYTHON names one)')

/** Which of its rules a file breaks. It knows its currencies by a path relative to where it is installed. */
function brokenBy(bin: string, file: string): { readonly broken: readonly string[]; readonly held: number; readonly said: string } {
  const home = spawnSync(join(bin, 'python'), ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], { encoding: 'utf8' })
  const args = ['--data-file', file, '--validate-version', '1.2', '--block-download', '--applicability-criteria', SUPPORTED.join(',')]
  const { stdout, stderr } = spawnSync(join(bin, 'focus-validator'), args, { encoding: 'utf8', cwd: home.stdout.trim(), timeout: 150_000 })
  const said = `${stdout}${stderr}`
  return {
    said,
    broken: [...said.matchAll(/^❌ (\S+): FAIL/gm)].map(([, rule]) => rule ?? ''),
    held: Number(/\| Pass: (\d+) \|/.exec(said)?.[1] ?? 0),
  }
}

/** Two months of all that the ledger books, as one file. */
async function exported(): Promise<string> {
  await chargesIn(t, 5)
  const thisMonth = monthOf(new Date(), 'UTC')
  const months = [monthsLater(thisMonth, -1), thisMonth].map(async (month) => {
    let csv = ''
    for await (const piece of focusCsv(t.ledger, { month, timeZone: 'UTC', filter: {} })) csv += piece
    return csv
  })
  const [first = '', second = ''] = await Promise.all(months)
  return first + second.slice(second.indexOf('\r\n') + 2)
}

test.runIf(python !== undefined)(
  'the public validator finds nothing wrong with what the ledger has booked, and something where it is made wrong',
  { timeout: 600_000 },
  async () => {
    // Its numpy is older than what new pyarrows are built for.
    const packages = [`focus-validator==${VERSION}`, 'pyarrow<22']
    const bin = await environmentOf({ name: `focus-validator-${VERSION}`, python: python ?? '', packages })
    const csv = await exported()
    expect(csv).toContain(',Correction,')
    expect(csv).toContain(',Adjustment,')
    const [file, wrong] = [join(folder, 'focus.csv'), join(folder, 'wrong.csv')]
    await writeFile(file, csv)
    const right = brokenBy(bin, file)
    console.log(`  focus-validator ${VERSION}: ${right.held} rules hold, not: ${right.broken.join(', ')}`)
    // Of this rule and InvoiceId-C-004-C, which contradict each other without their conditions, one is always broken.
    expect({ broken: right.broken, said: right.held > 250 ? '' : right.said }).toEqual({ broken: ['InvoiceId-C-005-C'], said: '' })
    await writeFile(wrong, csv.replaceAll(',EUR,', ',Euro,'))
    expect(brokenBy(bin, wrong).broken).toEqual(expect.arrayContaining(['BillingCurrency-C-006-M']))
  },
)
