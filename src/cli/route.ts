import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { z } from 'zod'
import { questionOf } from '../calls/prepare.ts'
import { ABILITIES } from '../domain/ability.ts'
import { COMPLEXITIES } from '../domain/complexity.ts'
import { PurserError } from '../domain/errors.ts'
import type { ModelRequest, Words } from '../domain/model-request.ts'
import { shortMoney } from '../domain/money.ts'
import { AUTO } from '../domain/prepared-call.ts'
import type { RoutePolicy } from '../domain/route-policy.ts'
import { chooseModel, type Route } from '../domain/route.ts'
import { switchesFor } from '../domain/saving-switch.ts'
import { switchesOf } from '../ledger/switches.ts'
import { candidateBook, candidatesFor } from '../prices/candidates.ts'
import { messagesSchema } from '../schema/ask-input.ts'
import { parsed } from '../schema/parsed.ts'
import { routePolicySchema } from '../schema/route-policy-input.ts'
import type { CliContext, Run } from './context.ts'
import { jsonIn } from './savings.ts'
import type { Terminal } from './terminal.ts'
import { amountOf, withLedger } from './with-ledger.ts'

/** `purser route`: which model answers. */
export function routeCommand(context: CliContext, run: Run): Command {
  const command = new Command('route').description('which model answers, and why')
  command.addCommand(explainCommand(context, run))
  return command
}

interface Options {
  feature?: string
  provider: string
  model: string
  promptFile?: string
  messagesFile?: string
  policy?: string
  remaining?: string
  maxOutputTokens: string
  image?: boolean
  complexity?: string
  needs?: string
  json?: boolean
}

/** The keys are the command's options: an error names what was typed. */
const taskSchema = z.object({
  maxOutputTokens: z.coerce.number('write a whole number').int('write a whole number').min(1).max(100_000_000),
  complexity: z.enum(COMPLEXITIES, `a complexity is ${COMPLEXITIES.join(', ')}`).optional(),
  needs: z.array(z.enum(ABILITIES, `an ability is one of ${ABILITIES.join(', ')}`)).optional(),
})

function explainCommand({ config, terminal, openLedger }: CliContext, run: Run): Command {
  const command = new Command('explain')
    .description('every model that could answer a prompt or a conversation, and why it is chosen or not; sends nothing')
    .option('--feature <feature>', 'whose policy holds (default: that of every feature)')
    .option('--provider <provider>', 'whose models', 'gemini')
    .option('--model <model>', 'what the call asks for', AUTO)
    .option('--prompt-file <file>', 'the prompt')
    .option('--messages-file <file>', 'or a conversation: a JSON list of messages with role and text')
    .option('--policy <file>', 'try this policy instead of the one that is switched on')
    .option('--remaining <eur>', 'what the tightest budget has left (default: no budget)')
    .option('--max-output-tokens <n>', 'of the answer', '1000')
    .option('--image', 'the answer is a picture')
    .option('--complexity <complexity>', `${COMPLEXITIES.join(', ')} (default: judged)`)
    .option('--needs <abilities>', 'what the model must be able to do besides, with commas between')
    .option('--json', 'one JSON object')
  return command.action(
    run(async () => {
      const o = command.opts<Options>()
      const task = parsed(taskSchema, { maxOutputTokens: o.maxOutputTokens, complexity: o.complexity, needs: o.needs?.split(',') }, 'call')
      const request: ModelRequest = {
        provider: o.provider,
        model: o.model,
        endpoint: 'generateContent',
        tier: 'standard',
        ...(await wordsIn(o)),
        output: o.image === true ? { kind: 'image', aspectRatio: '1:1' } : { kind: 'text' },
        maxOutputTokens: task.maxOutputTokens,
      }
      const remaining = o.remaining === undefined ? undefined : amountOf(o.remaining)
      const given = o.policy === undefined ? undefined : parsed(routePolicySchema, await jsonIn(o.policy), 'route policy')
      await withLedger(openLedger(config), async (ledger) => {
        const { all, own } = await switchesOf(ledger, o.feature)
        const switched = switchesFor(all, own).route
        const policy = given ?? switched
        const providers = [...new Set([o.provider, ...(policy?.providers ?? [])])]
        const candidates = candidatesFor(await candidateBook(ledger, { providers, tier: request.tier }), request)
        const route = chooseModel({ ...questionOf({ request, ...task }), remaining }, candidates, policy)
        if (o.json === true) return terminal.print(JSON.stringify({ policy: policy ?? null, ...route }))
        show(terminal, route, { policy, isTried: given !== undefined, asked: o.model })
      })
    }),
  )
}

async function wordsIn({ promptFile, messagesFile }: Options): Promise<Words> {
  if ((promptFile === undefined) === (messagesFile === undefined))
    throw new PurserError('bad_input', 'name either --prompt-file or --messages-file')
  if (promptFile !== undefined) return { prompt: await promptIn(promptFile) }
  return { messages: parsed(messagesSchema, await jsonIn(messagesFile ?? ''), 'conversation') }
}

async function promptIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new PurserError('bad_input', `${file} cannot be read: ${(error as Error).message}`)
  }
}

interface About {
  readonly policy: RoutePolicy | undefined
  readonly isTried: boolean
  readonly asked: string
}

function show(terminal: Terminal, route: Route, { policy, isTried, asked }: About): void {
  const judged = route.judgement?.fired.map(({ rule, points, found }) => `${rule} ${points > 0 ? '+' : ''}${points} (${found})`).join('; ')
  terminal.say(`a ${route.complexity} task${judged === undefined ? ', as it is said' : `: ${judged === '' ? 'no rule fired' : judged}`}`)
  if (policy === undefined)
    terminal.say(
      `routing is off for this feature: a call gets ${asked === AUTO ? 'the model for a standard task' : asked}; switched on, without a policy, it would be so:`,
    )
  else if (isTried) terminal.say('by the policy that you gave; what is switched on stays')
  const rows = route.considered.map(({ provider, model, size, worstCost, verdict }) => [
    `${provider}/${model}`,
    size ?? '',
    worstCost === undefined ? '–' : shortMoney(worstCost),
    verdict.code,
    verdict.text,
  ])
  terminal.print(terminal.table(['model', 'size', 'at most', 'verdict', 'why'], rows, [2]))
  if (route.kind === 'chosen') terminal.done(`${route.model}: ${route.reason.text}`)
  else terminal.fail(route.reason.text)
}
