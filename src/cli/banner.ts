import { randomUUID } from 'node:crypto'
import { Command, Option } from 'commander'
import { exactEur, ofMoney } from '../domain/money.ts'
import { remedyText } from '../domain/refusal.ts'
import type { BannerInput } from '../client.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { readBrief } from './read-brief.ts'
import { follow, requirePlace, writePicture } from './show-banner.ts'

interface Options {
  account: string
  brief: string
  out: string
  job?: string
  variants: string
  model?: string
  onRefused?: 'fail' | 'wait' | 'fit'
  ledgerMode: 'local' | 'activity'
  user?: string
  team?: string
  project?: string
  feature?: string
  environment?: string
  exact?: boolean
  json?: boolean
}

export function bannerCommand(context: CliContext, run: Run): Command {
  const command = new Command('banner')
    .description('make a LinkedIn banner (1584×396) for an account, inside its budget')
    .requiredOption('--account <id>', 'who pays')
    .requiredOption('--brief <file>', 'what is wanted: a JSON file like examples/briefs/*.json')
    .option('--out <file>', 'where the picture goes; variants 2 to 4 get -2, -3, -4', 'banner.png')
    .option('--job <id>', 'the job id: the same id again gives the same banner, and costs nothing (a failed job needs a new id)')
    .addOption(new Option('--variants <n>', 'one to four pictures, each a call of its own').choices(['1', '2', '3', '4']).default('1'))
    .option('--model <id>', 'an image model that has a price')
    .addOption(
      new Option('--on-refused <what>', 'when the budget cannot pay: end, wait for money, or ask for less output').choices([
        'fail',
        'wait',
        'fit',
      ]),
    )
    .addOption(
      new Option('--ledger-mode <mode>', 'how the reservation shows in Temporal UI').choices(['local', 'activity']).default('activity'),
    )
    .option('--user <name>', 'for whom: kept with every call, and what a budget may be for')
    .option('--team <name>', 'the same, for a team')
    .option('--project <name>', 'the same, for a project')
    .option('--feature <name>', 'the same, for a feature (default: "banner")')
    .option('--environment <name>', 'the same, for an environment, such as production')
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object on stdout')
  return command.action(run(() => makeBanner(context, command.opts<Options>())))
}

async function makeBanner({ config, terminal, openPurser }: CliContext, options: Options): Promise<number> {
  const input = inputOf(options, await readBrief(options.brief))
  for (let variant = 1; variant <= Number(options.variants); variant += 1) await requirePlace(numbered(options.out, variant))
  const jobId = options.job ?? `banner-${randomUUID()}`
  const { purser, blobs, close } = await openPurser(config)
  try {
    const job = await purser.banner.start({ jobId, ...input })
    const { state } = await job.status()
    terminal.say(`  job ${job.workflowId}${state === 'running' ? '' : ` was run before (${state}): nothing is paid again`}`)
    const result = state === 'running' ? await follow(job, terminal, options.exact ?? false) : await job.result()
    const again = `free some space and run the same command with --job ${jobId}`
    const paths: string[] = []
    for (const made of result.banners) paths.push(await writePicture(blobs, made.blob.ref, numbered(options.out, made.variant), again))
    for (const refused of result.refused) {
      terminal.say(`  banner ${refused.variant} refused by budget "${refused.budget.name}": ${refused.remedies.map(remedyText).join('; ')}`)
    }
    for (const failed of result.failed) terminal.say(`  banner ${failed.variant} failed: ${failed.message} [${failed.code}]`)
    if (options.json === true) terminal.print(JSON.stringify({ job: jobId, ...summary(paths, result) }))
    else for (const path of paths) terminal.print(path)
    return EXIT.done
  } finally {
    await close()
  }
}

function summary(paths: string[], result: Awaited<ReturnType<typeof follow>>): Record<string, unknown> {
  return {
    banners: result.banners.map(({ variant, blob, cost, reserved, requests }, i) => ({
      variant,
      path: paths[i],
      width: blob.width,
      height: blob.height,
      sha256: blob.sha256,
      costEur: exactEur(ofMoney(cost)),
      reservedEur: exactEur(ofMoney(reserved)),
      requests,
    })),
    refused: result.refused.length,
    failed: result.failed,
    costEur: exactEur(ofMoney(result.cost)),
    ...(result.budgetLeft === undefined ? {} : { leftEur: exactEur(ofMoney(result.budgetLeft)) }),
  }
}

function inputOf(options: Options, brief: BannerInput['brief']): BannerInput {
  const { account, variants, ledgerMode } = options
  const chosen = {
    model: options.model,
    onRefused: options.onRefused,
    user: options.user,
    team: options.team,
    project: options.project,
    feature: options.feature,
    environment: options.environment,
  }
  const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined))
  return { account, brief, variants: Number(variants), ledgerMode, ...given }
}

/** banner.png, banner-2.png, …: by variant, so that a refused one leaves a gap and no picture has another's name. */
const numbered = (out: string, variant: number): string => (variant === 1 ? out : out.replace(/(\.[^./]*)?$/, `-${variant}$1`))
