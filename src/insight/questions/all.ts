import { duplicatePrompts } from './duplicate-prompts.ts'
import type { NamedQuestion } from './question.ts'
import { refusals } from './refusals.ts'
import { SPEND_QUESTIONS } from './spend.ts'
import { USE_QUESTIONS } from './use.ts'
import { vendors } from './vendors.ts'

/** Every question that has a name, in the order of the documentation. */
export const QUESTIONS: readonly NamedQuestion[] = [...SPEND_QUESTIONS, vendors, ...USE_QUESTIONS, duplicatePrompts, refusals]
