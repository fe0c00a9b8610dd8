import { defineSearchAttributeKey } from '@temporalio/common'
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts'

export const accountKey = defineSearchAttributeKey('PurserAccount', SEARCH_ATTRIBUTES.PurserAccount)
export const planKey = defineSearchAttributeKey('PurserPlan', SEARCH_ATTRIBUTES.PurserPlan)
export const featureKey = defineSearchAttributeKey('PurserFeature', SEARCH_ATTRIBUTES.PurserFeature)
/** In nano-EUR: nine million EUR fit exactly. */
export const costKey = defineSearchAttributeKey('PurserCostNanoEur', SEARCH_ATTRIBUTES.PurserCostNanoEur)
