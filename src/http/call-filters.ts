import { accountId, label } from '../schema/names.ts'

const value = label.optional()

/** Which calls: scope values that they must have, as query parameters. */
export const callFilters = {
  account: accountId.optional(),
  user: value,
  team: value,
  project: value,
  feature: value,
  environment: value,
  provider: value,
  model: value,
  endpoint: value,
}

/** Those that were named. */
export const named = (terms: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(terms).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])))
