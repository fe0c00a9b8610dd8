import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { EXIT, type CliContext, type Run } from './context.ts'
import { stayUp, stopSaying } from './dev.ts'
import type { DemoOptions } from './play-demo.ts'
import { readBrief } from './read-brief.ts'
import { companyOptionsOf, seedCompany } from './seed-company.ts'
import { stopAsked } from './stop-asked.ts'

const SAMPLE_BRIEF = fileURLToPath(new URL('../../examples/briefs/optics-founder.json', import.meta.url))

interface Options extends DemoOptions {
  readonly brief: string
  readonly json?: boolean
  readonly seedCompany?: boolean
  readonly seed: string
  readonly scale: string
}

export function demoCommand(context: CliContext, run: Run): Command {
  const command = new Command('demo')
    .description('start everything and make a banner: one account pays, another is refused; then stay up')
    .option('--once', 'stop everything at the end')
    .option('--live', 'use the real provider (GEMINI_API_KEY); the bound is printed before anything is sent')
    .option('--brief <file>', 'another brief, like those in examples/briefs', SAMPLE_BRIEF)
    .option('--model <id>', 'an image model that has a price')
    .option(
      '--seed-company',
      'instead: book thirteen months of a made-up company, to look around in; into what `purser dev` shows, or DATABASE_URL. Refused where others have books; again: books only what is missing',
    )
    .addOption(new Option('--seed <n>', 'with --seed-company: another company for another number').default('1'))
    .addOption(new Option('--scale <percent>', 'with --seed-company: a smaller one, or up to twice as large').default('100'))
    .option('--exact', 'all nine digits of an amount')
    .option('--json', 'one JSON object as the last line of stdout')
  return command.action(
    run(() => {
      const options = command.opts<Options>()
      const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli'
      const strange = (options.seedCompany === true ? ['live', 'brief', 'model'] : ['seed', 'scale']).filter(isGiven)
      if (strange.length > 0)
        throw new PurserError(
          'bad_input',
          `--${strange.join(', --')} says nothing ${options.seedCompany === true ? 'with' : 'without'} --seed-company`,
        )
      return options.seedCompany === true ? seedCompany(context, companyOptionsOf(options), options) : demo(context, options)
    }),
  )
}

async function demo(context: CliContext, { brief: file, once = false, json = false, ...options }: Options): Promise<number> {
  const { config, terminal } = context
  const brief = await readBrief(file)
  const stop = stopAsked(terminal)
  const [{ startDev }, { playDemo }] = await Promise.all([import('./start-dev.ts'), import('./play-demo.ts')])
  const dev = await startDev(config, terminal, { live: options.live ?? false, stop })
  if (dev === undefined) return EXIT.interrupted
  try {
    const played = await Promise.race([playDemo(context, dev, { ...options, once }, brief), stop.asked])
    if (played === undefined) return EXIT.interrupted
    if (json) terminal.print(JSON.stringify(played))
    if (!once && !dev.reused) {
      terminal.say('\n  Everything stays up. Ctrl-C stops it.')
      await stayUp(dev, stop)
    }
    return played.audit.violations === 0 ? EXIT.done : EXIT.failed
  } finally {
    await stopSaying(dev, terminal)
  }
}
