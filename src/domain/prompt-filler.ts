import type { Span } from './prompt-span.ts'
import { isFree, type Mask } from './prompt-parts.ts'

/** After these words stands an order, so what came before them was politeness. */
const ORDERS =
  'add|analy[sz]e|answer|assess|break|build|calculate|change|check|choose|classify|clarify|combine|come up|compare|compose|consider|convert|correct|count|create|define|describe|design|determine|develop|draft|elaborate|evaluate|explain|extract|find|fix|format|generate|get|give|go|group|help|highlight|identify|implement|improve|include|keep|let|list|look|make|mention|name|organi[sz]e|outline|paraphrase|plan|point|prepare|produce|propose|proofread|provide|rank|read|recommend|refactor|remove|rephrase|replace|reply|respond|return|review|revise|rewrite|send|share|shorten|show|simplify|solve|sort|split|start|state|suggest|summari[sz]e|take|tell|tidy|translate|turn|update|use|verify|walk|write'

/** Without "please" the others may be a question about anybody: "Can you get a refund?" */
const ORDERS_TO_NOBODY_ELSE = 'explain|describe|summari[sz]e|clarify|elaborate|outline|suggest|(?:tell|show|give|help|walk) (?:me|us)'

/** Where a sentence or a line begins; the mark of a list may stand before it. */
const START = '(?<=^[ ]{0,3}(?:[-*•][ ]|\\d{1,2}[.)][ ])?|[.?!][ ])'
const AT_START = new RegExp(
  `${START}(?:${[
    `(?:could|can|would) you (?:please|kindly) (?=(?:${ORDERS})\\b)`,
    `(?:could|can) you (?=(?:${ORDERS_TO_NOBODY_ELSE})\\b)`,
    `(?:i would like you to|i'd like you to|i want you to|i need you to|i was wondering if you could|i wonder if you could) (?:please |kindly )?(?=(?:${ORDERS})\\b)`,
    `(?:please|kindly) (?=(?:${ORDERS})\\b|do not |don't |never |make sure )`,
    '(?:please note that|it is important to note that|it is worth noting that|it should be noted that) ',
    'needless to say, ',
  ].join('|')})`,
  'gim',
)
const WITHIN = new RegExp(`(?<=\\b(?:and|then|also|but) )(?:please|kindly) (?=(?:${ORDERS})\\b)|, please(?=[.?!](?:\\s|$))`, 'gi')
/** Sentences that say nothing of the task. */
const WHOLE = new RegExp(
  `${START}(?:${[
    'thank(?:s| you)(?: (?:so|very) much)?(?: in advance)?(?: for your (?:help|time|assistance|support))?(?: in advance)?',
    "i hope (?:this (?:message|email) finds you well|you are (?:doing )?well|you're (?:doing )?well|all is well)",
    '(?:i (?:really |greatly )?appreciate your (?:help|time|assistance|support)|any help (?:is|would be) (?:greatly |much |very )?appreciated)',
  ].join('|')})[.!](?:[ ]|$)`,
  'gim',
)

/** Words that open a list of rules: after their colon instructions go on. */
const OPENS_RULES = /(?:^|\P{L})(?:rules?|requirements?|instructions?|guidelines?|constraints?|steps?|notes?|important|tasks?|goals?)\s*$/iu
const HEAD_CHARS_MAX = 40

/** Where the words of a message cease to be instructions: after a colon text is taken for data. */
function dataStart(text: string, mask: Mask): number {
  for (const { index } of text.matchAll(/:(?=\s)/g))
    if (isFree(mask, index, index + 1) && !OPENS_RULES.test(text.slice(Math.max(0, index - HEAD_CHARS_MAX), index))) return index
  return text.length
}

/** Work on the words of a message, where its politeness may be what it is about. */
const WORKS_ON_TEXT =
  /\b(?:translat|rewrit|re-?phras|paraphras|proofread|correct|grammar|spell|polite|tone|formal|sentiment|emotion|classif|categor|label|summar|condens|shorten|quot|verbatim|transcri|edit|revis|improv|polish|extract|detect|moderat|rate|score|reply|respond|annotat|tag|language|intent|wording|phrase|text)/i
/** What is said of messages to come, in which then nothing may be taken for politeness. */
export const WORKS_ON_MESSAGES =
  /\b(?:translat|rewrit|re-?phras|paraphras|proofread|grammar|spelling|politeness|sentiment|classif|categor|label|summar|shorten|transcri|edit|extract|detect|moderat|annotat|messages?\b|tickets?\b|e-?mails?\b|reviews?\b|comments?\b|transcripts?\b|inputs?\b)/i

/**
 * What can go of an English instruction without a change of what is asked: only whole phrases that are known, only where they begin a sentence or stand by an order. In
 * work on words only before the order that the message begins with.
 */
export function fillerIn(text: string, mask: Mask): Span[] {
  const until = dataStart(text, mask)
  const isOnText = WORKS_ON_TEXT.test(text)
  return (isOnText ? [AT_START] : [AT_START, WITHIN, WHOLE])
    .flatMap((pattern) => [...text.matchAll(pattern)].map(({ 0: phrase, index }) => withSpace(text, index, index + phrase.length)))
    .filter(({ from, to }) => to <= until && isFree(mask, from, to) && !(isOnText && text.slice(0, from).trim() !== ''))
}

/** What ends a line takes the space before it along. */
const withSpace = (text: string, from: number, to: number): Span =>
  (to === text.length || text[to] === '\n') && text[from - 1] === ' ' ? { from: from - 1, to } : { from, to }
