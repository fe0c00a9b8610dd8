import { z } from '@hono/zod-openapi'
import { listSwitches, setSwitches, switchVersions, type SwitchVersion } from '../ledger/switches.ts'
import { text } from '../schema/names.ts'
import { switchFeature } from '../schema/saving-switch-input.ts'
import { note, requireSay } from './administration.ts'
import { endpoint } from './endpoint.ts'
import { listSchema, page, pageQuery } from './list.ts'
import { Problem } from './problem.ts'
import { cacheBody, cacheInput, compressBody, compressInput, routeBody, routeInput } from './switch-terms.ts'

const ALL = '`*`: every feature, where its own says nothing'
const terms = (description: string) =>
  z
    .union([z.record(z.string(), z.unknown()), z.literal(false)])
    .nullable()
    .openapi({ description: `${description}. \`false\`: off; null: nothing is said` })

const switchSchema = z
  .object({
    feature: z.string().openapi({ description: ALL, example: 'chat' }),
    version: z.string(),
    route: terms('How its models are chosen'),
    compress: terms('What is taken out of its prompts'),
    cache: terms('How its answers are kept'),
    at: z.iso.datetime({ offset: true }),
    who: z.string(),
    why: z.string(),
  })
  .openapi('SavingSwitch')

const switchBody = ({ feature, version, route, compress, cache, at, who, why }: SwitchVersion): z.input<typeof switchSchema> => ({
  feature,
  version,
  route: routeBody(route),
  compress: compressBody(compress),
  cache: cacheBody(cache),
  at,
  who,
  why,
})

const list = endpoint({
  method: 'get',
  path: '/v1/saving-switches',
  name: 'listSavingSwitches',
  resource: 'savings',
  summary: 'Which strategies are switched on, by feature',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  query: z.strictObject(pageQuery),
  answers: { 200: { what: 'A page of features', schema: listSchema(switchSchema, 'SavingSwitch') } },
  async run(access, { query }) {
    const { ledger } = access.everywhere()
    const switches = await page(
      access,
      query,
      '',
      (after, limit) => listSwitches(ledger, { after, limit }),
      ({ feature }) => feature,
    )
    return { status: 200, body: { ...switches, data: switches.data.map(switchBody) } }
  },
})

const show = endpoint({
  method: 'get',
  path: '/v1/saving-switches/{id}',
  name: 'getSavingSwitch',
  resource: 'savings',
  summary: 'What is switched on for a feature, and what was before',
  description: 'Needs a key that is bound to no account.',
  scope: 'admin',
  params: z.object({ id: switchFeature.clone() }),
  answers: {
    200: {
      what: 'The switches and their hundred newest versions',
      schema: switchSchema.extend({ versions: z.array(switchSchema) }).openapi('SavingSwitchHistory'),
    },
  },
  async run(access, { params }) {
    const versions = (await switchVersions(access.everywhere().ledger, params.id)).map(switchBody)
    const [now] = versions
    if (now === undefined) throw new Problem('not_found', `nothing was ever switched for the feature "${params.id}"`)
    return { status: 200, body: { ...now, versions } }
  },
})

const said = <T extends z.ZodType>(schema: T, description: string) =>
  z
    .union([schema, z.literal(false)])
    .nullable()
    .optional()
    .openapi({ description })

const set = endpoint({
  method: 'post',
  path: '/v1/saving-switches',
  name: 'setSavingSwitch',
  resource: 'savings',
  summary: 'Switch strategies of a feature on or off',
  description:
    'What is left out stays; `false` switches off, null takes back what was said, so that `*` holds. Calls that were prepared stay as they are; new ones see it within seconds. The same again: no effect. Needs a key that is bound to no account.',
  scope: 'admin',
  body: z.strictObject({
    feature: switchFeature.clone().openapi({ description: ALL, example: 'chat' }),
    route: said(routeInput, 'A policy as in docs/routing.md'),
    compress: said(compressInput, 'Rules as in docs/prompt-rules.md'),
    cache: said(cacheInput, 'How its answers are kept, as in docs/cache.md; `{}`: for an hour, of each account by itself'),
    why: text(1000).min(1),
  }),
  answers: { 200: { what: 'The switches as they are now', schema: switchSchema } },
  async run(access, { body }) {
    requireSay(access, undefined)
    return access.once(undefined, async (reach) => {
      const { feature, route, compress, cache, why } = body
      const now = await setSwitches(reach.ledger, {
        feature,
        ...(route === undefined ? {} : { route }),
        ...(compress === undefined ? {} : { compress }),
        ...(cache === undefined ? {} : { cache }),
        who: access.who,
        why,
      })
      if (now.changed) await note(access, reach, 'saving_switch.set', undefined, switchBody(now))
      return { status: 200, body: switchBody(now) }
    })
  },
})

export const SAVING_SWITCHES = [list, show, set]
