import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { PurserError } from '../domain/errors.ts'
import { countsOf, removedText } from '../domain/prepared-call.ts'
import { EVERY_FEATURE, type FeatureCache } from '../domain/saving-switch.ts'
import { findRequest } from '../insight/requests.ts'
import { listSwitches, setSwitches, switchVersions, type SwitchVersion } from '../ledger/switches.ts'
import { noteAct } from '../ledger/acts.ts'
import { parsed } from '../schema/parsed.ts'
import { text } from '../schema/names.ts'
import { routePolicySchema } from '../schema/route-policy-input.ts'
import { featureCacheSchema, promptRulesSchema, switchFeature } from '../schema/saving-switch-input.ts'
import type { CliContext, Run } from './context.ts'
import { savingsReportCommand } from './savings-report.ts'
import { minute, type Terminal } from './terminal.ts'
import { who } from './who.ts'
import { limitOf, paged, withLedger } from './with-ledger.ts'

/** `purser savings`: what is switched on to spend less, and what it saved. */
export function savingsCommand(context: CliContext, run: Run): Command {
  const command = new Command('savings').description('spending less: what is switched on for which feature, and what it saved')
  for (const sub of [setCommand, switchesCommand, showCommand, callCommand, savingsReportCommand]) command.addCommand(sub(context, run))
  return command
}

const CACHE = 'on, ttl=MINUTES, shared, non-repeatable, cut-short'
const RULES = 'whitespace, filler, repeats, repeats=every_language, history=TOKENS'

function setCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('set')
    .description('switch strategies of a feature on or off; what you leave out stays. New calls see it within seconds')
    .requiredOption('--feature <feature>', `of which calls; "${EVERY_FEATURE}" for every feature, where its own says nothing`)
    .option('--route <file>', 'a route policy as JSON (docs/routing.md); "off"; "default" to say nothing any more')
    .option('--compress <rules>', `any of ${RULES}, with commas between; "off"; "default"`)
    .option('--cache <terms>', `how answers are kept: any of ${CACHE}, with commas between; "off"; "default"`)
    .requiredOption('--why <reason>', 'for who asks later')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<{ feature: string; route?: string; compress?: string; cache?: string; why: string; json?: boolean }>()
      if (o.route === undefined && o.compress === undefined && o.cache === undefined)
        throw new PurserError('bad_input', 'nothing is switched: say --route, --compress or --cache')
      const word = {
        feature: parsed(switchFeature, o.feature, 'feature'),
        why: parsed(text(1000).min(1), o.why, 'reason'),
        who: who(),
        ...(o.route === undefined ? {} : { route: switchOf(o.route) ?? parsed(routePolicySchema, await jsonIn(o.route), 'route policy') }),
        ...(o.compress === undefined
          ? {}
          : { compress: switchOf(o.compress) ?? parsed(promptRulesSchema, rulesOf(o.compress), 'list of rules') }),
        ...(o.cache === undefined
          ? {}
          : { cache: switchOf(o.cache) ?? parsed(featureCacheSchema, cacheTermsOf(o.cache), 'terms of the cache') }),
      }
      // `default` is no value of its own.
      const said = {
        ...word,
        ...(o.route === 'default' ? { route: null } : {}),
        ...(o.compress === 'default' ? { compress: null } : {}),
        ...(o.cache === 'default' ? { cache: null } : {}),
      }
      await withLedger(openLedger(config), async (ledger) => {
        const now = await setSwitches(ledger, said)
        const { feature, route, compress, cache } = now
        if (now.changed)
          await noteAct(ledger, {
            who: word.who,
            act: 'saving_switch.set',
            account: undefined,
            what: { feature, route, compress, cache },
            requestId: undefined,
          })
        if (o.json === true) terminal.print(JSON.stringify(now))
        terminal.done(
          now.changed
            ? `${nameOf(feature)}: route ${termsText(route)}; compress ${termsText(compress)}; cache ${termsText(cache)}`
            : 'it was so before: no effect',
        )
      })
    }),
  )
}

const switchOf = (said: string): false | undefined => (said === 'off' || said === 'default' ? false : undefined)

/** `whitespace,repeats=every_language,history=800` */
function rulesOf(said: string): Record<string, unknown> {
  return Object.fromEntries(
    said.split(',').map((part) => {
      const [name = '', value] = part.trim().split('=')
      if (name === 'history') return ['historyTokensMax', Number(value)]
      if (!['whitespace', 'filler', 'repeats'].includes(name)) throw new PurserError('bad_input', `--compress ${name}: write ${RULES}`)
      return [name, value ?? true]
    }),
  )
}

/** `on`, or `ttl=90,shared` */
function cacheTermsOf(said: string): FeatureCache {
  const terms = said.split(',').flatMap((part): [string, unknown][] => {
    const [name = '', value] = part.trim().split('=')
    if (name === 'ttl') return [['ttlMs', Number(value) * 60_000]]
    if (name === 'shared') return [['shared', true]]
    if (name === 'non-repeatable') return [['nonRepeatable', true]]
    if (name === 'cut-short') return [['cutShort', true]]
    if (name === 'on') return []
    throw new PurserError('bad_input', `--cache ${name}: write ${CACHE}`)
  })
  return Object.fromEntries(terms)
}

/** What a file holds. Throws PurserError `bad_input`. */
export async function jsonIn(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new PurserError('bad_input', `${file} cannot be read as JSON: ${(error as Error).message}`)
  }
}

const nameOf = (feature: string): string => (feature === EVERY_FEATURE ? 'every feature' : feature)
const termsText = (said: object | false | null | undefined): string =>
  said === null || said === undefined ? '–' : said === false ? 'off' : JSON.stringify(said)

function switchesCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = paged(new Command('switches').description('what is switched on, by feature'), 'feature').option(
    '--json',
    'one JSON object per feature',
  )
  return command.action(
    run(async () => {
      const o = command.opts<{ after?: string; limit: string; json?: boolean }>()
      await withLedger(openLedger(config), async (ledger) => {
        const switches = await listSwitches(ledger, { after: o.after ?? '', limit: limitOf(o.limit) })
        show(terminal, switches, o.json, 'no more switches: nothing is saved until somebody switches it on')
      })
    }),
  )
}

function showCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('show')
    .description('what was switched for a feature, the newest first: by whom and why')
    .argument('<feature>', `its name; "${EVERY_FEATURE}" for what holds for every one`)
    .option('--json', 'one JSON object per version')
  return command.action(
    run(async () => {
      const [feature = ''] = command.args
      await withLedger(openLedger(config), async (ledger) => {
        const versions = await switchVersions(ledger, feature)
        show(terminal, versions, command.opts<{ json?: boolean }>().json, `nothing was ever switched for the feature "${feature}"`)
      })
    }),
  )
}

function show(terminal: Terminal, versions: readonly SwitchVersion[], json: boolean | undefined, nothing: string): void {
  if (json === true) for (const one of versions) terminal.print(JSON.stringify(one))
  else if (versions.length === 0) terminal.say(nothing)
  else {
    const rows = versions.map((v) => [v.feature, termsText(v.route), termsText(v.compress), termsText(v.cache), minute(v.at), v.who, v.why])
    terminal.print(terminal.table(['feature', 'route', 'compress', 'cache', 'since', 'by', 'why'], rows, []))
  }
}

const REQUEST = /^(?:rsv_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/

function callCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('call')
    .description('what was decided before a call was sent: the model and why, and every word that was taken out of its prompt')
    .argument('<request>', 'rsv_…')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const [name = ''] = command.args
      const parts = REQUEST.exec(name)
      if (parts === null) throw new PurserError('bad_input', `"${name}" is no request: one is rsv_ and 32 hex digits`)
      await withLedger(openLedger(config), async (ledger) => {
        const found = await findRequest(ledger, parts.slice(1).join('-'))
        if (found === undefined) throw new PurserError('not_found', `there is no request "${name}", or its month is dropped`)
        const { prepared } = found
        if (command.opts<{ json?: boolean }>().json === true) return terminal.print(JSON.stringify(prepared))
        if (prepared === null) return terminal.say('it was sent as it was asked for: nothing was prepared')
        terminal.print(`${prepared.model}, asked for ${prepared.askedModel}; without a route ${prepared.usualModel}`)
        terminal.print(`  ${prepared.code}: ${prepared.reason}`)
        terminal.print(
          prepared.removed.length === 0
            ? '  the prompt was sent as it was written'
            : `  not sent, in tokens: ${removedText(countsOf(prepared.removed))}`,
        )
        for (const { rule, message, texts } of prepared.removed)
          for (const one of texts) terminal.print(`  ${rule} in message ${message}: ${JSON.stringify(one)}`)
      })
    }),
  )
}
