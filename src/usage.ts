/** `purser/usage`: what providers' responses say they used, in the words that Purser prices. Each for a ModelReply: `return { value, ...openAiReply(response) }`. */
export { anthropicReply } from './providers/anthropic-usage.ts'
export { geminiReply } from './providers/gemini-usage.ts'
export { openAiReply } from './providers/openai-usage.ts'
export type { Reported } from './providers/reported.ts'
