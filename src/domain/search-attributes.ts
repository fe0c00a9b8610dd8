/** Temporal search attributes of Purser's jobs, in the form of Temporal's own typed keys: registered by `purser setup`. */
export const SEARCH_ATTRIBUTES = {
  account: { name: 'PurserAccount', type: 'KEYWORD' },
  plan: { name: 'PurserPlan', type: 'KEYWORD' },
  feature: { name: 'PurserFeature', type: 'KEYWORD' },
  /** In nano-EUR: nine million EUR fit exactly. */
  cost: { name: 'PurserCostNanoEur', type: 'INT' },
} as const
