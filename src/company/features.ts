/** What the company's product does with models. */
import type { Unit } from '../domain/usage.ts'

/** From mostly to at most. */
type Range = readonly [number, number]

export interface FeatureModel {
  readonly provider: string
  readonly model: string
  readonly tier: string
  readonly weight: number
  /** What a call uses. What comes out is missing where it failed. */
  readonly uses: readonly (readonly [Unit, Range])[]
}

export interface Feature {
  readonly name: string
  readonly team: string
  readonly project: string
  /** Of a hundred usages. */
  readonly share: number
  /** Only the company itself uses it. */
  readonly isOwn?: boolean
  /** Of a working day's, on a day of a weekend. */
  readonly weekend: number
  /** By hour of the day. */
  readonly hours: readonly number[]
  /** By month, where it is not 1. */
  readonly season: Readonly<Record<string, number>>
  readonly models: readonly FeatureModel[]
}

/** A model that the company runs itself: no list has it, and its price falls each June. */
export const OWN_MODEL = { provider: 'example', model: 'house-chat' } as const

const standard = { tier: 'standard' } as const
const GEMINI = { provider: 'gemini', ...standard } as const

const OFFICE = [0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 12, 10, 7, 10, 11, 10, 8, 5, 2, 1, 1, 0, 0, 0]
const ALL_DAY = [2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 10, 9, 9, 10, 10, 9, 8, 8, 9, 9, 7, 5, 3]
const NIGHT = [0, 6, 20, 14, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
const QUARTER_ENDS = { '03': 1.5, '06': 1.5, '09': 1.5, '12': 1.7 }
const AUTUMN_CAMPAIGNS = { '10': 1.3, '11': 1.8, '12': 1.6, '01': 0.7 }

export const FEATURES: readonly Feature[] = [
  {
    name: 'support-chat',
    team: 'support',
    project: 'helpdesk',
    share: 34,
    weekend: 0.55,
    hours: ALL_DAY,
    season: { '12': 1.3 },
    models: [
      { ...GEMINI, model: 'gemini-2.5-flash', weight: 50, uses: chat([700, 6_000], [120, 900], [300, 4_000]) },
      { provider: 'openai', model: 'gpt-5-mini', ...standard, weight: 22, uses: chat([600, 5_000], [150, 900], [300, 4_000]) },
      { ...OWN_MODEL, ...standard, weight: 28, uses: chat([500, 4_000], [100, 700]) },
    ],
  },
  {
    name: 'document-search',
    team: 'search',
    project: 'knowledge-base',
    share: 25,
    weekend: 0.35,
    hours: ALL_DAY,
    season: {},
    models: [
      { provider: 'openai', model: 'text-embedding-3-small', ...standard, weight: 60, uses: [['input_embedding_tokens', [400, 8_000]]] },
      { ...GEMINI, model: 'gemini-2.5-flash', weight: 40, uses: chat([2_000, 20_000], [80, 500]) },
    ],
  },
  {
    name: 'code-review',
    team: 'platform',
    project: 'developer-tools',
    share: 11,
    weekend: 0.05,
    hours: OFFICE,
    season: {},
    isOwn: true,
    models: [
      {
        provider: 'anthropic',
        model: 'claude-sonnet-4-5',
        ...standard,
        weight: 60,
        uses: [['input_cache_write_5m_tokens', [500, 4_000]], ...chat([3_000, 40_000], [300, 2_500], [2_000, 30_000])],
      },
      { provider: 'anthropic', model: 'claude-haiku-4-5', ...standard, weight: 40, uses: chat([2_000, 20_000], [150, 1_200]) },
    ],
  },
  {
    name: 'contract-summary',
    team: 'legal',
    project: 'contracts',
    share: 8,
    weekend: 0.05,
    hours: OFFICE,
    season: QUARTER_ENDS,
    models: [
      {
        ...GEMINI,
        model: 'gemini-2.5-pro',
        weight: 100,
        uses: [...chat([12_000, 320_000], [600, 3_000]), ['output_thought_tokens', [400, 4_000]]],
      },
    ],
  },
  {
    name: 'banner-maker',
    team: 'marketing',
    project: 'campaigns',
    share: 6,
    weekend: 0.15,
    hours: OFFICE,
    season: AUTUMN_CAMPAIGNS,
    models: [
      {
        ...GEMINI,
        model: 'gemini-2.5-flash-image',
        weight: 100,
        uses: [
          ['input_text_tokens', [150, 900]],
          ['output_image_tokens', [1_290, 1_290]],
        ],
      },
    ],
  },
  {
    name: 'nightly-digest',
    team: 'growth',
    project: 'newsletter',
    share: 16,
    weekend: 1,
    hours: NIGHT,
    season: {},
    models: [{ ...GEMINI, model: 'gemini-2.5-flash', tier: 'batch', weight: 100, uses: chat([3_000, 24_000], [200, 1_000]) }],
  },
]

function chat(input: Range, output: Range, cached?: Range): FeatureModel['uses'] {
  return [
    ['input_text_tokens', input],
    ...(cached === undefined ? [] : ([['input_cached_tokens', cached]] as const)),
    ['output_text_tokens', output],
  ]
}
