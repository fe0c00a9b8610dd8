/** What each feature of the made-up app asks: the words and terms of one call. */
import type { Chance } from '../../src/domain/chance.ts'
import type { Complexity } from '../../src/domain/complexity.ts'
import type { SentMessage } from '../../src/domain/message.ts'
import { documentOf, filled, oneOf, pasted, PHRASES, politely, weighted, wholeIn } from './making.ts'
import { codeAsks, codeSystem, snippets } from './phrases/code.ts'
import type { Feature, Language, RecordedCall } from './workload.ts'

/** What a feature decides about a call. */
export type Asked = Pick<
  RecordedCall,
  'language' | 'complexity' | 'messages' | 'output' | 'needs' | 'images' | 'temperature' | 'maxOutputTokens' | 'outputTokens' | 'latency'
>

/** Whose app it is: the same words in all calls of an account. */
export interface App {
  readonly company: string
  /** Whether it sends what it has found in its documents with each question, or only with the first. */
  readonly sendsContextAgain: boolean
}

type Level = Readonly<Record<Complexity, number>>

const text = (asked: Pick<Asked, 'language' | 'complexity' | 'messages'> & Partial<Asked>): Asked => ({
  output: 'text',
  needs: [],
  images: 0,
  temperature: 0.3,
  maxOutputTokens: 512,
  outputTokens: 100,
  latency: 'interactive',
  ...asked,
})
const system = (words: string): SentMessage => ({ role: 'system', text: words })
const user = (words: string): SentMessage => ({ role: 'user', text: words })

/** Long answers are rarer than short ones. */
const outputOf = (chance: Chance, low: number, max: number): number => Math.min(max, Math.round(low * (max / low) ** (chance() * chance())))

function support(chance: Chance, language: Language, app: App): Asked {
  const complexity = weighted(chance, { simple: 55, standard: 35, hard: 10 } satisfies Level)
  const phrases = PHRASES[language]
  const context = documentOf(chance, language, wholeIn(chance, 1, 3))
  const turns = weighted(chance, { '0': 50, '1': 20, '2': 14, '4': 10, '7': 6 })
  const asks = (question: string, isFirst: boolean): SentMessage => {
    const words = politely(chance, language, question)
    return user(isFirst || app.sendsContextAgain ? `Context:\n\n${context}\n\nQuestion: ${words}` : words)
  }
  const history = Array.from({ length: Number(turns) }, (_, n): SentMessage[] => [
    asks(oneOf(chance, phrases.questions.simple), n === 0),
    { role: 'assistant', text: filled(chance, oneOf(chance, phrases.answers)) },
  ]).flat()
  const max = complexity === 'hard' ? 1_500 : 500
  return text({
    language,
    complexity,
    messages: [
      system(
        `You are the support assistant of ${app.company}. Answer in the language of the customer, in a friendly tone, in at most ${complexity === 'hard' ? 400 : 120} words. Use only what is in the context. If the answer is not there, say that a colleague will get in touch.`,
      ),
      ...history,
      asks(oneOf(chance, phrases.questions[complexity]), history.length === 0),
    ],
    maxOutputTokens: max,
    outputTokens: outputOf(chance, complexity === 'simple' ? 25 : 120, max),
  })
}

function classify(chance: Chance, language: Language): Asked {
  const phrases = PHRASES[language]
  const ticket = filled(chance, oneOf(chance, phrases.tickets).text)
  const instruction = oneOf(chance, language === 'en' || chance() < 0.4 ? PHRASES.en.classify : phrases.classify)
  const messages = chance() < 0.5 ? [system(instruction), user(ticket)] : [user(`${instruction}\n\nMessage: ${pasted(chance, ticket)}`)]
  return text({
    language,
    complexity: 'simple',
    messages,
    temperature: 0,
    maxOutputTokens: 16,
    outputTokens: wholeIn(chance, 1, 4),
    latency: chance() < 0.6 ? 'whenever' : 'soon',
  })
}

const SCHEMA =
  '{\n  "type": "object",\n  "properties": {\n    "order": { "type": ["string", "null"] },\n    "date": { "type": ["string", "null"], "format": "date" },\n    "amount": { "type": ["string", "null"] },\n    "items": { "type": "array", "items": { "type": "object", "properties": { "name": { "type": "string" }, "quantity": { "type": "integer" }, "price": { "type": "string" } } } }\n  }\n}'
const INVOICE =
  'INVOICE {order}\nDate:      {date}\nCustomer:  {name}, {city}\n\nPos   Item                 Qty   Price\n1     {product}             2     {amount}\n2     Delivery              1     4.90 EUR\n\nPlease pay within {n} days. Thank you for your order!'

function extract(chance: Chance, language: Language): Asked {
  const isInvoice = chance() < 0.4
  const phrases = PHRASES[language]
  const instruction = oneOf(chance, language === 'en' || chance() < 0.3 ? PHRASES.en.extract : phrases.extract)
  const source = isInvoice
    ? filled(chance, INVOICE)
    : pasted(
        chance,
        `${filled(chance, oneOf(chance, phrases.tickets).text)}\n\n${documentOf(chance, language, wholeIn(chance, 0, 2))}`.trim(),
      )
  const schema = isInvoice ? `\n\nSchema:\n\`\`\`json\n${SCHEMA}\n\`\`\`` : ''
  return text({
    language: isInvoice ? 'en' : language,
    complexity: isInvoice ? 'standard' : 'simple',
    messages: [system('You return JSON only, without a comment.'), user(`${instruction}${schema}\n\nText:\n${source}`)],
    needs: ['json'],
    temperature: 0,
    maxOutputTokens: isInvoice ? 800 : 300,
    outputTokens: outputOf(chance, 40, isInvoice ? 300 : 120),
    latency: chance() < 0.7 ? 'whenever' : 'soon',
  })
}

function summarise(chance: Chance, language: Language): Asked {
  const complexity = weighted(chance, { simple: 30, standard: 52, hard: 18 } satisfies Level)
  const paragraphs = { simple: 1, standard: wholeIn(chance, 3, 8), hard: wholeIn(chance, 5, 10) }[complexity]
  const instruction = filled(chance, oneOf(chance, PHRASES[language].summarise[complexity]))
  const first = pasted(chance, documentOf(chance, language, paragraphs))
  const second = complexity === 'hard' ? `\n\nDocument 2:\n\n${pasted(chance, documentOf(chance, language, wholeIn(chance, 3, 8)))}` : ''
  const max = { simple: 60, standard: 400, hard: 2_000 }[complexity]
  return text({
    language,
    complexity,
    messages: [user(`${instruction}\n\n${second === '' ? '' : 'Document 1:\n\n'}${first}${second}`)],
    maxOutputTokens: max,
    outputTokens: outputOf(chance, Math.ceil(max / 4), max),
    latency: chance() < 0.3 ? 'whenever' : 'soon',
  })
}

function translate(chance: Chance, language: Language): Asked {
  const isShort = chance() < 0.55
  const complexity = isShort ? 'simple' : 'standard'
  const { tickets, questions } = PHRASES[language]
  const source = isShort
    ? filled(chance, oneOf(chance, [...questions.simple, ...tickets.map(({ text: words }) => words)]))
    : pasted(chance, documentOf(chance, language, wholeIn(chance, 1, 4)))
  return text({
    language,
    complexity,
    messages: [user(`${oneOf(chance, PHRASES[language].translate[complexity])}${source}`)],
    temperature: 0,
    maxOutputTokens: isShort ? 120 : 1_200,
    outputTokens: isShort ? wholeIn(chance, 8, 50) : outputOf(chance, 120, 700),
    latency: isShort ? 'interactive' : 'whenever',
  })
}

function code(chance: Chance, language: Language): Asked {
  const level = weighted(chance, { simple: 30, standard: 48, hard: 22 } satisfies Level)
  const written = language === 'de' ? 'de' : 'en'
  const ask = oneOf(
    chance,
    codeAsks.filter((one) => one.complexity === level && one.language === written),
  )
  const words = filled(chance, ask.text).replace(/\{(code|bare)\}/g, (_, way: string) => {
    const [fence, snippet] = oneOf(chance, snippets)
    return way === 'bare' ? snippet : `\`\`\`${fence}\n${snippet}\n\`\`\``
  })
  const max = { simple: 400, standard: 1_500, hard: 4_000 }[level]
  return text({
    language: written,
    complexity: level,
    messages: [system(codeSystem), user(words)],
    needs: level === 'hard' && chance() < 0.5 ? ['thinking'] : [],
    temperature: 0.2,
    maxOutputTokens: max,
    outputTokens: outputOf(chance, Math.ceil(max / 8), max),
  })
}

function marketing(chance: Chance, language: Language, app: App): Asked {
  const complexity = weighted(chance, { simple: 40, standard: 45, hard: 15 } satisfies Level)
  const max = { simple: 80, standard: 600, hard: 3_000 }[complexity]
  return text({
    language,
    complexity,
    messages: [
      system(`You write for ${app.company}. Plain words, short sentences, no superlatives.`),
      user(filled(chance, oneOf(chance, PHRASES[language].marketing[complexity]))),
    ],
    temperature: 0.8,
    maxOutputTokens: max,
    outputTokens: outputOf(chance, Math.ceil(max / 4), max),
    latency: 'soon',
  })
}

const MOODS = ['calm', 'bold', 'warm', 'technical', 'playful']
const HEADLINES = ['Engineer', 'Teacher for maths', 'Data analyst', 'Founder', 'Nurse', 'Architect']

function banner(chance: Chance, language: Language, app: App): Asked {
  const wish =
    chance() < 0.5 ? `\nWish: ${oneOf(chance, ['a sea', 'mountains at dawn', 'no people please', 'a city at night', 'soft shapes'])}` : ''
  const words = `Design one wide LinkedIn profile banner. Exactly one image.\nName: {name}\nHeadline: ${oneOf(chance, HEADLINES)}\nCompany: ${app.company}\nColours: #0b1b3a, #ffffff\nMood: ${oneOf(chance, MOODS)}${wish}`
  return text({
    language: language === 'en' ? language : 'en',
    complexity: 'standard',
    messages: [user(filled(chance, words))],
    output: 'image',
    needs: ['image'],
    temperature: 1,
    maxOutputTokens: 2_048,
    outputTokens: wholeIn(chance, 1_120, 1_680),
    latency: chance() < 0.3 ? 'whenever' : 'soon',
  })
}

/** Calls with an image to look at: a photo of what broke, a scan. */
function withImages(chance: Chance, asked: Asked, feature: Feature): Asked {
  if (asked.output === 'image' || (feature !== 'support' && feature !== 'extract') || chance() > 0.06) return asked
  return { ...asked, images: wholeIn(chance, 1, 2) }
}

const ASK = { support, classify, extract, summarise, translate, code, marketing, banner } satisfies Record<
  Feature,
  (chance: Chance, language: Language, app: App) => Asked
>

export const ask = (chance: Chance, feature: Feature, language: Language, app: App): Asked =>
  withImages(chance, ASK[feature](chance, language, app), feature)
