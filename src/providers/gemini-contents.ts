import { messagesOf, type Words } from '../domain/model-request.ts'

interface Content {
  readonly role?: 'user' | 'model'
  readonly parts: { readonly text: string }[]
}

/** What is said in Gemini's words: the system's stand apart from the conversation, a part for each message, and an assistant is a `model`. */
export function contentsOf(words: Words): { readonly contents: Content[]; readonly systemInstruction?: Content } {
  const messages = messagesOf(words)
  const system = messages.flatMap(({ role, text }) => (role === 'system' ? [{ text }] : []))
  const contents = messages.flatMap(({ role, text }): Content[] =>
    role === 'system' ? [] : [{ role: role === 'user' ? 'user' : 'model', parts: [{ text }] }],
  )
  return system.length === 0 ? { contents } : { contents, systemInstruction: { parts: system } }
}
