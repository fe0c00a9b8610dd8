/** What an API key may do. `admin`: everything, and the administration of keys. The same words stand in the ledger (purser.api_key). */
export const API_SCOPES = [
  'track:write',
  'reservations:write',
  'budgets:read',
  'budgets:write',
  'reports:read',
  'jobs:write',
  'admin',
] as const
export type ApiScope = (typeof API_SCOPES)[number]

/** Whether scopes that were granted let somebody do what needs this one: who may write budgets may read them. */
export const allows = (granted: readonly ApiScope[], needed: ApiScope): boolean =>
  granted.includes('admin') || granted.includes(needed) || (needed === 'budgets:read' && granted.includes('budgets:write'))
