/** Temporal search attributes of Purser's jobs: registered by `purser setup`. The cost is in nano-EUR. */
export const SEARCH_ATTRIBUTES = {
  PurserAccount: 'KEYWORD',
  PurserPlan: 'KEYWORD',
  PurserFeature: 'KEYWORD',
  PurserCostNanoEur: 'INT',
} as const
