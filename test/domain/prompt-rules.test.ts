import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../src/domain/message.ts'
import { compressPrompt, type PromptRules } from '../../src/domain/prompt-rules.ts'
import { estimateTokens } from '../../src/domain/token-estimate.ts'

const ALL: PromptRules = { whitespace: true, filler: true, repeats: true }
const user = (text: string): Message => ({ role: 'user', text })
const system = (text: string): Message => ({ role: 'system', text })
const assistant = (text: string): Message => ({ role: 'assistant', text })
const shorter = (text: string, rules = ALL) => compressPrompt([user(text)], rules).messages[0]?.text
const texts = (messages: readonly Message[], rules = ALL) => compressPrompt(messages, rules).messages.map(({ text }) => text)

test('everything is off until it is switched on', () => {
  const messages = [user('Could you please  explain this to me?   \n\n\n\nThanks in advance!  ')]
  expect(compressPrompt(messages, {})).toMatchObject({ messages, removed: [] })
})

test.for([
  ['Could you please explain how the refund works for me?', 'explain how the refund works for me?'],
  ['Could you explain why this is so, and what I can do about it?', 'explain why this is so, and what I can do about it?'],
  ['I would like you to write a plan for the week. Thank you very much for your help!', 'write a plan for the week.'],
  ["I'd like you to list the rivers of the north, and please add their length.", 'list the rivers of the north, and add their length.'],
  ['Please do not mention the price to the guests at the door.', 'do not mention the price to the guests at the door.'],
  ['I hope this message finds you well. What is the best time to visit the coast?', 'What is the best time to visit the coast?'],
  ['Tell me what it is about, please. It should be noted that I am in a hurry.', 'Tell me what it is about. I am in a hurry.'],
  ['- Please write in the first person.\n- Please keep it under 100 words.', '- write in the first person.\n- keep it under 100 words.'],
] as const)('politeness goes, the order stays: %s', ([text, rest]) => {
  expect(shorter(text)).toBe(rest)
})

test.for([
  'Can you get a refund after 30 days if the box is open?',
  'Can you use a credit card in the shop at the station?',
  'Would you recommend the blue one for a child of two?',
  'Could you be wrong about what you said to me there?',
  'We are eager to please the customers that we have in the north.',
  'Tell the customer to please send the form to us by Friday.',
  'What does it mean when the button says please wait for the call?',
  'Translate this into German: Could you please send me the report that you have?',
  'Is this polite? Could you please send me the report that you have.',
  'Explain the phrase "could you please list it" and who says that to whom.',
  'What should I answer when he says: please write to me about the plan?',
  'Please',
  'Thank you very much for your help!',
] as const)('what only looks like politeness stays: %s', (text) => {
  expect(shorter(text)).toBe(text)
})

test('messages are left alone when they are what the work is about', () => {
  const polite = user('Could you please explain to me how I can get my money back from you?')
  expect(texts([system('Translate what the user writes into French.'), polite])).toEqual([
    'Translate what the user writes into French.',
    polite.text,
  ])
  expect(texts([system('Does the message ask for money? Answer yes or no.'), polite])[1]).toBe(polite.text)
  expect(texts([polite, assistant('Of course.'), user('Now rewrite my first message, so that it is friendlier.')])[0]).toBe(polite.text)
  expect(texts([assistant('Could you please explain to me what you have done so far?')])).toEqual([
    'Could you please explain to me what you have done so far?',
  ])
  expect(texts([{ role: 'tool', text: 'Could you please explain  this to me?  \n\n\n\n' }])).toEqual([
    'Could you please explain  this to me?  \n\n\n\n',
  ])
})

test('white space that says nothing goes', () => {
  expect(shorter('\n\nOne line of the text. \n\n\n\nAnother line of it,  which has two  gaps in it.\n\n\n')).toBe(
    'One line of the text.\n\nAnother line of it, which has two gaps in it.',
  )
  expect(shorter('Eins und zwei.   \r\n\r\n\r\n\r\nDrei und vier.\r\n')).toBe('Eins und zwei.\r\n\r\nDrei und vier.')
})

test.for([
  'A line with a break  \nand what follows it.',
  'def f(x):\n    if x:\n\n\n        return  1\n    return 2',
  'name    | age\nAda     | 36\n\n\n\nname | x | y',
  'Berlin   12   14\nParis    15   17',
  'a\tb\t\nc\td\t',
  'id,name,price\n1,Lamp,9.90\n2,Desk,99.00',
  '{"a":  1,\n\n\n\n "b":   [1,  2]}',
  '> quoted  line of  the mail that was sent by them  ',
  '```\ncode   \n\n\n\nmore  code\n```',
  'See `a  b`, and https://example.com/a?b=please%20write for it.',
  '```\none of  the lines of the code\n``` `could you please explain  this` ```\nand  another of the lines\n```',
  'See ``a `b`, and  c``, which is how it is written in the text.',
  '````md\n```\none of  the lines of the code\n```\nthis is  within the outer one as well\n````',
  '<doc>\nSome  text of a  document, and  more of it. \n\n\n\nEnd.\n</doc>',
  'He said “stay  here, please  write to  me now” and left the house of theirs.',
  '　段落の始まり。  次の文。  その次。',
  'ข้อความ  ภาษาไทย  มีช่องว่าง  สำคัญ  มาก  จริง ๆ',
] as const)('white space that may say something stays: %j', (text) => {
  expect(shorter(text)).toBe(text)
})

test('white space is left alone when it is what the work is about', () => {
  const text = 'How many spaces are there?\n\n\n\nHere is  one line of the  text for you to look at.'
  expect(shorter(text)).toBe(text)
})

const POLICY =
  'Orders that were paid before noon are sent on the same day, all others on the next working day. Who wants to send something back has thirty days for it, and pays nothing for that.'

test('a paragraph that stands in an earlier message goes from a later one', () => {
  const first = user(`${POLICY}\n\nWhen is my order sent?`)
  const again = user(`${POLICY}\n\nAnd when must I send it back?`)
  const { messages, removed } = compressPrompt([first, assistant('Today.'), again], { repeats: true })
  expect(messages.map(({ text }) => text)).toEqual([first.text, 'Today.', 'And when must I send it back?'])
  expect(removed).toEqual([
    {
      rule: 'repeats',
      message: 2,
      texts: [POLICY],
      characters: POLICY.length + 2,
      tokens: estimateTokens(again.text) - estimateTokens('And when must I send it back?'),
    },
  ])
})

test('a context is what is talked about, not what is asked: its words protect nothing, those of a question do', () => {
  const context = POLICY.replace('thirty days', 'thirty days, which has changed')
  const asks = (question: string) => user(`Context:\n\n${context}\n\nQuestion: ${question}`)
  const ask = (question: string) => texts([asks('When is it sent?'), assistant('Today.'), asks(question)])[2]
  expect(ask('And who pays for it?')).toBe('Context:\n\nQuestion: And who pays for it?')
  expect(ask('What has changed?')).toBe(asks('What has changed?').text)
})

test('paragraphs of other languages go only when every language is named', () => {
  const absatz =
    'Bestellungen, die vor zwölf Uhr bezahlt sind, werden am selben Tag verschickt, alle anderen am nächsten Werktag. Wer etwas zurückgeben will, hat dreißig Tage.'
  const messages = [user(`${absatz}\n\nWann kommt es an?`), user(`${absatz}\n\nUnd wer zahlt?`)]
  expect(texts(messages)).toEqual(messages.map(({ text }) => text))
  expect(texts(messages, { repeats: 'every_language' })[1]).toBe('Und wer zahlt?')
  const compared = [user(`${absatz}\n\nDas ist die alte Fassung.`), user(`${absatz}\n\nUnd das die neue.`)]
  expect(texts(compared, { repeats: 'every_language' })).toEqual(compared.map(({ text }) => text))
})

test('a paragraph stays when nothing else would be left, when it is compared, and in one and the same message', () => {
  for (const messages of [
    [user(POLICY), user(POLICY)],
    [user(POLICY), user(`What was changed in this version of it?\n\n${POLICY}`)],
    [user(`Look at this.\n\n${POLICY}\n\n${POLICY}`)],
    [user(POLICY), user(`Look at this.\n\n"${POLICY}"`)],
  ])
    expect(texts(messages)).toEqual(messages.map(({ text }) => text))
})

test('of a history the newest whole turns stay, with the system and the last message', () => {
  const turn = (n: number) => [user(`Question ${n} about the matter?`), assistant(`Answer ${n} to what was asked.`)]
  const messages = [system('You help.'), ...turn(1), ...turn(2), ...turn(3), user('And now?')]
  const kept = (historyTokensMax: number) => texts(messages, { historyTokensMax })
  expect(kept(1_000)).toHaveLength(8)
  expect(kept(25)).toEqual(['You help.', ...turn(3).map(({ text }) => text), 'And now?'])
  expect(kept(0)).toEqual(['You help.', 'And now?'])
  const { removed } = compressPrompt(messages, { historyTokensMax: 25 })
  expect(removed.map(({ rule, message, texts: [text] }) => [rule, message, text])).toEqual(
    [...turn(1), ...turn(2)].map(({ text }, n) => ['history', n + 1, text]),
  )
})

test('the copy that goes is never the only one left', () => {
  const messages = [user(`${POLICY}\n\nFirst question?`), assistant('Yes.'), user(`${POLICY}\n\nLast question?`)]
  expect(texts(messages, { repeats: true, historyTokensMax: 45 })).toEqual([`${POLICY}\n\nLast question?`])
})

test.for([
  'Könnten Sie mir bitte erklären, wie die Rückgabe funktioniert? Vielen Dank im Voraus!',
  "Pourriez-vous s'il vous plaît m'expliquer comment fonctionne le retour ? Merci d'avance !",
  '¿Podría explicarme, por favor, cómo funciona la devolución? Muchas gracias de antemano.',
  'Kunt u mij alstublieft uitleggen hoe de retour werkt? Please write in English.',
  '返品の方法を教えていただけますか。よろしくお願いいたします。',
  '请问您能解释一下退货流程吗?非常感谢!',
  'هل يمكنك من فضلك أن تشرح لي كيف يتم الإرجاع؟ شكرا جزيلا مقدما!',
  'क्या आप कृपया बता सकते हैं कि वापसी कैसे होती है? धन्यवाद!',
  'Не могли бы вы, пожалуйста, объяснить, как работает возврат? Спасибо!',
  'Tolong jelaskan bagaimana cara pengembalian barang. Terima kasih!',
] as const)('other languages are not touched: %s', (text) => {
  expect(texts([user(`${text} ${text} ${text}`), user(`${text} ${text} ${text}\n\n${text}`)])).toEqual([
    `${text} ${text} ${text}`,
    `${text} ${text} ${text}\n\n${text}`,
  ])
})

const BLOCKS = [
  '```py\nplease = 1  # could you please list  this\n\n\n\nx  = "a  b"\n```',
  '`could you please explain  this`',
  '"Could you please explain  this to me?"',
  '“Please write  this down, and please list it.”',
  '{"text": "please write  this",\n\n\n\n  "n": 12}',
  '| please write | a  b |\n| could you explain | c |',
  'https://example.com/please%20list?could=you',
  '<note>Could you please explain  this to me?\n\n\n\nThanks!</note>',
  '> Could you please explain  this to me?  ',
]
const PROSE = [
  'Could you please explain to me how the parser of the compiler works?',
  'I would like you to write a plan for Will Smith, with 12 steps and no delay.',
  'It is not allowed to send more than 3 parcels, and never on a Sunday.',
  'Thank you very much for your help!',
  'Please list the 7 rivers, and please do not name Bill.',
  'Bitte erklären Sie mir, wie das geht, und nennen Sie 4 Gründe dafür.',
  '返品の方法を教えてください。  12日以内です。',
  'Explain the  phrase, and then please  add what it means.',
  POLICY,
  ...BLOCKS.map((block) => (block.startsWith('>') ? `\n${block}` : block)),
]
const SEPARATORS = [' ', '  ', '\n', '\n\n', '\n\n\n\n', ' \n', '\r\n\r\n\r\n']
const composed = fc
  .array(fc.tuple(fc.constantFrom(...PROSE), fc.constantFrom(...SEPARATORS)), { maxLength: 8 })
  .map((parts) => parts.flat().join(''))
const anyText = fc.oneof(
  { weight: 4, arbitrary: composed },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...Array.from('"`\'«»“”{}[]<>:;|\n\r\t .?!aB1Please please could you list write ')), { maxLength: 80 })
      .map((all) => all.join('')),
  },
)
const OTHER_POLICY = POLICY.replace('thirty', 'forty').replace('noon', 'nine in the morning')
/** As a chat sends what it has found in its documents with each question. */
const withContext = fc
  .array(fc.constantFrom(POLICY, OTHER_POLICY, 'When is it sent?', 'Could you please explain who pays for it?', 'What for?\n\n'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((paragraphs) => paragraphs.join('\n\n'))
const roles = fc.constantFrom('system' as const, 'user', 'user', 'assistant', 'tool')
const conversations = fc.oneof(
  fc.array(fc.record({ role: roles, text: anyText }), { maxLength: 6 }),
  fc.array(fc.record({ role: roles, text: withContext }), { maxLength: 6 }),
)
const rules = fc.record(
  {
    whitespace: fc.boolean(),
    filler: fc.boolean(),
    repeats: fc.constantFrom(true, false, 'every_language' as const),
    historyTokensMax: fc.nat(400),
  },
  { requiredKeys: [] },
)
const RUNS = { numRuns: 500 }

const characters = (all: readonly Message[]) => all.reduce((sum, { text }) => sum + text.length, 0)
const meaning = (text: string) => text.match(/\p{N}+|\b(?:not|no|never)\b|\b(?:Will Smith|Bill|Sunday)\b/gu)

/** Whether `part` is `whole` with some characters taken out. */
function isTakenFrom(part: string, whole: string): boolean {
  let at = 0
  for (let i = 0; i < part.length; i += 1) {
    at = whole.indexOf(part.charAt(i), at) + 1
    if (at === 0) return false
  }
  return true
}

test('a second time changes nothing', () => {
  fc.assert(
    fc.property(conversations, rules, (messages, some) => {
      const once = compressPrompt(messages, some)
      expect(compressPrompt(once.messages, some)).toEqual({
        ...once,
        kept: once.kept.map((_, at) => at),
        removed: [],
        tokensBefore: once.tokensAfter,
      })
    }),
    RUNS,
  )
})

test('nothing is added or moved, nothing gets longer, and what went is accounted for to the token', () => {
  fc.assert(
    fc.property(conversations, rules, (messages, some) => {
      const { messages: rest, kept: indices, removed, tokensBefore, tokensAfter } = compressPrompt(messages, some)
      const dropped = new Set(removed.flatMap(({ rule, message }) => (rule === 'history' ? [message] : [])))
      const kept = messages.filter((_, index) => !dropped.has(index))
      expect(indices.map((index) => messages[index])).toEqual(kept)
      expect(rest.map(({ role }) => role)).toEqual(kept.map(({ role }) => role))
      expect(rest.every(({ text }, n) => isTakenFrom(text, kept[n]?.text ?? ''))).toBe(true)
      expect(removed.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(tokensBefore - tokensAfter)
      expect(removed.reduce((sum, one) => sum + one.characters, 0)).toBe(characters(messages) - characters(rest))
      expect(removed.every(({ tokens }) => tokens >= 0)).toBe(true)
    }),
    RUNS,
  )
})

test('what goes because it is repeated still stands in a message before', () => {
  fc.assert(
    fc.property(conversations, rules, (messages, some) => {
      const { messages: rest, removed } = compressPrompt(messages, { ...some, repeats: 'every_language', filler: false, whitespace: false })
      const dropped = new Set(removed.flatMap(({ rule, message }) => (rule === 'history' ? [message] : [])))
      const at = messages.map((_, index) => index).filter((index) => !dropped.has(index))
      for (const { rule, message, texts: gone } of removed)
        expect(
          rule === 'history' || gone.every((text) => rest.slice(0, at.indexOf(message)).some((before) => before.text.includes(text))),
        ).toBe(true)
    }),
    RUNS,
  )
})

test('a window keeps the system, the last of the user, and begins with the user', () => {
  fc.assert(
    fc.property(conversations, fc.nat(200), (messages, historyTokensMax) => {
      const { messages: rest } = compressPrompt(messages, { historyTokensMax })
      expect(rest.filter(({ role }) => role === 'system')).toEqual(messages.filter(({ role }) => role === 'system'))
      expect(rest.findLast(({ role }) => role === 'user')).toEqual(messages.findLast(({ role }) => role === 'user'))
      expect(rest.length === messages.length || rest.find(({ role }) => role !== 'system')?.role === 'user').toBe(true)
    }),
    RUNS,
  )
})

const count = (text: string, part: string): number => text.split(part).length - 1

test('code, quotes, JSON, tables, tags and addresses stay as they are', () => {
  fc.assert(
    fc.property(composed, (text) => {
      const rest = shorter(text) ?? ''
      for (const block of BLOCKS) expect([block, count(rest, block)]).toEqual([block, count(text, block)])
    }),
    RUNS,
  )
})

test('digits, negations and names stay, in their order', () => {
  fc.assert(
    fc.property(composed, (text) => {
      expect(meaning(shorter(text, { whitespace: true, filler: true }) ?? '')).toEqual(meaning(text))
    }),
    RUNS,
  )
})

test('a large text is read at once, whatever is in it', () => {
  const began = performance.now()
  for (const mark of [
    '"',
    "'",
    "'a ",
    '`',
    '“',
    '<a>',
    '<',
    '{',
    '[',
    ' ',
    '\n',
    'a',
    ':',
    '\t',
    '|',
    '$',
    'please list ',
    '.',
    '@',
    'a,',
    '> ',
  ])
    compressPrompt([user(mark.repeat(Math.floor(60_000 / mark.length)))], ALL)
  expect(performance.now() - began).toBeLessThan(20_000)
})
