import { z } from 'zod'
import { PurserError } from '../domain/errors.ts'
import { REQUEST_TIMEOUT_MS } from '../domain/model-request.ts'
import { isTimeZone } from '../domain/period.ts'

/** Where the API listens when nobody asks for a port. */
export const USUAL_HTTP_PORT = 8080

const port = z.coerce.number('write a port from 1 to 65535').int().min(1).max(65_535)
const optional = z.string().trim().min(1).optional()

/** Every environment variable that Purser reads, with its default (and PURSER_CACHE_DIR: where the Temporal program is kept, default ~/.cache/purser). Temporal's own (TEMPORAL_*) are read by @temporalio/envconfig. */
const schema = z.object({
  /** Where run-time data is kept: embedded servers, blobs, logs. */
  PURSER_HOME: z.string().default('.purser'),
  /** A Postgres of one's own; without it `dev` and `demo` start one. */
  DATABASE_URL: optional,
  /** The provider's key. With the emulator, none is needed. */
  GEMINI_API_KEY: optional,
  /** Another address of the provider: the emulator's, or a proxy's. */
  PURSER_GEMINI_BASE_URL: z
    .url({ protocol: /^https?$/, error: 'write an address like https://proxy.example' })
    // Node's fetch sends nothing to such an address, and says so only when a job has reserved its money.
    .refine((url) => !/^\w+:\/\/[^/]*@/.test(url), 'must not hold a user name or a password')
    .optional(),
  /** The image model of banners that name none. It must have a price. */
  PURSER_MODEL: z.string().default('gemini-2.5-flash-image'),
  /** Where the day's euro rate is read: the European Central Bank's page, or one of the same form. Empty: nowhere, rates are set by hand. */
  PURSER_RATES_URL: z
    .union([z.literal(''), z.url({ protocol: /^https?$/ })], 'write an address like https://rates.example/daily.xml, or nothing')
    .default('https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml'),
  PURSER_TASK_QUEUE: z.string().default('purser'),
  /** Months of accounts that name no time zone begin there. */
  PURSER_TIME_ZONE: z.string().refine(isTimeZone, 'write a time zone like Europe/Berlin').default('UTC'),
  /** Our own limit for one provider request, in milliseconds; below the provider's ten minutes. */
  PURSER_REQUEST_TIMEOUT_MS: z.coerce
    .number('write milliseconds from 1000 to 540000')
    .int()
    .min(1_000)
    .max(540_000)
    .default(REQUEST_TIMEOUT_MS),
  /** Where pictures and receipts go. Default: `blobs` in PURSER_HOME. */
  PURSER_BLOB_DIR: optional,
  PURSER_HTTP_HOST: z.string().default('127.0.0.1'),
  /** Where the API listens. Default: USUAL_HTTP_PORT; only `purser dev` then takes another one that is free. */
  PURSER_HTTP_PORT: port.optional(),
  /** So many requests a minute may come with one API key, in each process of the server. */
  PURSER_HTTP_REQUESTS_PER_MINUTE: z.coerce.number('write a whole number above zero').int().min(1).max(10_000_000).default(6_000),
  /** Where `purser estimate|reserve|settle|release` reach the API, and their key. */
  PURSER_URL: z
    .url({ protocol: /^https?$/, error: 'write an address like https://purser.example' })
    .default(`http://127.0.0.1:${USUAL_HTTP_PORT}`),
  PURSER_KEY: optional,
  /** Where the worker answers `/livez` and `/readyz`, on PURSER_HTTP_HOST; without it the worker listens nowhere. */
  PURSER_WORKER_HEALTH_PORT: port.optional(),
  /** A prebuilt workflow bundle (`npm run build:workflows`); without it the worker bundles the sources at its start. */
  PURSER_WORKFLOW_BUNDLE: optional,
  PURSER_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** How mail is sent: `smtps://user:password@mail.example:465`, and from whom. Without them no notice goes by mail. */
  PURSER_SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'write an address like smtps://user:password@mail.example:465' }).optional(),
  PURSER_MAIL_FROM: optional,
  /** `true`: notices may go to private addresses too, there also over plain HTTP: in development, or inside one's own network. */
  PURSER_DELIVER_TO_PRIVATE: z
    .enum(['true', 'false'], 'write true or false')
    .default('false')
    .transform((text) => text === 'true'),
  /** Ports for the embedded Temporal server and its UI; without them 7233 and 8233 if they are free. */
  PURSER_TEMPORAL_PORT: port.optional(),
  PURSER_TEMPORAL_UI_PORT: port.optional(),
  /** Where people look at jobs, when Temporal is not the embedded one: the API's `links.temporal_ui` lead there. Without it there are none. */
  PURSER_TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'write an address like https://temporal.example' }).optional(),
})

export type Config = z.output<typeof schema>
export const CONFIG_VARIABLES = Object.keys(schema.shape)

/** Reads the environment. Throws PurserError `bad_input` with one line per wrong variable. Empty variables count as absent, but for those that say something by it. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => value !== undefined && (value !== '' || name === 'PURSER_RATES_URL')),
  )
  const result = schema.safeParse(given)
  if (result.success && (result.data.PURSER_SMTP_URL === undefined) === (result.data.PURSER_MAIL_FROM === undefined)) return result.data
  const problems = result.success
    ? ['PURSER_SMTP_URL and PURSER_MAIL_FROM: set both, or neither']
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new PurserError('bad_input', `the environment is wrong:\n  ${problems.join('\n  ')}`, { problems })
}
